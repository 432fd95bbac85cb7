"""S3: a deny statement of a bucket policy applies only under its conditions; moto would always deny.

The module implements the operators and keys that deny statements of buckets use, and refuses any other:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
`aws:SecureTransport` is true, although the emulator serves loopback without TLS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flask import has_request_context, request
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket

from aws_emulator.corrections._patch import replace_method
from aws_emulator.policy_documents import listed, statements_of

_HEADERS = {
    f"s3:{header}": header for header in ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")
}


class ConditionNotEmulatedError(S3ClientError):
    """A statement denies under a condition that this module does not implement."""

    code = "NotImplemented"

    def __init__(self, name: str) -> None:
        super().__init__(f"not emulated: a bucket policy that denies by {name}")


@cache
def install() -> None:
    replace_method(FakeBucket, "get_permission", _permission)


def _permission(original: Any, bucket: FakeBucket, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return original(bucket, action, resource)
    whole = bucket.policy
    document = json.loads(whole)
    document["Statement"] = [statement for statement in statements_of(document) if _applies(statement)]
    bucket.policy = json.dumps(document).encode()
    try:
        return original(bucket, action, resource)
    finally:
        bucket.policy = whole


def _applies(statement: Mapping[str, Any]) -> bool:
    """Return whether all conditions of a deny statement hold.

    An allow statement with conditions allows no request here; the principal needs a policy of its own.
    """
    conditions = statement.get("Condition")
    if not conditions:
        return True
    if statement["Effect"] == "Allow":
        return False
    return all(
        _operator(name)(_request_value(key), _texts(wanted))
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
    # A negated operator holds if the key is missing.
    "StringNotEquals": lambda value, wanted: value not in wanted,
    "Null": lambda value, wanted: str(value is None).lower() in wanted,
}


def _request_value(key: str) -> str | None:
    """Return the request's value of a condition key."""
    if key == "aws:SecureTransport":
        return "true"
    if key not in _HEADERS:
        raise ConditionNotEmulatedError(key)
    return request.headers.get(_HEADERS[key]) if has_request_context() else None


def _texts(wanted: Any) -> list[str]:
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in listed(wanted)]
