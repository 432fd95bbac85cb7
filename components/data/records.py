"""The records of the platform: what a broker-dealer must keep, and what goes with it."""

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
    """Classes of records, each in a bucket of its own; the value is a part of the bucket's name."""

    TRADES = "trades"
    """Orders, executions and positions: SEC rule 17a-4(a), six years."""
    COMMUNICATIONS = "communications"
    """Confirmations and notices: SEC rule 17a-4(b)(4), three years."""
    AUDIT = "audit"
    """Who did what with the records, and the evidence of drills: as long as the records, 17a-4(f)(3)(v)."""
    MARKET_DATA = "market-data"
    """What the platform saw of the market: bought, not made here, so under no retention."""
    ARTIFACTS = "artifacts"
    """What is deployed: function packages, plans, reports."""


# S3 User Guide, "Transitioning objects": 30 days is the earliest for infrequent access, and the archives charge
# for 90 and 180 days at least. Glacier Instant Retrieval still answers in milliseconds, as 17a-4(f)(2)(iv) wants
# of records in the first two years; after them an examiner can wait the hours of Deep Archive.
_INFREQUENT = (30, "STANDARD_IA")
_ARCHIVE = (90, "GLACIER_IR")
_DEEP_ARCHIVE = (732, "DEEP_ARCHIVE")
# Replaced versions of what is under no retention: long enough to notice that it was replaced.
_OLD_VERSION_DAYS = 90


def days_of(years: int) -> int:
    """Days that no `years` calendar years are longer than: every fourth has one more."""
    return years * 365 + -(-years // 4)


def locks(data: DataSettings) -> Mapping[RecordClass, ObjectLock | None]:
    """How long each class is locked; None for those that may be deleted."""
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
    """`key_arn` is this region's key of the class RECORDS; `access_log_of` says where a bucket logs its access."""

    settings: Settings
    key_arn: pulumi.Input[str]
    access_log_of: Callable[[str], AccessLog]


class RecordsBuckets(Layer):
    """One bucket for each class of records, in either region. What must be kept is under Object Lock in compliance
    mode: nobody can delete it or shorten its retention, the account's owner included, so a mistake here lasts
    for years. Locked classes do not expire by themselves either: disposal is a decision of compliance."""

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
        """Names by class, known once the bucket is made."""
        return {record.value: bucket.bucket.id for record, bucket in self.buckets.items()}

    @property
    def arns(self) -> dict[str, pulumi.Output[str]]:
        """ARNs by class, known once the bucket is made."""
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
        # A version that was replaced is a record too until its lock is over.
        noncurrent_expire_after_days=lock.days + 1 if lock else _OLD_VERSION_DAYS,
    )
