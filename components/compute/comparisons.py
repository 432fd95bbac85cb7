"""What the integrity check compares: the tables and the locked records of both regions."""

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

# Orders and positions are written without a pause; what differs for longer than this is lost and not late. Typical is
# under a second (DynamoDB Developer Guide, "Global tables: how it works").
_TABLE_LAG_SECONDS = 5
# S3 User Guide, "Meeting compliance requirements with S3 Replication Time Control": 99.99 % of objects in 15 minutes.
_BUCKET_LAG_SECONDS = 900
_TABLES = (TableName.ORDERS, TableName.POSITIONS)
_RECORDS = (RecordClass.TRADES, RecordClass.COMMUNICATIONS, RecordClass.AUDIT)


@dataclass(frozen=True)
class Comparisons:
    """The same in either stack, but for where the report goes: into the bucket of artifacts of its own region."""

    settings: Settings
    table_names: Tables

    @property
    def tables(self) -> list[TableName]:
        """Tables that are compared."""
        return list(_TABLES)

    @property
    def buckets(self) -> Mapping[RecordClass, tuple[str, str]]:
        """Names of the primary's and of the recovery region's bucket, by class."""
        return {
            record: (bucket_name(self.settings, record, Role.PRIMARY), bucket_name(self.settings, record, Role.DR))
            for record in _RECORDS
        }

    @property
    def report_bucket(self) -> str:
        """Name of this region's bucket for reports."""
        return bucket_name(self.settings, RecordClass.ARTIFACTS)

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """The function's settings."""
        general = self.settings.general
        entries: list[dict[str, str | int]] = [
            {"table": self.table_names.name(table), "lag_seconds": _TABLE_LAG_SECONDS} for table in _TABLES
        ]
        for primary, replica in self.buckets.values():
            entries.append({"bucket": primary, "replica": replica, "lag_seconds": _BUCKET_LAG_SECONDS})
        return {
            "PRIMARY_REGION": general.primary_region,
            "DR_REGION": general.dr_region,
            "REPORT_BUCKET": self.report_bucket,
            "COMPARISONS": json.dumps(entries, separators=(",", ":")),
        }
