"""The dashboard of recovery: whether the other region could take over, and how long that would take."""

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
from components.settings.coherence_recovery import recovery_budget
from components.settings.root import Role
from functions import metrics
from functions.metrics import Metric
from recovery.budget import RTO_SECONDS

# Grafana's word for whichever value a dimension has: identifiers that AWS chooses.
_ANY = "*"


def readiness(settings: Settings) -> Dashboard:
    """The same in either region: each metric is read in the region that publishes it."""
    dashboard = board(
        "recovery-readiness", "Recovery readiness", "Whether the recovery region could take over now.", "1m", "6h"
    )
    for panel in (
        *_verdicts(settings),
        note("Recovery time", budget_text(settings)),
        note("Last drill", _drill_text(settings)),
        *_replication(settings),
        *_failovers(settings),
        *_writers(settings),
    ):
        dashboard = dashboard.with_panel(panel)
    return dashboard


def _verdicts(settings: Settings) -> list[stat.Panel]:
    """What decides on a failover, each red from where it speaks for one."""
    decisive = (
        ("Lease stale", metrics.LEASE_STALE_FOR, "s", "Maximum", settings.recovery.lease_stale_seconds),
        ("Primary unanswered", metrics.PRIMARY_UNANSWERED, "short", "Minimum", 1),
        ("Primary unseen", metrics.PRIMARY_UNSEEN, "short", "Minimum", 1),
        ("Differences", metrics.DIFFERENCES, "short", "Maximum", 1),
    )
    return [
        figure(title, metric.description, unit, [_observed(settings, metric, statistic)], above=above)
        for title, metric, unit, statistic, above in decisive
    ]


def _replication(settings: Settings) -> list[timeseries.Panel]:
    """How late the recovery region has what the primary writes: tables, database, records, files."""
    recovery, general = settings.recovery, settings.general
    return [
        graph(
            "Tables",
            "How late the recovery region has what the primary writes. Strongly consistent tables have no lag.",
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
            "How far its replica is behind.",
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
            f"How late objects arrive; S3 promises {REPLICATION_MINUTES} minutes.",
            "s",
            [_late_records(settings, record) for record in RecordClass],
            above=REPLICATION_MINUTES * 60,
        ),
        graph(
            "Files",
            "How long ago what the replica holds was the truth.",
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
    """Whether anything watches, and what it has done."""
    return [
        graph(
            "Observations",
            "One a minute; none is blindness, not health.",
            "short",
            [
                _observed(settings, metrics.OBSERVATIONS, "Sum"),
                _observed(settings, metrics.OBSERVATIONS_FAILED, "Sum"),
            ],
        ),
        graph(
            "Failovers",
            "Asked for, run, and stopped before orders were accepted: those of drills as well.",
            "short",
            [
                _observed(settings, metric, "Sum")
                for metric in (metrics.FAILOVERS_ASKED_FOR, metrics.FAILOVERS_RUN, metrics.FAILOVERS_STOPPED)
            ],
        ),
    ]


def _writers(settings: Settings) -> list[timeseries.Panel]:
    """Both regions side by side: what each accepts, and what it has not passed on."""
    return [
        graph(
            "Orders not in the stream",
            metrics.OUTBOX_OLDEST_AGE.description,
            "s",
            _in_both_regions(settings, metrics.OUTBOX_OLDEST_AGE, "Maximum"),
        ),
        graph(
            "Accepted orders",
            "In either region: two lines above zero at one time are two writers.",
            "short",
            _in_both_regions(settings, metrics.ORDERS_ACCEPTED, "Sum"),
        ),
    ]


def _in_both_regions(settings: Settings, metric: Metric, statistic: str) -> list[CloudWatchQuery]:
    regions = (settings.general.primary_region, settings.general.dr_region)
    return [CloudWatchQuery(of_function(metric), statistic, region, region) for region in regions]


def _observed(settings: Settings, metric: Metric, statistic: str) -> CloudWatchQuery:
    """The recovery region publishes it, whichever region one looks from."""
    return CloudWatchQuery(of_function(metric), statistic, settings.general.dr_region, metric.name)


def _drill_text(settings: Settings) -> str:
    """A drill leaves a report, not a metric: where it stands, and what it is held to."""
    return "\n".join(
        [
            f"A drill is held to {RTO_SECONDS:g} s from the decision to the first accepted order; the settings allow "
            f"{recovery_budget(settings).seconds:g} s.",
            "",
            "- On the real platform: the experiment of AWS FIS, logged in "
            f"`/aws/fis/{settings.name_in(Role.PRIMARY, 'drill')}`; the moves themselves are in the journal, which "
            "`python -m runbook status` reads.",
            "- In the in-memory AWS: `make rehearse` writes `build/rehearsal/report.json`, part `drill`.",
            "",
            "What was accepted, where and when, is in the panels below.",
        ]
    )
