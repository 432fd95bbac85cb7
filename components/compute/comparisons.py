"""Inputs of the integrity check: the tables and the locked records of both regions that it compares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.data.bucket import bucket_name
from components.data.records import RecordClass
from components.data.table_schemas import TableName
from components.data.tables import Tables
from components.settings import Role, Settings

# Orders and positions are written all the time; a difference that lasts longer than this is a loss and not replication
# lag, which is typically under a second (DynamoDB Developer Guide, "Global tables: how it works").
_TABLE_LAG_SECONDS = 5
# S3 User Guide, "Meeting compliance requirements with S3 Replication Time Control": 99.99 % of objects in 15 minutes.
_BUCKET_LAG_SECONDS = 900
_TABLES = (TableName.ORDERS, TableName.POSITIONS)
_RECORDS = (RecordClass.TRADES, RecordClass.COMMUNICATIONS, RecordClass.AUDIT)


@dataclass(frozen=True)
class Comparisons:
    """Comparison settings, equal in both stacks except for the report's bucket, which is in the stack's own region."""

    settings: Settings
    table_names: Tables

    @property
    def tables(self) -> list[TableName]:
        """Tables to compare."""
        return list(_TABLES)

    @property
    def buckets(self) -> Mapping[RecordClass, tuple[str, str]]:
        """Bucket names of the primary and of the recovery region, by record class."""
        return {
            record: (bucket_name(self.settings, record, Role.PRIMARY), bucket_name(self.settings, record, Role.DR))
            for record in _RECORDS
        }

    @property
    def report_bucket(self) -> str:
        """Name of this region's bucket for reports."""
        return bucket_name(self.settings, RecordClass.ARTIFACTS)

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """Environment variables of the function."""
        general = self.settings.general
        entries: list[dict[str, str | int]] = [
            {
                "table": self.table_names.name(table),
                "lag_seconds": _TABLE_LAG_SECONDS,
                # Only the orders have an index by their last write. Positions are few.
                **({"since_mark": True} if table is TableName.ORDERS else {}),
            }
            for table in _TABLES
        ]
        for primary, replica in self.buckets.values():
            entries.append({"bucket": primary, "replica": replica, "lag_seconds": _BUCKET_LAG_SECONDS})
        return {
            "PRIMARY_REGION": general.primary_region,
            "DR_REGION": general.dr_region,
            "CONTROL_TABLE": self.table_names.name(TableName.CONTROL),
            "REPORT_BUCKET": self.report_bucket,
            "COMPARISONS": json.dumps(entries, separators=(",", ":")),
        }
