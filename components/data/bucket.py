"""Base configuration of all S3 buckets: private, versioned, encrypted, TLS only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.policies import Statement, policy_document, tls_only
from components.settings import Role, Settings

# Days: incomplete multipart uploads cost money until they are removed.
_ABANDONED_UPLOAD_DAYS = 7


@dataclass(frozen=True)
class ObjectLock:
    """Default retention of each new object version. In compliance mode no user can shorten it, including the root user
    (S3 User Guide, "Locking objects with Object Lock")."""

    mode: Literal["COMPLIANCE", "GOVERNANCE"]
    days: int


@dataclass(frozen=True)
class LifecycleRule:
    """Transitions and expiry of objects under `prefix`; `transitions` are (days, storage class).

    Raises `ValueError` if an object would expire before it moves, or if transitions are not in rising order.
    """

    id: str
    prefix: str = ""
    transitions: Sequence[tuple[int, str]] = ()
    expire_after_days: int | None = None
    noncurrent_expire_after_days: int | None = None

    def __post_init__(self) -> None:
        days = [after for after, _ in self.transitions]
        if days != sorted(set(days)):
            raise ValueError(f"lifecycle rule {self.id}: transitions after {days} days must be in rising order")
        if days and self.expire_after_days is not None and self.expire_after_days <= days[-1]:
            raise ValueError(
                f"lifecycle rule {self.id}: objects expire after {self.expire_after_days} days, before they move "
                f"after {days[-1]}; expire them later or drop the transition"
            )


@dataclass(frozen=True)
class AccessLog:
    """Target of S3's server access logs; the bucket must be in the same region and use SSE-S3."""

    bucket: pulumi.Input[str]
    prefix: str


@dataclass(frozen=True)
class HardenedBucketArgs:
    """`bucket` is the physical name. `key_arn` None means SSE-S3, for logs of services that cannot use a customer key.
    `statements` are added to those of every bucket, and name the bucket by its ARN `arn:aws:s3:::<bucket>`."""

    bucket: str
    key_arn: pulumi.Input[str] | None
    lock: ObjectLock | None = None
    lifecycle: Sequence[LifecycleRule] = ()
    access_log: AccessLog | None = None
    statements: Sequence[Statement] = ()
    events: bool = False
    """True if the bucket publishes object events to EventBridge."""


def bucket_name(settings: Settings, purpose: str, role: Role | None = None) -> str:
    """Return a globally unique name, which contains the account id: `trading-primary-logs-123456789012`. The name is
    for this stack, or for the stack of `role`."""
    return f"{settings.name_in(role or settings.general.role, purpose)}-{settings.general.account_id}"


def bucket_arn(name: str) -> str:
    """ARN of the bucket of that name, whether or not the bucket exists."""
    return f"arn:aws:s3:::{name}"


class HardenedBucket(Layer):
    """A bucket and the resources that configure it. A service that writes into it must wait for `ready`."""

    bucket: aws.s3.Bucket
    versioning: aws.s3.BucketVersioning
    policy: aws.s3.BucketPolicy

    def __init__(self, name: str, args: HardenedBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:HardenedBucket", name, opts)
        self._name = name
        self._args = args
        self.bucket = aws.s3.Bucket(
            name, bucket=args.bucket, object_lock_enabled=args.lock is not None, opts=self.stateful
        )
        self.arn = self.bucket.arn
        self.public_access = self._public_access()
        self.versioning = aws.s3.BucketVersioning(
            name, bucket=self.bucket.id, versioning_configuration={"status": "Enabled"}, opts=self.child
        )
        aws.s3.BucketOwnershipControls(
            name, bucket=self.bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=self.child
        )
        self._encryption()
        self._lifecycle_configuration()
        if args.lock:
            self._object_lock(args.lock)
        if args.access_log:
            aws.s3.BucketLogging(
                name,
                bucket=self.bucket.id,
                target_bucket=args.access_log.bucket,
                target_prefix=args.access_log.prefix,
                opts=self.child,
            )
        if args.events:
            aws.s3.BucketNotification(name, bucket=self.bucket.id, eventbridge=True, opts=self.child)
        self.policy = self._bucket_policy()
        self.register_outputs({"bucket": self.bucket.id, "arn": self.arn})

    @property
    def ready(self) -> list[pulumi.Resource]:
        """Resources that a service checks before it can write into the bucket."""
        return [self.policy, self.versioning]

    def _public_access(self) -> aws.s3.BucketPublicAccessBlock:
        return aws.s3.BucketPublicAccessBlock(
            self._name,
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child,
        )

    def _encryption(self) -> None:
        key = self._args.key_arn
        default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256" if key is None else "aws:kms", kms_master_key_id=key
        )
        # S3 Bucket Keys: one data key for many objects, because a call to KMS for each request costs money and quota.
        rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=default, bucket_key_enabled=key is not None
        )
        aws.s3.BucketServerSideEncryptionConfiguration(self._name, bucket=self.bucket.id, rules=[rule], opts=self.child)

    def _lifecycle_configuration(self) -> None:
        abandoned = aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="abandoned-uploads",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=_ABANDONED_UPLOAD_DAYS
            ),
        )
        aws.s3.BucketLifecycleConfiguration(
            self._name,
            bucket=self.bucket.id,
            rules=[*(_lifecycle(rule) for rule in self._args.lifecycle), abandoned],
            opts=self.after(self.versioning),
        )

    def _object_lock(self, lock: ObjectLock) -> None:
        aws.s3.BucketObjectLockConfiguration(
            self._name,
            bucket=self.bucket.id,
            rule={"default_retention": {"mode": lock.mode, "days": lock.days}},
            opts=self.after(self.versioning),
        )

    def _bucket_policy(self) -> aws.s3.BucketPolicy:
        arn = bucket_arn(self._args.bucket)
        own = [tls_only(arn)]
        if self._args.key_arn is not None:
            own.append(_deny_other_keys(arn, self._args.key_arn))
        # S3 refuses concurrent changes of a bucket's public access block and policy.
        return aws.s3.BucketPolicy(
            self._name,
            bucket=self.bucket.id,
            policy=policy_document(*own, *self._args.statements),
            opts=self.after(self.public_access),
        )


def _deny_other_keys(arn: str, key_arn: pulumi.Input[str]) -> Statement:
    """Deny objects under another key. A request without a key uses the bucket's default, which is this key."""
    header = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    return Statement(
        "DenyOtherKeys",
        ["s3:PutObject"],
        [f"{arn}/*"],
        effect="Deny",
        principals="*",
        conditions={"StringNotEquals": {header: key_arn}, "Null": {header: "false"}},
    )


def _lifecycle(rule: LifecycleRule) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    transitions = [
        aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(days=days, storage_class=storage_class)
        for days, storage_class in rule.transitions
    ]
    expiration = aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=rule.expire_after_days)
    noncurrent = aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
        noncurrent_days=rule.noncurrent_expire_after_days or 0
    )
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id=rule.id,
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=rule.prefix),
        transitions=transitions or None,
        expiration=expiration if rule.expire_after_days else None,
        noncurrent_version_expiration=noncurrent if rule.noncurrent_expire_after_days else None,
    )
