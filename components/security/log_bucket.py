"""Buckets for logs of AWS services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi

from components.data.bucket import (
    AccessLog,
    HardenedBucket,
    HardenedBucketArgs,
    LifecycleRule,
    ObjectLock,
    bucket_arn,
    bucket_name,
)
from components.layer import Layer
from components.security.key_policies import trail_arn
from components.security.policies import Conditions, Statement
from components.settings import Settings

FLOW_LOGS = "flow-logs"
CONFIG = "config"
ALB = "alb"
NLB = "nlb"
S3 = "s3"

# Days: logs are rarely read after a month, and hardly ever after three (S3 User Guide: 30 days is the earliest for
# infrequent access, and the two classes bill at least 30 and 90 days).
_INFREQUENT_AFTER_DAYS = 30
_ARCHIVE_AFTER_DAYS = 90
# Days: an old version of a log means that something overwrote it; enough time to investigate.
_OLD_VERSION_DAYS = 90

_OWNED = {"s3:x-amz-acl": "bucket-owner-full-control"}


@dataclass(frozen=True)
class LogBucketsArgs:
    """`key_arn` is the key of the class LOGS."""

    settings: Settings
    key_arn: pulumi.Input[str]


class LogBuckets(Layer):
    """Three buckets, because the services have conflicting requirements:

    - `access_logs` has the access logs of S3 and of load balancers, which cannot use a customer key or a bucket with
      default retention;
    - `logs` has flow logs and Config's history under the key for logs. Config refuses a bucket with default retention,
      so a deny statement prevents deletion instead;
    - `trail` has CloudTrail's files under Object Lock in compliance mode, in the primary, which has the trail.
    """

    logs: HardenedBucket
    access_logs: HardenedBucket
    trail: HardenedBucket | None

    def __init__(self, name: str, args: LogBucketsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:LogBuckets", name, opts)
        self._args = args
        self.access_logs = self._access_logs()
        self.logs = self._logs()
        self.trail = self._trail() if args.settings.is_primary else None
        self.register_outputs({"logs": self.logs.arn, "accessLogs": self.access_logs.arn})

    @property
    def flow_logs_destination(self) -> pulumi.Output[str]:
        """ARN of the flow logs' destination: the bucket and its folder."""
        return pulumi.Output.concat(self.logs.arn, "/", FLOW_LOGS)

    def access_log_of(self, bucket: str) -> AccessLog:
        """Target of the access log of the bucket with that physical name."""
        # The name comes from the bucket's policy: S3 refuses a target into which it cannot write yet.
        return AccessLog(self.access_logs.policy.bucket, f"{S3}/{bucket}/")

    def _access_logs(self) -> HardenedBucket:
        settings = self._args.settings
        name = bucket_name(settings, "access-logs")
        return HardenedBucket(
            "access-logs",
            HardenedBucketArgs(
                bucket=name,
                key_arn=None,
                lifecycle=[_aging("access-logs", settings.security.access_log_retention_days)],
                statements=list(_access_log_writers(settings, bucket_arn(name))),
            ),
            self.child,
        )

    def _logs(self) -> HardenedBucket:
        settings = self._args.settings
        name = bucket_name(settings, "logs")
        arn = bucket_arn(name)
        return HardenedBucket(
            "logs",
            HardenedBucketArgs(
                bucket=name,
                key_arn=self._args.key_arn,
                lifecycle=[_aging("logs", settings.security.log_retention_days)],
                access_log=self.access_log_of(name),
                statements=[*_flow_logs(settings, arn), *_config(settings, arn), _deny_deletion(arn)],
            ),
            self.child,
        )

    def _trail(self) -> HardenedBucket:
        settings = self._args.settings
        name = bucket_name(settings, "trail")
        days = settings.security.trail_retention_days
        return HardenedBucket(
            "trail",
            HardenedBucketArgs(
                bucket=name,
                key_arn=self._args.key_arn,
                lock=ObjectLock("COMPLIANCE", days),
                # An object can expire only after its lock ends.
                lifecycle=[_aging("trail", days + 1)],
                access_log=self.access_log_of(name),
                statements=list(_trail(settings, bucket_arn(name))),
            ),
            self.child,
        )


