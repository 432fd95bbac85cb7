"""S3 buckets for records: those that a broker-dealer must keep, and related data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pulumi

from components.data.bucket import (
    AccessLog,
    HardenedBucket,
    HardenedBucketArgs,
    LifecycleRule,
    ObjectLock,
    bucket_name,
)
from components.layer import Layer
from components.settings import Settings
from components.settings.data import DataSettings


class RecordClass(StrEnum):
    """Classes of records, each in a bucket of its own; the value is part of the bucket's name."""

    TRADES = "trades"
    """Orders, executions and positions: SEC rule 17a-4(a), six years."""
    COMMUNICATIONS = "communications"
    """Confirmations and notices: SEC rule 17a-4(b)(4), three years."""
    AUDIT = "audit"
    """Audit trail of the records and evidence of drills: kept as long as the records, 17a-4(f)(3)(v)."""
    MARKET_DATA = "market-data"
    """Market data as received. The platform buys it and does not create it, so no retention applies."""
    ARTIFACTS = "artifacts"
    """Deployment artifacts: function packages, plans, reports."""


# S3 User Guide, "Transitioning objects": 30 days is the earliest for infrequent access, and the archive classes bill at
# least 90 and 180 days. Glacier Instant Retrieval answers in milliseconds, as 17a-4(f)(2)(iv) requires for the first
# two years. After that, an examiner can wait the hours that Deep Archive takes.
_INFREQUENT = (30, "STANDARD_IA")
_ARCHIVE = (90, "GLACIER_IR")
_DEEP_ARCHIVE = (732, "DEEP_ARCHIVE")
# Days to keep replaced versions of objects without retention, enough time to notice a mistake.
_OLD_VERSION_DAYS = 90


def days_of(years: int) -> int:
    """Upper bound of the days in `years` calendar years: every fourth year has one day more."""
    return years * 365 + -(-years // 4)


def locks(data: DataSettings) -> Mapping[RecordClass, ObjectLock | None]:
    """Object Lock of each class; None for classes that can be deleted."""
    years = {
        RecordClass.TRADES: data.trades_retention_years,
        RecordClass.COMMUNICATIONS: data.communications_retention_years,
        RecordClass.AUDIT: data.audit_retention_years,
    }
    return {
        record: ObjectLock("COMPLIANCE", days_of(years[record])) if record in years else None for record in RecordClass
    }


@dataclass(frozen=True)
class RecordsBucketsArgs:
    """`key_arn` is this region's key of the class RECORDS; `access_log_of` returns a bucket's target for access
    logs."""

    settings: Settings
    key_arn: pulumi.Input[str]
    access_log_of: Callable[[str], AccessLog]


class RecordsBuckets(Layer):
    """One bucket for each class of records, in either region. Records with a required retention have Object Lock in
    compliance mode: no user can delete them or shorten the retention, including the account's owner, so a mistake here
    lasts for years. Locked classes have no expiry: compliance decides about disposal."""

    buckets: dict[RecordClass, HardenedBucket]

    def __init__(self, name: str, args: RecordsBucketsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:RecordsBuckets", name, opts)
        self._args = args
        self.buckets = {record: self._bucket(record, lock) for record, lock in locks(args.settings.data).items()}
        self.register_outputs({"names": self.names, "arns": self.arns})

    def bucket(self, record: RecordClass) -> HardenedBucket:
        """The bucket of a class."""
        return self.buckets[record]

    def name(self, record: RecordClass) -> str:
        """Physical name of the bucket of a class in this region."""
        return bucket_name(self._args.settings, record)

    @property
    def names(self) -> dict[str, pulumi.Output[str]]:
        """Bucket names by class, from the created buckets."""
        return {record.value: bucket.bucket.id for record, bucket in self.buckets.items()}

    @property
    def arns(self) -> dict[str, pulumi.Output[str]]:
        """Bucket ARNs by class, from the created buckets."""
        return {record.value: bucket.arn for record, bucket in self.buckets.items()}

    def _bucket(self, record: RecordClass, lock: ObjectLock | None) -> HardenedBucket:
        name = self.name(record)
        return HardenedBucket(
            record,
            HardenedBucketArgs(
                bucket=name,
                key_arn=self._args.key_arn,
                lock=lock,
                lifecycle=[_aging(record, lock)],
                access_log=self._args.access_log_of(name),
                events=True,
            ),
            self.child,
        )


def _aging(record: RecordClass, lock: ObjectLock | None) -> LifecycleRule:
    if record is RecordClass.ARTIFACTS:
        return LifecycleRule(id=record, noncurrent_expire_after_days=_OLD_VERSION_DAYS)
    return LifecycleRule(
        id=record,
        transitions=(_INFREQUENT, _ARCHIVE, _DEEP_ARCHIVE),
        # A replaced version is also a record until its lock ends.
        noncurrent_expire_after_days=lock.days + 1 if lock else _OLD_VERSION_DAYS,
    )
