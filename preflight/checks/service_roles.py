"""Service-linked roles: an update that makes one fails where it exists, and one that only names it needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from preflight.account import Account, code_of
from preflight.declared import Declared
from preflight.model import Answer, Question, ok, stops

_LINKED = "aws:iam/serviceLinkedRole:ServiceLinkedRole"
_NAMED = re.compile(r":role/aws-service-role/([a-z0-9.-]+\.amazonaws\.com)/(AWSServiceRoleFor\w+)")


class ServiceRoles:
    """Reads declared roles and ARNs of others; calls iam:ListRoles below /aws-service-role/; stops where a role that
    the stack makes exists already and is not the stack's own, or where a role that it only names is missing."""

    name = "service-linked role"

    def questions(self, declared: Declared) -> Iterator[Question]:
        made = {str(role.properties["awsServiceName"]) for role in declared.of_type(None, _LINKED)}
        named = {service for _, text in declared.texts() for service, _ in _NAMED.findall(text)} - made
        yield from (_made(declared, service) for service in sorted(made))
        yield from (_needed(declared, service) for service in sorted(named))


def _made(declared: Declared, service: str) -> Question:
    def ask(account: Account) -> Answer:
        name = _existing(account, declared, service)
        if name is None:
            return ok("missing; the stack makes it")
        tags = account.call("iam", declared.region, "list_role_tags", RoleName=name)["Tags"]
        if declared.tags.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items():
            return ok(f"{name} is the stack's own")
        return stops(f"{name} exists already", "set createServiceLinkedRoles so that the stack does not make it")

    return Question(ServiceRoles.name, service, "global", "not there yet: the stack makes it", ask)


def _needed(declared: Declared, service: str) -> Question:
    def ask(account: Account) -> Answer:
        name = _existing(account, declared, service)
        if name is not None:
            return ok(f"{name} exists")
        return stops("missing", f"aws iam create-service-linked-role --aws-service-name {service}")

    request = f"aws iam create-service-linked-role --aws-service-name {service}, where the account lacks it"
    return Question(ServiceRoles.name, service, "global", "there already: the stack names it", ask, request)


def _existing(account: Account, declared: Declared, service: str) -> str | None:
    path = f"/aws-service-role/{service}/"
    try:
        found = account.pages("iam", declared.region, "list_roles", "Roles", PathPrefix=path)
    except account.client("iam", declared.region).exceptions.ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return None
        raise
    return next((str(role["RoleName"]) for role in found), None)
