"""Whether what is written in one region reaches the other in time.

Each metric is watched in the region that AWS publishes it in: what a table lags and what S3 gave up where it is
written, how late objects and the database's replica are where they arrive.
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
from components.observability.replica_lag import seconds_behind
from components.observability.series import Series, of_aws
from components.observability.watched import Watched
from components.settings.root import Role

# The reader follows in its own region; who reads there reads what is that old. In seconds.
_READER_LAG_SECONDS = 30
# A lag that is over in a few minutes is a burst, not a fault.
_LAGGING_MINUTES = 5


def alarms(watched: Watched) -> Iterator[Alarm]:
    """Tables and objects that go out from here; what arrives here while this region stands by."""
    yield from _tables(watched)
    for record in RecordClass:
        yield _objects_failed(watched, record)
        if not watched.settings.is_primary:
            yield _objects_late(watched, record)
    if watched.stores.database.reader:
        yield _replica_behind(
            "database-reader-lag",
            f"The reader receives nothing, or is {_READER_LAG_SECONDS} s behind the database.",
            watched.stores.database.reader.identifier,
            _READER_LAG_SECONDS,
        )
    if watched.recovery.standby and not watched.serves:
        yield from _database(watched)


def _tables(watched: Watched) -> Iterator[Alarm]:
    """A strongly consistent table has no lag: it answers when the other region has it."""
    settings = watched.settings
    limit = settings.recovery.replication_lag_milliseconds
    strong = strong_tables(settings)
    for table in TableName:
        if table not in strong:
            yield (
                average(
                    f"table-{table}-lag",
                    f"What is written to the table {table} here reaches the other region more than {limit} ms later: a "
                    "loss of this region would lose it.",
                    of_aws(published.TABLE_LAG, watched.stores.tables.name(table), _other_region(watched)),
                    limit,
                )
                .for_minutes(_LAGGING_MINUTES)
                .pages(Concern.REPLICATION)
            )


def _objects_failed(watched: Watched, record: RecordClass) -> Alarm:
    here, there = _roles(watched)
    return counted(
        f"records-{record}-not-replicated",
        f"Objects of {record} could not be copied to the other region. Look at their replication status, and copy them "
        "with a batch job.",
        _rule(watched, published.OBJECTS_FAILED, record, here, there),
    ).pages(Concern.REPLICATION)


def _objects_late(watched: Watched, record: RecordClass) -> Alarm:
    here, there = _roles(watched)
    return (
        highest(
            f"records-{record}-late",
            f"Objects of {record} reach this region later than the {REPLICATION_MINUTES} minutes that S3 promises.",
            _rule(watched, published.OBJECTS_LAG, record, there, here),
            REPLICATION_MINUTES * 60,
        )
        .for_minutes(_LAGGING_MINUTES)
        .pages(Concern.REPLICATION)
    )


def _database(watched: Watched) -> Iterator[Alarm]:
    """Half of what counts as a sign that the primary is lost: people hear of it before an observer votes."""
    limit = watched.settings.recovery.replica_lag_seconds // 2
    yield _replica_behind(
        "database-replica-lag",
        f"The replica of the database receives nothing, or is {limit} s behind the primary's.",
        watched.stores.database.instance.identifier,
        limit,
    ).pages(Concern.REPLICATION)


def _replica_behind(name: str, description: str, identifier: pulumi.Input[str], limit: int) -> Alarm:
    lag = Term("lag", of_aws(published.DATABASE_LAG, identifier), "Maximum")
    behind = Combined(seconds_behind(lag.id, limit), "Seconds behind", (lag,))
    return Alarm(name, description, behind, limit).for_minutes(_LAGGING_MINUTES)


def _rule(watched: Watched, metric: AwsMetric, record: RecordClass, source: Role, target: Role) -> Series:
    """Names are written, not read back: neither stack needs the other's to know them."""
    settings = watched.settings
    return of_aws(metric, bucket_name(settings, record, source), bucket_name(settings, record, target), record.value)


def _roles(watched: Watched) -> tuple[Role, Role]:
    here = watched.settings.general.role
    return here, Role.DR if here is Role.PRIMARY else Role.PRIMARY


def _other_region(watched: Watched) -> str:
    general = watched.settings.general
    return general.dr_region if watched.settings.is_primary else general.primary_region
