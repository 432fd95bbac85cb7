"""What counts as a customer's own key; rules of many services ask."""

from __future__ import annotations

from typing import Any

from policy.arns import region_of_key
from policy.resources import Resource
from policy.stack import Elsewhere, Stack
from policy.tokens import KEYS, TABLE_REPLICA
from policy.values import NotEvaluatedError, Unknown

_ALIAS = "aws:kms/alias:Alias"


def missing_customer_key(resource: Resource, stack: Stack, path: str) -> str | None:
    """Why what stands at `path` is no customer-managed key, None when it is one.

    A key ARN given as such and a key of another stack are believed. Raises `NotEvaluatedError`.
    """
    return no_customer_key(resource, stack, path, resource.peek(path) if resource.has(path) else None)


def no_customer_key(resource: Resource, stack: Stack, path: str, value: Any) -> str | None:
    """The same of a value that stands in a list below `path`."""
    if not isinstance(value, Unknown) and not value:
        return f"{path} names no key, so AWS's own is used"
    target = next(iter(stack.resolved(resource, path, value, *KEYS, _ALIAS)), None)
    if target is None or (isinstance(target, Elsewhere) and not _believable(target.value)):
        return f"{path} = {value!r} is no customer-managed key"
    replica = resource.type == TABLE_REPLICA or path in _ABROAD or resource.peek("replicateSourceDb") is not None
    if isinstance(target, Elsewhere) and not replica:
        return _abroad(target.value, resource, stack)
    return None


# Properties of what lies in another region. Keys of replicas are judged by `replica-key-usable`.
_ABROAD = ("replicas",)


def _abroad(value: str, resource: Resource, stack: Stack) -> str | None:
    """Why a key cannot be used where the resource is: a key works in its own region alone."""
    theirs = region_of_key(value)
    try:
        region = stack.region_of(resource)
    except NotEvaluatedError:
        return None
    if theirs is None or theirs == region:
        return None
    return f"names a key of {theirs}, which does not work in {region}"


def _believable(value: str) -> bool:
    if value.startswith("arn:"):
        return ":key/" in value or (":alias/" in value and ":alias/aws/" not in value)
    return not value.startswith(("${", "alias/aws/"))
