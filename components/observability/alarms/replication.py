"""Alarms on replication between the regions.

Each alarm is in the region where AWS publishes its metric: table lag and failed S3 replication in the source region, S3
latency and lag of the database's replica in the target region.
"""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from components.data.bucket import bucket_name
from components.data.records import RecordClass
from components.data.records_replication import REPLICATION_MINUTES
from components.data.table_schemas import TableName
from components.data.tables import strong_tables
from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Combined, Concern, Term, average, counted, highest
from components.observability.aws_metrics import AwsMetric
from components.observability.monitored_layers import MonitoredLayers
from components.observability.replica_lag import seconds_behind
from components.observability.series import Series, of_aws
from components.settings.root import Role

# Seconds. The reader is in the same region; its readers get data that is this old.
_READER_LAG_SECONDS = 30
# Minutes: a shorter lag is a burst and not a fault.
_LAGGING_MINUTES = 5


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Alarms on outgoing tables and objects, and in standby on incoming ones."""
    yield from _tables(layers)
    for record in RecordClass:
        yield _objects_failed(layers, record)
        if not layers.settings.is_primary:
            yield _objects_late(layers, record)
    if layers.stores.database.reader:
        yield _replica_behind(
            "database-reader-lag",
            f"Replication to the reader has stopped or is {_READER_LAG_SECONDS} s behind.",
            layers.stores.database.reader.identifier,
            _READER_LAG_SECONDS,
        )
    if layers.recovery.standby and not layers.is_active:
        yield from _database(layers)


def _tables(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Alarms on table lag. A strongly consistent table has none: it acknowledges a write after the other region has
    it."""
    settings = layers.settings
    limit = settings.recovery.replication_lag_milliseconds
    strong = strong_tables(settings)
    for table in TableName:
        if table not in strong:
            yield (
                average(
                    f"table-{table}-lag",
                    f"Writes to the table {table} reach the other region more than {limit} ms later: a "
                    "loss of this region would lose them.",
                    of_aws(published.TABLE_LAG, layers.stores.tables.name(table), _other_region(layers)),
                    limit,
                )
                .for_minutes(_LAGGING_MINUTES)
                .pages(Concern.REPLICATION)
            )


def _objects_failed(layers: MonitoredLayers, record: RecordClass) -> Alarm:
    here, there = _roles(layers)
    return counted(
        f"records-{record}-not-replicated",
        f"Objects of {record} failed to replicate to the other region. Check their replication status and copy them "
        "with a batch job.",
        _rule(layers, published.OBJECTS_FAILED, record, here, there),
    ).pages(Concern.REPLICATION)


def _objects_late(layers: MonitoredLayers, record: RecordClass) -> Alarm:
    here, there = _roles(layers)
    return (
        highest(
            f"records-{record}-late",
            f"Objects of {record} reach this region later than {REPLICATION_MINUTES} minutes, S3's commitment.",
            _rule(layers, published.OBJECTS_LAG, record, there, here),
            REPLICATION_MINUTES * 60,
        )
        .for_minutes(_LAGGING_MINUTES)
        .pages(Concern.REPLICATION)
    )


def _database(layers: MonitoredLayers) -> Iterator[Alarm]:
    """An alarm at half of the lag at which an observer votes that the primary is lost."""
    limit = layers.settings.recovery.replica_lag_seconds // 2
    yield _replica_behind(
        "database-replica-lag",
        f"Replication to the database's replica has stopped or is {limit} s behind.",
        layers.stores.database.instance.identifier,
        limit,
    ).pages(Concern.REPLICATION)


def _replica_behind(name: str, description: str, identifier: pulumi.Input[str], limit: int) -> Alarm:
    lag = Term("lag", of_aws(published.DATABASE_LAG, identifier), "Maximum")
    behind = Combined(seconds_behind(lag.id, limit), "Seconds behind", (lag,))
    return Alarm(name, description, behind, limit).for_minutes(_LAGGING_MINUTES)


def _rule(layers: MonitoredLayers, metric: AwsMetric, record: RecordClass, source: Role, target: Role) -> Series:
    """Replication metrics of a bucket. Bucket names are computed and not read, so that neither stack needs the
    other."""
    settings = layers.settings
    return of_aws(metric, bucket_name(settings, record, source), bucket_name(settings, record, target), record.value)


def _roles(layers: MonitoredLayers) -> tuple[Role, Role]:
    here = layers.settings.general.role
    return here, Role.DR if here is Role.PRIMARY else Role.PRIMARY


def _other_region(layers: MonitoredLayers) -> str:
    general = layers.settings.general
    return general.dr_region if layers.settings.is_primary else general.primary_region
