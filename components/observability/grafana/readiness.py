"""Grafana dashboard of recovery readiness, with the expected recovery time."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard

from components.data.bucket import bucket_name
from components.data.records import RecordClass
from components.data.records_replication import REPLICATION_MINUTES
from components.data.table_schemas import TableName
from components.data.tables import strong_tables
from components.observability import aws_metrics as published
from components.observability.dashboards.recovery import budget_text
from components.observability.grafana.panels import CloudWatchQuery, board, figure, graph, note
from components.observability.series import of_aws, of_function
from components.settings import Settings
from components.settings.consistency.recovery import recovery_budget
from components.settings.root import Role
from functions import metrics
from functions.metrics import Metric
from recovery.budget import RTO_SECONDS

# Grafana's wildcard for a dimension's value, for identifiers that AWS assigns.
_ANY = "*"


def readiness(settings: Settings) -> Dashboard:
    """The dashboard, equal in both regions: each panel reads the region that publishes its metric."""
    dashboard = board(
        "recovery-readiness", "Recovery readiness", "Readiness of the recovery region for a takeover.", "1m", "6h"
    )
    for panel in (
        *_observer_metrics(settings),
        note("Recovery time", budget_text(settings)),
        note("Last drill", _drill_text(settings)),
        *_replication(settings),
        *_failovers(settings),
        *_accepted_orders(settings),
    ):
        dashboard = dashboard.with_panel(panel)
    return dashboard


def _observer_metrics(settings: Settings) -> list[stat.Panel]:
    """Panels of the observers' metrics, each red from the threshold of its vote."""
    decisive = (
        ("Lease stale", metrics.LEASE_STALE_FOR, "s", "Maximum", settings.recovery.lease_stale_seconds),
        ("Primary unanswered", metrics.PRIMARY_UNANSWERED, "short", "Minimum", 1),
        ("Primary unseen", metrics.PRIMARY_UNSEEN, "short", "Minimum", 1),
        ("Differences", metrics.DIFFERENCES, "short", "Maximum", 1),
    )
    return [
        figure(title, metric.description, unit, [_observer_query(settings, metric, statistic)], above=above)
        for title, metric, unit, statistic, above in decisive
    ]


def _replication(settings: Settings) -> list[timeseries.Panel]:
    """Panels of replication lag: tables, database, records, files."""
    recovery, general = settings.recovery, settings.general
    return [
        graph(
            "Tables",
            "Lag of the primary's writes in the recovery region. Strongly consistent tables have no lag.",
            "ms",
            [
                CloudWatchQuery(
                    of_aws(published.TABLE_LAG, settings.shared_name(table), general.dr_region),
                    "Maximum",
                    general.primary_region,
                    table.value,
                )
                for table in TableName
                if table not in strong_tables(settings)
            ],
            above=recovery.replication_lag_milliseconds,
        ),
        graph(
            "Database",
            "Lag of the replica.",
            "s",
            [
                CloudWatchQuery(
                    of_aws(published.DATABASE_LAG, settings.name_in(Role.DR, "trade-history")),
                    "Maximum",
                    general.dr_region,
                    "replica",
                )
            ],
            above=recovery.replica_lag_seconds,
        ),
        graph(
            "Records",
            f"Replication latency of objects; S3 commits to {REPLICATION_MINUTES} minutes.",
            "s",
            [_late_records(settings, record) for record in RecordClass],
            above=REPLICATION_MINUTES * 60,
        ),
        graph(
            "Files",
            "Age of the replica's last synchronization.",
            "s",
            [
                CloudWatchQuery(
                    of_aws(published.FILES_LAG, _ANY, _ANY), "Maximum", general.primary_region, "shared files"
                )
            ],
        ),
    ]


def _late_records(settings: Settings, record: RecordClass) -> CloudWatchQuery:
    source, target = (bucket_name(settings, record, role) for role in (Role.PRIMARY, Role.DR))
    series = of_aws(published.OBJECTS_LAG, source, target, record.value)
    return CloudWatchQuery(series, "Maximum", settings.general.dr_region, record.value)


def _failovers(settings: Settings) -> list[timeseries.Panel]:
    """Panels of observations and failovers."""
    return [
        graph(
            "Observations",
            "One a minute; zero means that nothing observes the primary.",
            "short",
            [
                _observer_query(settings, metrics.OBSERVATIONS, "Sum"),
                _observer_query(settings, metrics.OBSERVATIONS_FAILED, "Sum"),
            ],
        ),
        graph(
            "Failovers",
            "Proposed, run, and stopped before orders were accepted, including drills.",
            "short",
            [
                _observer_query(settings, metric, "Sum")
                for metric in (metrics.FAILOVERS_ASKED_FOR, metrics.FAILOVERS_RUN, metrics.FAILOVERS_STOPPED)
            ],
        ),
    ]


def _accepted_orders(settings: Settings) -> list[timeseries.Panel]:
    """Panels that compare both regions: accepted orders, and orders that wait in the outbox."""
    return [
        graph(
            "Orders not in the stream",
            metrics.OUTBOX_OLDEST_AGE.description,
            "s",
            _in_both_regions(settings, metrics.OUTBOX_OLDEST_AGE, "Maximum"),
        ),
        graph(
            "Accepted orders",
            "In each region: two lines above zero at the same time mean two writers.",
            "short",
            _in_both_regions(settings, metrics.ORDERS_ACCEPTED, "Sum"),
        ),
    ]


def _in_both_regions(settings: Settings, metric: Metric, statistic: str) -> list[CloudWatchQuery]:
    regions = (settings.general.primary_region, settings.general.dr_region)
    return [CloudWatchQuery(of_function(metric), statistic, region, region) for region in regions]


def _observer_query(settings: Settings, metric: Metric, statistic: str) -> CloudWatchQuery:
    """A query of a metric that the recovery region publishes."""
    return CloudWatchQuery(of_function(metric), statistic, settings.general.dr_region, metric.name)


def _drill_text(settings: Settings) -> str:
    """Text about drills, with the target and the location of their reports, because a drill publishes no metric."""
    return "\n".join(
        [
            f"Target of a drill: {RTO_SECONDS:g} s from the decision to the first accepted order; the settings allow "
            f"{recovery_budget(settings).seconds:g} s.",
            "",
            "- On AWS: the FIS experiment, logged in "
            f"`/aws/fis/{settings.name_in(Role.PRIMARY, 'drill')}`; the steps are in the journal, which "
            "`python -m runbook status` shows.",
            "- In the in-memory AWS: `make rehearse` writes `build/rehearsal/report.json`, part `drill`.",
            "",
            "The panels below show accepted orders by region and time.",
        ]
    )
