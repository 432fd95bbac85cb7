"""What counts as a customer's own key; rules of many services ask."""

from __future__ import annotations

from policy.resources import Resource
from policy.stack import Elsewhere, Stack
from policy.tokens import KEYS

KEY_ALIAS = "aws:kms/alias:Alias"


def missing_customer_key(resource: Resource, stack: Stack, path: str) -> str | None:
    """Why what stands at `path` is no customer-managed key, None when it is one.

    A key ARN given as such and a key of another stack are believed. Raises `NotEvaluatedError`.
    """
    if not resource.has(path):
        return f"{path} names no key, so AWS's own is used"
    target = stack.target(resource, path, *KEYS, KEY_ALIAS)
    if isinstance(target, Elsewhere) and not _believable(target.value):
        return f"{path} = {target.value!r} is no customer-managed key"
    return None


def _believable(value: str) -> bool:
    if value.startswith("arn:"):
        return ":key/" in value or (":alias/" in value and ":alias/aws/" not in value)
    return not value.startswith(("${", "alias/aws/"))
