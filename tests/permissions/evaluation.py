"""Evaluation of IAM policies for one request (IAM User Guide, "Policy evaluation logic")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.permissions.conditions import Context, holds, matches, substituted
from tests.permissions.documents import listed


@dataclass(frozen=True)
class Request:
    """One call: the action, the ARN of its resource (`*` where the action takes none), and the caller: the ARN of a
    role, or the name of a service. `context` holds the condition keys of the request in lower case."""

    action: str
    resource: str
    principal: str
    context: Context = field(default_factory=dict)

    @property
    def is_service(self) -> bool:
        """Whether a service of AWS calls."""
        return not self.principal.startswith("arn:")


class Verdict(StrEnum):
    """What policies answer to a request. `SILENT` is the implicit denial."""

    ALLOWED = "allows"
    DENIED = "denies"
    SILENT = "does not allow"


@dataclass(frozen=True)
class Decision:
    """The verdict, and the statement that decided: its Sid, or its position."""

    verdict: Verdict
    statement: str = ""

    def __str__(self) -> str:
        return f"{self.verdict} it" + (f" by {self.statement}" if self.statement else "")

    @property
    def allowed(self) -> bool:
        """Whether the policies let the request pass."""
        return self.verdict is Verdict.ALLOWED


def decide(documents: Iterable[Mapping[str, Any]], request: Request) -> Decision:
    """Evaluate the policies of one kind together: an explicit denial wins over any allowance."""
    allowed = Decision(Verdict.SILENT)
    for document in documents:
        for position, statement in enumerate(listed(document["Statement"])):
            if applies(statement, request):
                name = str(statement.get("Sid") or f"statement {position + 1}")
                if statement["Effect"] == "Deny":
                    return Decision(Verdict.DENIED, name)
                allowed = Decision(Verdict.ALLOWED, name)
    return allowed


def applies(statement: Mapping[str, Any], request: Request) -> bool:
    """Whether a statement is about a request: its action, its resource, its caller, and its conditions."""
    return (
        _action(statement, request.action)
        and _resource(statement, request)
        and _principal(statement, request)
        and holds(statement.get("Condition"), request.context)
    )


def _action(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not any(matches(action, each, ignore_case=True) for each in listed(statement["NotAction"]))
    return any(matches(action, each, ignore_case=True) for each in listed(statement.get("Action")))


def _resource(statement: Mapping[str, Any], request: Request) -> bool:
    if "NotResource" in statement:
        return not any(_names(each, request) for each in listed(statement["NotResource"]))
    # A trust policy and a policy of some resources names no resource: it is about its own.
    return "Resource" not in statement or any(_names(each, request) for each in listed(statement["Resource"]))


def _names(text: str, request: Request) -> bool:
    expanded = substituted(text, request.context)
    return expanded is not None and matches(request.resource, expanded)


def _principal(statement: Mapping[str, Any], request: Request) -> bool:
    if "NotPrincipal" in statement:
        return not _is_one_of(statement["NotPrincipal"], request)
    # Policies of identities have no principal: they are about whom they are attached to.
    return "Principal" not in statement or _is_one_of(statement["Principal"], request)


def _is_one_of(principal: Any, request: Request) -> bool:
    if principal == "*":
        return True
    for kind, names in principal.items():
        for name in listed(names):
            if kind == "AWS" and (name == "*" or (not request.is_service and _is_caller(name, request))):
                return True
            if kind == "Service" and request.is_service and name == request.principal:
                return True
            if kind == "Federated" and name == request.context.get("aws:federatedprovider"):
                return True
    return False


def _is_caller(name: str, request: Request) -> bool:
    """The account stands for all of its callers; a role's ARN for its sessions ("AWS JSON policy elements:
    Principal"). No principal may hold a wildcard."""
    account = request.principal.split(":")[4]
    return name in (account, f"arn:aws:iam::{account}:root", request.principal)
