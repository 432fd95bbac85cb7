"""The settings of a bucket: resources of their own that refer to it, or blocks of the bucket itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.stack import Stack
from policy.values import Unknown


def _versioning(block: Any) -> Any:
    return {"status": "Enabled" if block.get("enabled") else "Suspended"}


# The block of aws.s3.Bucket that says the same as the resource, what of it the resource has, and under which name.
_INLINE: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    t.BUCKET_ENCRYPTION: ("serverSideEncryptionConfiguration", "rules", lambda block: [block.get("rule") or {}]),
    t.BUCKET_VERSIONING: ("versioning", "versioningConfiguration", _versioning),
    t.BUCKET_LOGGING: ("logging", "targetBucket", lambda block: block.get("targetBucket")),
    t.BUCKET_OBJECT_LOCK: ("objectLockConfiguration", "rule", lambda block: block.get("rule")),
    t.BUCKET_POLICY: ("policy", "policy", lambda text: text),
    t.BUCKET_REPLICATION: ("replicationConfiguration", "rules", lambda block: block.get("rules")),
}


def settings_of(bucket: Resource, stack: Stack, type_: str) -> list[Resource]:
    """The bucket's settings of a kind, in the form of the resource `type_`. Raises `NotEvaluatedError`."""
    attached = stack.attached(bucket, type_, "bucket")
    block = _INLINE.get(type_)
    if block is None or (value := bucket.peek(block[0])) is None:
        return attached
    name, path, converted = block
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Unknown):
        value.refuse()
    properties = {path: converted(value)}
    dependencies = {path: bucket.dependencies.get(name, ())}
    inline = Resource(
        bucket.urn, type_, bucket.name, properties, provider=bucket.provider, dependencies=dependencies, custom=False
    )
    return [*attached, inline]


def takes_logs(bucket: Resource, stack: Stack) -> bool:
    """Whether S3 delivers access logs into it, which it does only to buckets with S3's own key."""
    return bool(
        stack.attached(bucket, t.BUCKET_LOGGING, "targetBucket")
        or stack.attached(bucket, t.BUCKET, "logging.targetBucket")
    )
