"""S3: a statement of a bucket's policy that denies does so under its conditions alone; moto would deny always.

Conditions by the operators and keys that buckets deny by, and a refusal to guess at any other:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
Loopback without TLS stands for TLS, which the emulation does not speak: `aws:SecureTransport` is true.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flask import has_request_context, request
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket

from aws_emulator.corrections._patch import around

_HEADERS = {
    f"s3:{header}": header for header in ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")
}


class ConditionNotEmulatedError(S3ClientError):
    """A statement denies under a condition that is not known here."""

    code = "NotImplemented"

    def __init__(self, name: str) -> None:
        super().__init__(f"not emulated: a bucket policy that denies by {name}")


@cache
def install() -> None:
    around(FakeBucket, "get_permission", _permission)


def _permission(original: Any, bucket: FakeBucket, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return original(bucket, action, resource)
    whole = bucket.policy
    document = json.loads(whole)
    listed = document["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    document["Statement"] = [statement for statement in statements if _applies(statement)]
    bucket.policy = json.dumps(document).encode()
    try:
        return original(bucket, action, resource)
    finally:
        bucket.policy = whole


def _applies(statement: Mapping[str, Any]) -> bool:
    """Every condition of a denial must hold. What allows under a condition allows nobody here who is not allowed by a
    policy of their own."""
    conditions = statement.get("Condition")
    if not conditions:
        return True
    if statement["Effect"] == "Allow":
        return False
    return all(
        _operator(name)(_asked(key), _texts(wanted))
        for name, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _operator(name: str) -> Callable[[str | None, list[str]], bool]:
    if name not in _OPERATORS:
        raise ConditionNotEmulatedError(name)
    return _OPERATORS[name]


_OPERATORS: dict[str, Callable[[str | None, list[str]], bool]] = {
    "Bool": lambda value, wanted: value in wanted,
    "StringEquals": lambda value, wanted: value in wanted,
    # A negated operator holds where the key is missing.
    "StringNotEquals": lambda value, wanted: value not in wanted,
    "Null": lambda value, wanted: str(value is None).lower() in wanted,
}


def _asked(key: str) -> str | None:
    """What the request says of a condition key."""
    if key == "aws:SecureTransport":
        return "true"
    if key not in _HEADERS:
        raise ConditionNotEmulatedError(key)
    return request.headers.get(_HEADERS[key]) if has_request_context() else None


def _texts(wanted: Any) -> list[str]:
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in _listed(wanted)]


def _listed(wanted: Any) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]
