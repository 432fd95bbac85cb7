"""The settings of a bucket: resources of their own that refer to it, or blocks of the bucket itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policy import tokens as t
from policy.documents import statements
from policy.resources import Resource
from policy.stack import Stack
from policy.values import Unknown, single


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
    value = single(value)
    if isinstance(value, Unknown):
        value.refuse()
    properties = {path: converted(value)}
    dependencies = {path: bucket.dependencies.get(name, ())}
    inline = Resource(bucket.urn, type_, bucket.name, properties, provider=bucket.provider, dependencies=dependencies)
    return [*attached, inline]


_DELIVERY = "logging.s3.amazonaws.com"
_LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def needs_own_key_of_s3(bucket: Resource, stack: Stack) -> bool:
    """Whether a service delivers logs into it that only delivers to buckets with S3's own key.

    S3's access logs (S3 User Guide, "Enabling Amazon S3 server access logging"), to a bucket that a logging
    configuration names, or whose ACL or policy lets the log delivery write. Access logs of Application Load Balancers
    (ELB User Guide, "Enable access logs for your Application Load Balancer").
    """
    if takes_logs(bucket, stack) or _lets_delivery_write(bucket):
        return True
    if any(_lets_delivery_write(acl) for acl in stack.attached(bucket, t.BUCKET_ACL, "bucket")):
        return True
    for policy in settings_of(bucket, stack, t.BUCKET_POLICY):
        granted = statements(policy.document("policy"))
        if any(statement.allows and _DELIVERY in statement.services for statement in granted):
            return True
    balancers = stack.attached(bucket, t.LOAD_BALANCER, "accessLogs.bucket")
    return any(balancer.text("loadBalancerType") in ("", "application") for balancer in balancers)


def _lets_delivery_write(resource: Resource) -> bool:
    grants = [*resource.items("grants"), *resource.items("accessControlPolicy.grants")]
    groups = [grant.get("uri") or (grant.get("grantee") or {}).get("uri") for grant in grants]
    return resource.peek("acl") == "log-delivery-write" or _LOG_DELIVERY in groups


def takes_logs(bucket: Resource, stack: Stack) -> bool:
    """Whether S3 delivers access logs into it, which it does only to buckets with S3's own key."""
    return bool(
        stack.attached(bucket, t.BUCKET_LOGGING, "targetBucket")
        or stack.attached(bucket, t.BUCKET, "logging.targetBucket")
    )
