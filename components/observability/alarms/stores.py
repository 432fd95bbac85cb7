"""Alarms on tables, databases, files, the cache and backups."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from components.data.table_schemas import SCHEMAS, TableName
from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Comparison, Concern, average, counted, highest, summed
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import Series, of_aws

# Tables that order intake uses, and its operations on them.
_ORDER_PATH = (TableName.CONTROL, TableName.ORDERS)
_OPERATIONS = ("GetItem", "PutItem", "UpdateItem", "Query")
_CPU_PERCENT, _CONNECTIONS_PERCENT, _CACHE_MEMORY_PERCENT, _FILES_IO_PERCENT = 80, 80, 85, 90
# Percent. RDS grows storage when a tenth is left (Amazon RDS User Guide, "Managing capacity automatically with Amazon
# RDS storage autoscaling"): below half of that, growth has failed.
_FREE_STORAGE_PERCENT = 5
_GIB = 1024**3
# Seconds. gp3 provides single-digit millisecond latency (same guide, "Amazon RDS DB instance storage").
_STORAGE_LATENCY_SECONDS = 0.02
_DAY = 86_400


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Alarms of all data stores."""
    for table in TableName:
        yield from _table(table, layers.stores.tables.name(table))
    for name, instance in layers.databases.items():
        yield from _database(layers, name, instance.identifier)
    yield average(
        "files-busy",
        "The shared file system is near its I/O limit.",
        of_aws(published.FILES_IO, layers.stores.files.id),
        _FILES_IO_PERCENT,
    ).for_minutes(15)
    yield from _cache(layers)
    if layers.is_active:
        yield counted(
            "backups-failed",
            "Backups failed. Check the vault's jobs and repeat them today.",
            of_aws(published.BACKUPS_FAILED, layers.stores.backups.vault.name),
            period=_DAY,
        )


def _table(table: TableName, name: str) -> Iterator[Alarm]:
    throttled = summed(
        f"table-{table}-throttled",
        f"The table {table} or an index of it is throttled: a key is hot, or traffic grew faster than its warm "
        "throughput.",
        _throttled(table, name),
    ).for_minutes(2, of=3)
    faults = summed(
        f"table-{table}-faults",
        f"DynamoDB returns errors for the table {table}. Check the AWS Health Dashboard first.",
        {operation.lower(): of_aws(published.TABLE_FAULTS, name, operation) for operation in _OPERATIONS},
    ).for_minutes(2, of=3)
    for alarm in (throttled, faults):
        yield alarm.pages(Concern.ORDERS) if table in _ORDER_PATH else alarm


def _throttled(table: TableName, name: pulumi.Input[str]) -> dict[str, Series]:
    """Throttle counters by id, of the table and of each index. A throttled index throttles writes of its table."""
    terms = {
        "reads": of_aws(published.TABLE_READS_THROTTLED, name),
        "writes": of_aws(published.TABLE_WRITES_THROTTLED, name),
    }
    for index in SCHEMAS[table].indexes:
        terms[f"reads_{index.name}"] = of_aws(published.INDEX_READS_THROTTLED, name, index.name)
        terms[f"writes_{index.name}"] = of_aws(published.INDEX_WRITES_THROTTLED, name, index.name)
    return terms


def _database(layers: MonitoredLayers, name: str, identifier: pulumi.Input[str]) -> Iterator[Alarm]:
    data = layers.settings.data
    yield average(
        f"{name}-cpu",
        f"The {name} has high CPU usage: queries wait.",
        of_aws(published.DATABASE_CPU, identifier),
        _CPU_PERCENT,
    ).for_minutes(15)
    yield Alarm(
        f"{name}-storage",
        f"Less than {_FREE_STORAGE_PERCENT} % of the storage of the {name} is left, and autoscaling did not extend it: "
        "the database stops when it is full.",
        of_aws(published.DATABASE_FREE_STORAGE, identifier),
        data.db_storage_gib * _GIB * _FREE_STORAGE_PERCENT / 100,
        statistic="Minimum",
        comparison=Comparison.BELOW,
        periods=5,
        breaching=5,
        concern=Concern.PLATFORM,
    )
    yield highest(
        f"{name}-connections",
        f"{_CONNECTIONS_PERCENT} % of the connections of the {name} are used.",
        of_aws(published.DATABASE_CONNECTIONS, identifier),
        data.db_max_connections * _CONNECTIONS_PERCENT / 100,
    ).for_minutes(5)
    for operation, metric in (
        ("reads", published.DATABASE_READ_LATENCY),
        ("writes", published.DATABASE_WRITE_LATENCY),
    ):
        yield average(
            f"{name}-{operation}-slow",
            f"Storage latency of the {name} is above {_STORAGE_LATENCY_SECONDS * 1000:g} ms for {operation}.",
            of_aws(metric, identifier),
            _STORAGE_LATENCY_SECONDS,
        ).for_minutes(5)


def _cache(layers: MonitoredLayers) -> Iterator[Alarm]:
    cache = layers.stores.cache
    if cache is None:
        return
    for number in range(1, layers.settings.data.cache_replicas + 2):
        # ElastiCache User Guide, "CreateReplicationGroup": the nodes of a group are numbered from 001.
        node = pulumi.Output.concat(cache.group.replication_group_id, f"-{number:03}")
        yield average(
            f"cache-{number}-cpu",
            f"The engine of cache node {number} has high CPU usage.",
            of_aws(published.CACHE_CPU, node),
            _CPU_PERCENT,
        ).for_minutes(5)
        yield highest(
            f"cache-{number}-memory",
            f"Cache node {number} is nearly full and will evict items.",
            of_aws(published.CACHE_MEMORY, node),
            _CACHE_MEMORY_PERCENT,
        ).for_minutes(5)
