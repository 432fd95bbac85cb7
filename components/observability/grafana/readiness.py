"""The dashboard of recovery: whether the other region could take over, and how long that would take."""

from __future__ import annotations

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
    recovery, general = settings.recovery, settings.general
    lag = recovery.replication_lag_milliseconds
    return (
        board(
            "recovery-readiness", "Recovery readiness", "Whether the recovery region could take over now.", "1m", "6h"
        )
        .with_panel(
            figure(
                "Lease stale",
                metrics.LEASE_STALE_FOR.description,
                "s",
                [_observed(settings, metrics.LEASE_STALE_FOR, "Maximum")],
                above=recovery.lease_stale_seconds,
            )
        )
        .with_panel(
            figure(
                "Primary unanswered",
                metrics.PRIMARY_UNANSWERED.description,
                "short",
                [_observed(settings, metrics.PRIMARY_UNANSWERED, "Minimum")],
                above=1,
            )
        )
        .with_panel(
            figure(
                "Primary unseen",
                metrics.PRIMARY_UNSEEN.description,
                "short",
                [_observed(settings, metrics.PRIMARY_UNSEEN, "Minimum")],
                above=1,
            )
        )
        .with_panel(
            figure(
                "Differences",
                metrics.DIFFERENCES.description,
                "short",
                [_observed(settings, metrics.DIFFERENCES, "Maximum")],
                above=1,
            )
        )
        .with_panel(note("Recovery time", budget_text(settings)))
        .with_panel(note("Last drill", _drill_text(settings)))
        .with_panel(
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
                above=lag,
            )
        )
        .with_panel(
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
            )
        )
        .with_panel(
            graph(
                "Records",
                f"How late objects arrive; S3 promises {REPLICATION_MINUTES} minutes.",
                "s",
                [
                    CloudWatchQuery(
                        of_aws(
                            published.OBJECTS_LAG,
                            bucket_name(settings, record, Role.PRIMARY),
                            bucket_name(settings, record, Role.DR),
                            record.value,
                        ),
                        "Maximum",
                        general.dr_region,
                        record.value,
                    )
                    for record in RecordClass
                ],
                above=REPLICATION_MINUTES * 60,
            )
        )
        .with_panel(
            graph(
                "Files",
                "How long ago what the replica holds was the truth.",
                "s",
                [
                    CloudWatchQuery(
                        of_aws(published.FILES_LAG, _ANY, _ANY), "Maximum", general.primary_region, "shared files"
                    )
                ],
            )
        )
        .with_panel(
            graph(
                "Observations",
                "One a minute; none is blindness, not health.",
                "short",
                [
                    _observed(settings, metrics.OBSERVATIONS, "Sum"),
                    _observed(settings, metrics.OBSERVATIONS_FAILED, "Sum"),
                ],
            )
        )
        .with_panel(
            graph(
                "Failovers",
                "Asked for, run, and stopped before orders were accepted: those of drills as well.",
                "short",
                [
                    _observed(settings, metric, "Sum")
                    for metric in (metrics.FAILOVERS_ASKED_FOR, metrics.FAILOVERS_RUN, metrics.FAILOVERS_STOPPED)
                ],
            )
        )
        .with_panel(
            graph(
                "Orders not in the stream",
                metrics.OUTBOX_OLDEST_AGE.description,
                "s",
                [
                    CloudWatchQuery(of_function(metrics.OUTBOX_OLDEST_AGE), "Maximum", region, region)
                    for region in (general.primary_region, general.dr_region)
                ],
            )
        )
        .with_panel(
            graph(
                "Accepted orders",
                "In either region: two lines above zero at one time are two writers.",
                "short",
                [
                    CloudWatchQuery(of_function(metrics.ORDERS_ACCEPTED), "Sum", region, region)
                    for region in (general.primary_region, general.dr_region)
                ],
            )
        )
    )


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
