"""Alarms on readiness for a takeover, and on its result.

Alarms on missing observations and on a failing failover function are declared with the observers and the function
(`components.recovery`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Combined, Comparison, Concern, Missing, Term, counted
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws, of_function
from functions import metrics

_HOUR = 3600
# Percent of answers. The endpoint answers 404 while this region is in standby, so 4xx is expected; other errors are
# not.
_SWITCH_ERRORS_PERCENT = 10
# Failed observations in a row. Observers run once a minute and three of four must agree, so one failure is tolerable.
_FAILED_OBSERVATIONS_MINUTES = 5
# Minutes in a row. A function that was inactive answers within two or three.
_UNANSWERED_MINUTES = 5


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Alarms of the recovery region, which compares both regions, observes the primary and takes over."""
    standby = layers.recovery.standby
    if standby is None:
        return
    yield from _compared(layers.settings.functions.integrity_interval_hours)
    endpoint = standby.endpoint
    yield from _standby(endpoint.api.name, endpoint.stage.stage_name)


def _compared(interval_hours: int) -> Iterator[Alarm]:
    """Alarms on the comparison. It publishes its result once, and the result stays valid until the next one: the alarm
    looks back one hour longer than the interval."""
    hours = interval_hours + 1
    yield (
        counted(
            "regions-differ",
            "The regions differ by more than replication lag. The comparison's report names the keys.",
            of_function(metrics.DIFFERENCES),
            period=_HOUR,
        )
        .for_any_of(hours)
        .pages(Concern.RECOVERY)
    )
    yield counted(
        "comparison-failed",
        "A comparison of the regions did not complete: whether they agree is unknown.",
        of_function(metrics.COMPARISONS_FAILED),
        period=_HOUR,
    ).for_any_of(hours)
    # A ticket and not part of a concern: it is in ALARM until the first comparison, and would keep the concern in ALARM
    # when a failover stops.
    yield Alarm(
        "regions-not-compared",
        f"The regions have not been compared for {hours} hours. Check the schedule and the function.",
        of_function(metrics.ENTRIES_COMPARED),
        1,
        statistic="SampleCount",
        comparison=Comparison.BELOW,
        period=_HOUR,
        periods=hours,
        breaching=hours,
        missing=Missing.BREACH,
    )


def _standby(api: pulumi.Input[str], stage: pulumi.Input[str]) -> Iterator[Alarm]:
    yield (
        counted(
            "observations-failed",
            "Observations of the primary fail: with too few votes its loss goes undetected.",
            of_function(metrics.OBSERVATIONS_FAILED),
        )
        .for_minutes(_FAILED_OBSERVATIONS_MINUTES)
        .pages(Concern.RECOVERY)
    )
    yield (
        counted(
            "standby-unanswered",
            "The recovery region's own API does not answer: after a takeover no client could enter an order.",
            of_function(metrics.STANDBY_UNANSWERED),
        )
        .for_minutes(_UNANSWERED_MINUTES)
        .pages(Concern.RECOVERY)
    )
    share = Combined(
        "IF(requests > 0, 100 * errors / requests, 0)",
        "Percent of requests",
        (
            Term("errors", of_aws(published.API_SERVER_ERRORS, api, stage), "Sum"),
            Term("requests", of_aws(published.API_REQUESTS, api, stage), "Sum"),
        ),
    )
    yield Alarm(
        "switch-errors",
        "The traffic switch endpoint fails: health checkers may not detect a takeover.",
        share,
        _SWITCH_ERRORS_PERCENT,
        periods=3,
        breaching=3,
        concern=Concern.RECOVERY,
    )
    yield counted(
        "failover-stopped",
        "A failover ended before orders were accepted: run the runbook manually, now.",
        of_function(metrics.FAILOVERS_STOPPED),
    ).pages(Concern.RECOVERY)
    for name, description, metric in (
        (
            "failover-asked-for",
            "A quorum of observers misses the primary: a failover is proposed.",
            metrics.FAILOVERS_ASKED_FOR,
        ),
        ("failover-run", "An automatic failover ran.", metrics.FAILOVERS_RUN),
    ):
        yield counted(name, description, of_function(metric))
