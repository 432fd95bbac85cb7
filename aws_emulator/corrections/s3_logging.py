"""S3: a bucket policy may allow access logs with any resource pattern for the prefix, and with any list of actions.

moto accepts three spellings of the resource, and raises an exception for a statement with the principal `*`.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from moto.s3.models import FakeBucket
from moto.s3.utils import LOGGING_SERVICE_PRINCIPAL

from aws_emulator.corrections._patch import replace_method
from aws_emulator.policy_documents import document_of, listed, statements_of


@cache
def install() -> None:
    replace_method(FakeBucket, "_log_permissions_enabled_policy", _is_permitted)


def _is_permitted(original: Any, logged: FakeBucket, *, target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    if not target_bucket.policy:
        return False
    written = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
    document = document_of(target_bucket.policy) or {}
    return any(_allows(statement, written) for statement in statements_of(document))


def _allows(statement: Mapping[str, Any], written: str) -> bool:
    principal = statement.get("Principal")
    services = listed(principal.get("Service")) if isinstance(principal, Mapping) else []
    return (
        statement.get("Effect") == "Allow"
        and LOGGING_SERVICE_PRINCIPAL in services
        and any(fnmatchcase("s3:PutObject", action) for action in listed(statement.get("Action")))
        and any(fnmatchcase(written, resource) for resource in listed(statement.get("Resource")))
    )