def _aging(rule: str, days: int) -> LifecycleRule:
    return LifecycleRule(
        id=rule,
        transitions=[(_INFREQUENT_AFTER_DAYS, "STANDARD_IA"), (_ARCHIVE_AFTER_DAYS, "GLACIER")],
        expire_after_days=days,
        noncurrent_expire_after_days=_OLD_VERSION_DAYS,
    )


def _deny_deletion(arn: str) -> Statement:
    """Deny deletion to everyone. Only lifecycle rules remove a log, because bucket policies do not apply to them."""
    return Statement(
        "DenyDeletion",
        ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        [f"{arn}/*"],
        effect="Deny",
        principals="*",
    )


def _access_log_writers(settings: Settings, arn: str) -> Iterator[Statement]:
    account = settings.general.account_id
    yield Statement(
        "S3AccessLogs",
        ["s3:PutObject"],
        [f"{arn}/{S3}/*"],
        principals={"Service": "logging.s3.amazonaws.com"},
        conditions={
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": bucket_arn(f"{settings.general.name_prefix}-*")},
        },
    )
    # Load balancers send no source account; the account id in the path restricts the statement to this account.
    yield Statement(
        "AlbAccessLogs",
        ["s3:PutObject"],
        [f"{arn}/{ALB}/AWSLogs/{account}/*"],
        principals={"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
    )
    yield from _delivery("NlbAccessLogs", settings, arn, f"{NLB}/AWSLogs/{account}")


def _flow_logs(settings: Settings, arn: str) -> Iterator[Statement]:
    """Statements for flow logs. With Hive-compatible prefixes the account's folder is `aws-account-id=<account>` (VPC
    User Guide, "Flow log files")."""
    yield from _delivery("FlowLogs", settings, arn, f"{FLOW_LOGS}/AWSLogs/aws-account-id={settings.general.account_id}")


def _delivery(sid: str, settings: Settings, arn: str, folder: str) -> Iterator[Statement]:
    """Statements that CloudWatch's vended log delivery needs (CloudWatch Logs User Guide, "Logs sent to Amazon S3")."""
    account = settings.general.account_id
    source = {"ArnLike": {"aws:SourceArn": f"arn:aws:logs:{settings.region.name}:{account}:*"}}
    yield from _writer(sid, "delivery.logs", account, arn, f"{folder}/*", source, check=["s3:GetBucketAcl"])


def _config(settings: Settings, arn: str) -> Iterator[Statement]:
    """Statements that Config needs (AWS Config Developer Guide, "Permissions for the Amazon S3 bucket")."""
    account = settings.general.account_id
    folder = f"{CONFIG}/AWSLogs/{account}/Config/*"
    yield from _writer("Config", "config", account, arn, folder, {}, check=["s3:GetBucketAcl", "s3:ListBucket"])


def _writer(
    sid: str, service: str, account: str, arn: str, folder: str, source: Conditions, check: list[str]
) -> Iterator[Statement]:
    """Statements of a service that checks the bucket's ACL and then writes into its own folder."""
    principal = {"Service": f"{service}.amazonaws.com"}
    own = {"aws:SourceAccount": account}
    yield Statement(f"{sid}Check", check, [arn], principals=principal, conditions={"StringEquals": own, **source})
    yield Statement(
        f"{sid}Write",
        ["s3:PutObject"],
        [f"{arn}/{folder}"],
        principals=principal,
        conditions={"StringEquals": {**own, **_OWNED}, **source},
    )


def _trail(settings: Settings, arn: str) -> Iterator[Statement]:
    """Statements that CloudTrail needs (CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail")."""
    principal = {"Service": "cloudtrail.amazonaws.com"}
    source = {"aws:SourceArn": trail_arn(settings)}
    yield Statement("TrailCheck", ["s3:GetBucketAcl"], [arn], principals=principal, conditions={"StringEquals": source})
    yield Statement(
        "TrailWrite",
        ["s3:PutObject"],
        [f"{arn}/AWSLogs/{settings.general.account_id}/*"],
        principals=principal,
        conditions={"StringEquals": {**source, **_OWNED}},
    )
