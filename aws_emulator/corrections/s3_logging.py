"""S3: a bucket policy lets access logs in by any resource pattern that covers the prefix, and by any list of actions.

moto looks for three spellings of the resource, and fails over a statement whose principal is `*`.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from moto.s3.models import FakeBucket
from moto.s3.utils import LOGGING_SERVICE_PRINCIPAL

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(FakeBucket, "_log_permissions_enabled_policy", _permitted)


def _permitted(original: Any, logged: FakeBucket, *, target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    if not target_bucket.policy:
        return False
    written = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
    statements = json.loads(target_bucket.policy)["Statement"]
    return any(_lets_in(statement, written) for statement in _listed(statements))


def _lets_in(statement: Mapping[str, Any], written: str) -> bool:
    principal = statement.get("Principal")
    services = _listed(principal.get("Service")) if isinstance(principal, Mapping) else []
    return (
        statement.get("Effect") == "Allow"
        and LOGGING_SERVICE_PRINCIPAL in services
        and any(fnmatchcase("s3:PutObject", action) for action in _listed(statement.get("Action")))
        and any(fnmatchcase(written, resource) for resource in _listed(statement.get("Resource")))
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
