"""Checks of the settings of the data layer against each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from components.settings.consistency.problem import Check, Problems
from components.settings.data import Consistency, StorageType
from components.settings.market import MarketSettings
from components.settings.windows import (
    backup_spans,
    backup_start,
    blocked_by_maintenance,
    overlap,
    touch,
    weekly,
)

if TYPE_CHECKING:
    from components.settings.root import Settings

# RDS User Guide, "Amazon RDS DB instance storage", PostgreSQL: what gp3 can be given from 400 GiB on (below,
# both are fixed), and how much of either a GiB or an operation carries.
GP3_STRIPED_GIB = 400
GP3_IOPS = range(12_000, 64_001)
GP3_IOPS_PER_GIB = 500
GP3_IOPS_PER_MIBPS = 4
IO2_IOPS_PER_GIB = 1_000


def storage_holds_its_operations(settings: Settings) -> Problems:
    """Operations and throughput within what the kind and size of the storage can be given."""
    data = settings.data
    if data.db_storage_type is StorageType.IO2:
        most = data.db_storage_gib * IO2_IOPS_PER_GIB
        if data.db_iops > most:
            yield (
                "dbIops",
                data.db_iops,
                f"io2 storage of {data.db_storage_gib} GiB carries {most} at most; lower it",
            )
        return
    if data.db_storage_gib < GP3_STRIPED_GIB:
        yield (
            "dbStorageGib",
            data.db_storage_gib,
            f"gp3 storage takes dbIops from {GP3_STRIPED_GIB} GiB on; make it that large, or choose io2",
        )
    most = min(GP3_IOPS.stop - 1, data.db_storage_gib * GP3_IOPS_PER_GIB)
    if not GP3_IOPS.start <= data.db_iops <= most:
        yield "dbIops", data.db_iops, f"gp3 storage takes {GP3_IOPS.start} to {most}; choose within, or io2"
    if data.db_throughput * GP3_IOPS_PER_MIBPS > data.db_iops:
        yield (
            "dbThroughput",
            data.db_throughput,
            f"dbIops = {data.db_iops} carry {data.db_iops // GP3_IOPS_PER_MIBPS} at most; raise them, or lower this",
        )


def restored_tables_can_be_global(settings: Settings) -> Problems:
    """A table must be empty to become strongly consistent over regions (DynamoDB Developer Guide, "Multi-Region strong
    consistency"), and a restored one is not."""
    data = settings.data
    if data.restored_at and data.orders_consistency is Consistency.STRONG:
        yield (
            "restoredAt",
            data.restored_at,
            "names tables that are not empty and so cannot be strongly consistent; write their items back into the "
            "live ones, and leave this empty",
        )


def storage_can_grow(settings: Settings) -> Problems:
    """RDS refuses a limit of storage growth less than a tenth above the storage that there is."""
    data = settings.data
    least = data.db_storage_gib * 11 // 10
    if data.db_max_storage_gib < least:
        yield (
            "dbMaxStorageGib",
            data.db_max_storage_gib,
            f"must be {least} or more, a tenth above dbStorageGib = {data.db_storage_gib}",
        )


def windows_are_apart(settings: Settings) -> Problems:
    """RDS refuses a maintenance window that overlaps the backup window."""
    data = settings.data
    if overlap(data.db_backup_window, data.db_maintenance_window):
        yield (
            "dbMaintenanceWindow",
            data.db_maintenance_window,
            f"overlaps dbBackupWindow = {data.db_backup_window!r}; move one of them",
        )


def maintenance_waits_for_the_close(settings: Settings) -> Problems:
    """A database is not changed while the markets trade, in summer or in winter time."""
    data, market = settings.data, settings.market
    if any(touch(hours, weekly(data.db_maintenance_window)) for hours in _trading_hours(market)):
        yield (
            "dbMaintenanceWindow",
            data.db_maintenance_window,
            f"is in UTC and while the markets trade ({market.market_open} to {market.market_close} "
            f"{market.market_time_zone} on {', '.join(market.market_days)}); choose another time",
        )


def backups_can_start(settings: Settings) -> Problems:
    """Jobs of AWS Backup are due four hours before the database's own backup window; its maintenance keeps them from
    starting."""
    data = settings.data
    hour, minute = divmod(backup_start(data.db_backup_window), 60)
    blocked = blocked_by_maintenance(data.db_maintenance_window)
    if any(touch(span, blocked) for span in backup_spans(data.db_backup_window)):
        yield (
            "dbBackupWindow",
            data.db_backup_window,
            f"has AWS Backup start at {hour:02}:{minute:02} UTC, four hours before it, where dbMaintenanceWindow = "
            f"{data.db_maintenance_window!r} or the hour before keeps it from starting; move one of them",
        )


def _trading_hours(market: MarketSettings) -> Iterator[tuple[int, int]]:
    """Start in UTC and length of each session, in minutes of the week, at both of the zone's offsets."""
    zone = ZoneInfo(market.market_time_zone)
    # Both solstices: one of them is in summer time wherever there is one. The year does not matter.
    offsets = {datetime(2025, month, 21, tzinfo=zone).utcoffset() for month in (6, 12)}
    for offset in offsets:
        east = int(offset.total_seconds()) // 60 if offset else 0
        for start, minutes in market.sessions:
            yield start - east, minutes


def backups_outlive_records(settings: Settings) -> Problems:
    """A trade that must be kept must be restorable for as long."""
    data = settings.data
    if data.backup_retention_years < data.trades_retention_years:
        yield (
            "backupRetentionYears",
            data.backup_retention_years,
            f"is shorter than tradesRetentionYears = {data.trades_retention_years}; keep them as long as the records",
        )


CHECKS: tuple[Check, ...] = (
    storage_holds_its_operations,
    restored_tables_can_be_global,
    storage_can_grow,
    windows_are_apart,
    maintenance_waits_for_the_close,
    backups_can_start,
    backups_outlive_records,
)
