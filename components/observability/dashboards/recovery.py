"""Recovery dashboard: readiness for a takeover and its expected duration, the same in either region."""

from __future__ import annotations

from components.data.bucket import bucket_name
from components.data.records import RecordClass
from components.data.table_schemas import TableName
from components.data.tables import strong_tables
from components.edge.api import STAGE
from components.observability import aws_metrics as published
from components.observability.dashboards.trading import (
    engine_latency,
    order_latency,
    orders_entered,
    orders_refused,
)
from components.observability.dashboards.widgets import Graph, Line, Rows, Text
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws, of_function
from components.settings import Settings
from components.settings.consistency.recovery import OBSERVED_EVERY_SECONDS, recovery_budget
from components.settings.root import Role
from functions import metrics
from functions.metrics import Metric
from recovery.budget import RTO_SECONDS


def rows(layers: MonitoredLayers) -> Rows:
    """Rows: readiness, replication in progress, then the primary as the recovery region observes it."""
    settings = layers.settings
    primary = settings.general.primary_region
    return [
        [Text(budget_text(settings)), _lease(settings), _votes(settings)],
        [_tables(settings), _objects(settings), _database(settings)],
        [_comparisons(settings), _observations(settings), _failovers(settings)],
        [orders_entered(primary), orders_refused(primary), _primary_api(settings)],
        [order_latency(layers, primary), engine_latency(layers, primary)],
    ]


def budget_text(settings: Settings) -> str:
    """Terms of the recovery time as a table in Markdown."""
    found = recovery_budget(settings)
    terms = [*found.terms, found.detection]
    lines = [f"| {term.name} | {term.seconds:g} |" for term in terms[:-1]]
    return "\n".join(
        [
            f"## Recovery time: {found.seconds:g} of {RTO_SECONDS:g} s",
            "From the decision to the first accepted order: the upper bound from settings (computed, not measured).",
            "",
            "| term | s |",
            "|---|---|",
            *lines,
            "",
            f"Before the decision: {terms[-1].name} {terms[-1].seconds:g} s.",
        ]
    )


def _lease(settings: Settings) -> Graph:
    return _recovery_region_graph(
        settings,
        "Lease not extended",
        metrics.LEASE_STALE_FOR.unit,
        (metrics.LEASE_STALE_FOR,),
        "Maximum",
        settings.recovery.lease_stale_seconds,
    )


def _votes(settings: Settings) -> Graph:
    votes = (metrics.PRIMARY_UNANSWERED, metrics.PRIMARY_UNSEEN)
    return _recovery_region_graph(settings, "Observers that do not reach the primary", "Count", votes, "Minimum", 1)


def _observations(settings: Settings) -> Graph:
    made = (metrics.OBSERVATIONS, metrics.OBSERVATIONS_FAILED)
    return _recovery_region_graph(settings, "Observations", "Count", made, "Sum")


def _comparisons(settings: Settings) -> Graph:
    found = (metrics.DIFFERENCES, metrics.COMPARISONS_FAILED, metrics.ENTRIES_COMPARED)
    return _recovery_region_graph(settings, "Comparisons of the regions", "Count", found, "Sum", period=3600)


def _failovers(settings: Settings) -> Graph:
    counted = (metrics.FAILOVERS_ASKED_FOR, metrics.FAILOVERS_RUN, metrics.FAILOVERS_STOPPED)
    return _recovery_region_graph(settings, "Failovers", "Count", counted, "Sum")


def _recovery_region_graph(
    settings: Settings,
    title: str,
    unit: str,
    shown: tuple[Metric, ...],
    statistic: str,
    limit: float | None = None,
    period: int = OBSERVED_EVERY_SECONDS,
) -> Graph:
    """A graph of a metric that the recovery region publishes, viewed from either region."""
    lines = tuple(Line(of_function(metric), statistic, metric.name) for metric in shown)
    return Graph(title, unit, lines, settings.general.dr_region, limit, period)


def _tables(settings: Settings) -> Graph:
    """Replication lag of the primary's writes; DynamoDB publishes it in the primary's region."""
    general, strong = settings.general, strong_tables(settings)
    lines = tuple(
        Line(of_aws(published.TABLE_LAG, settings.shared_name(table), general.dr_region), "Maximum", table.value)
        for table in TableName
        if table not in strong
    )
    limit = settings.recovery.replication_lag_milliseconds
    return Graph("Tables: lag of the recovery region", "Milliseconds", lines, general.primary_region, limit)


def _objects(settings: Settings) -> Graph:
    def line(record: RecordClass) -> Line:
        source, target = (bucket_name(settings, record, role) for role in (Role.PRIMARY, Role.DR))
        return Line(of_aws(published.OBJECTS_PENDING, source, target, record.value), "Maximum", record.value)

    lines = tuple(line(record) for record in RecordClass)
    return Graph("Objects pending replication", "Count", lines, settings.general.dr_region)


def _database(settings: Settings) -> Graph:
    replica = settings.name_in(Role.DR, "trade-history")
    return Graph(
        "Database: lag of the replica",
        "Seconds",
        (Line(of_aws(published.DATABASE_LAG, replica), "Maximum", "replica"),),
        settings.general.dr_region,
        settings.recovery.replica_lag_seconds,
    )


def _primary_api(settings: Settings) -> Graph:
    api = (settings.name_in(Role.PRIMARY, "api"), STAGE)
    return Graph(
        "Trading API of the primary",
        "Count",
        (
            Line(of_aws(published.API_REQUESTS, *api), "Sum", "requests"),
            Line(of_aws(published.API_SERVER_ERRORS, *api), "Sum", "5xx"),
        ),
        settings.general.primary_region,
    )
