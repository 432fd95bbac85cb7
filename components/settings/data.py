"""Settings of the data layer."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, field_validator

from components.settings.database_names import PostgresName, RoleName
from components.settings.engine_versions import PostgresVersion, ValkeyVersion
from components.settings.managed_classes import CacheNodeType
from components.settings.section import Section
from components.settings.windows import BackupWindow, MaintenanceWindow, Moment


class StorageType(StrEnum):
    """Kinds of storage for the trade history database."""

    GP3 = "gp3"
    IO2 = "io2"


class InsightsMode(StrEnum):
    """Modes of CloudWatch Database Insights."""

    STANDARD = "standard"
    ADVANCED = "advanced"


class Consistency(StrEnum):
    """How orders and positions reach the other region."""

    EVENTUAL = "eventual"
    STRONG = "strong"


# RDS User Guide, "Overview of Enhanced Monitoring": the intervals that there are, in seconds.
MONITORING_SECONDS = (1, 5, 10, 15, 30, 60)
# CloudWatch Logs API Reference, PutRetentionPolicy, from the twelve months of PCI DSS 10.5.1 on, in days.
LOG_DAYS = (365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
# SEC rule 17a-4(a) and (b), FINRA rule 4511(b): years for which a broker-dealer preserves each class of record.
MINIMUM_TRADES_YEARS = 6
MINIMUM_COMMUNICATIONS_YEARS = 3
# Amazon S3 User Guide, "Locking objects with Object Lock": 100 years at most, of which backups that outlive the records
# take one.
MOST_YEARS = 99


class DataSettings(Section):
    """The trade history database, global tables, records, snapshots, backups and the cache."""

    db_engine_version: PostgresVersion = Field(
        "17",
        description="PostgreSQL version: the major alone for RDS's default minor, whose later upgrades are left alone; "
        "or major.minor, which an update enforces and which RDS retires (aws rds describe-db-engine-versions "
        "--engine postgres). The replica in the other region has its source's version.",
    )
    db_name: PostgresName = Field("trades", description="Name of the database.")
    db_username: RoleName = Field("platform_owner", description="Master user of the database.")
    db_storage_type: StorageType = Field(
        StorageType.GP3, description="gp3, or io2 for sub-millisecond storage latency at a higher price."
    )
    db_storage_gib: int = Field(500, description="Storage of the database, in GiB.", ge=100, le=65536)
    db_max_storage_gib: int = Field(2000, description="Storage up to which it grows by itself, in GiB.", le=65536)
    db_iops: int = Field(12000, description="Provisioned operations per second of the storage.", ge=1000, le=256000)
    db_throughput: int = Field(
        500, description="Provisioned throughput of gp3 storage, in MiB/s; io2 has none to set.", ge=500, le=4000
    )
    db_max_connections: int = Field(
        1000,
        description="Connection limit, the same in both regions: a standby refuses to replay from a source that "
        "allows more.",
        ge=100,
        le=5000,
    )
    db_backup_days: int = Field(35, description="Days of point-in-time recovery of the database.", ge=30, le=35)
    db_backup_window: BackupWindow = Field(
        "05:00-06:00", description="When automated backups start, each day, in UTC: hh:mm-hh:mm."
    )
    db_maintenance_window: MaintenanceWindow = Field(
        "sun:06:30-sun:07:30",
        description="When database and cache may change, in UTC, while markets are closed: ddd:hh:mm-ddd:hh:mm.",
    )
    db_monitoring_seconds: int = Field(
        15, description="Seconds between the samples of enhanced monitoring: 1, 5, 10, 15, 30 or 60."
    )
    db_insights: InsightsMode = Field(
        InsightsMode.STANDARD,
        description="Database Insights: standard keeps 7 days, advanced 15 months at a price for each vCPU.",
    )
    db_log_days: int = Field(365, description="How long the database's logs stay in CloudWatch Logs, in days.")
    orders_consistency: Consistency = Field(
        Consistency.EVENTUAL,
        description="eventual: the recovery region may lack the last second of orders and positions; strong: it "
        "lacks nothing, and each write waits for the nearer of the other two regions. Cannot be changed once "
        "the tables exist.",
    )
    restored_at: Moment = Field(
        "",
        description="Moment of a restore, as 20260102T140000Z: the orders, positions and order book that the runbook "
        "restored to it serve in the place of the live ones; empty: the live ones serve.",
    )
    table_warm_reads: int = Field(
        12000, description="Reads/s that each table takes at once, without growing into them.", ge=12000, le=10_000_000
    )
    table_warm_writes: int = Field(
        12000, description="Writes/s that each table takes at once, without growing into them.", ge=4000, le=10_000_000
    )
    table_contributor_insights: bool = Field(
        False, description="Whether the tables report their most used keys, priced by event."
    )
    trades_retention_years: int = Field(
        6, description="Years for which records of orders and trades cannot be deleted by anyone.", le=MOST_YEARS
    )
    communications_retention_years: int = Field(
        3,
        description="Years for which confirmations and other communications cannot be deleted by anyone.",
        le=MOST_YEARS,
    )
    audit_retention_years: int = Field(
        6, description="Years for which the audit trail of the records cannot be deleted by anyone.", le=MOST_YEARS
    )
    snapshot_hours: int = Field(4, description="Hours between the snapshots of volumes: 1, 2, 3, 4, 6, 8, 12 or 24.")
    snapshot_days: int = Field(7, description="Days for which snapshots are kept in their region.", ge=1, le=365)
    snapshot_copy_days: int = Field(
        35, description="Days for which copies of snapshots are kept in the recovery region.", ge=7, le=3650
    )
    backup_daily_days: int = Field(35, description="Days for which daily backups are kept.", ge=30, le=365)
    backup_retention_years: int = Field(
        6, description="Years for which monthly backups are kept, in the vaults of both regions.", le=MOST_YEARS
    )
    vault_lock_grace_days: int = Field(
        7,
        description="Days after which the lock of a new backup vault can no longer be lifted by anyone.",
        ge=3,
        le=365,
    )
    cache_node_type: CacheNodeType = Field("cache.r7g.large", description="Node type of the cache.")
    cache_replicas: int = Field(2, description="Replicas of the cache's primary node, in other zones.", ge=1, le=5)
    cache_engine_version: ValkeyVersion = Field("8.0", description="Valkey version of the cache.")

    @field_validator("db_monitoring_seconds")
    @classmethod
    def _interval_exists(cls, seconds: int) -> int:
        if seconds not in MONITORING_SECONDS:
            raise ValueError(f"is not an interval of enhanced monitoring; choose one of {_listed(MONITORING_SECONDS)}")
        return seconds

    @field_validator("db_log_days")
    @classmethod
    def _log_retention_exists(cls, days: int) -> int:
        if days not in LOG_DAYS:
            raise ValueError(
                f"is not a retention of a year or more that CloudWatch has; choose one of {_listed(LOG_DAYS)}"
            )
        return days

    @field_validator("trades_retention_years", "audit_retention_years")
    @classmethod
    def _six_years(cls, years: int) -> int:
        return _at_least(years, MINIMUM_TRADES_YEARS, "trades, and the audit trail that proves them,", "17a-4(a)")

    @field_validator("backup_retention_years")
    @classmethod
    def _as_long_as_records(cls, years: int) -> int:
        return _at_least(years, MINIMUM_TRADES_YEARS, "backups of the trade history", "17a-4(a)")

    @field_validator("communications_retention_years")
    @classmethod
    def _three_years(cls, years: int) -> int:
        return _at_least(years, MINIMUM_COMMUNICATIONS_YEARS, "communications", "17a-4(b)")

    @field_validator("snapshot_hours")
    @classmethod
    def _divides_the_day(cls, hours: int) -> int:
        # Amazon EBS User Guide, "Create custom policy for snapshots": the intervals that a schedule can have.
        allowed = (1, 2, 3, 4, 6, 8, 12, 24)
        if hours not in allowed:
            raise ValueError(f"is not an interval of a snapshot schedule; choose one of {_listed(allowed)}")
        return hours


def _at_least(years: int, minimum: int, records: str, rule: str) -> int:
    if years < minimum:
        raise ValueError(f"is too short: {records} are kept for at least {minimum} years (SEC {rule}); raise it")
    return years


def _listed(values: tuple[int, ...]) -> str:
    return ", ".join(str(value) for value in values)
