"""Whether the other region could take over, and what a takeover came to.

That nobody observes, and that the failover function itself fails, people are told by alarms that stand beside the
observers and the function.
"""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Combined, Comparison, Concern, Missing, Term, counted
from components.observability.series import of_aws, of_function
from components.observability.watched import Watched
from functions import metrics

_HOUR = 3600
# The endpoint answers 404 as long as this region stands by: of those that are neither, in percent.
_SWITCH_ERRORS_PERCENT = 10
# Observers look once a minute, and three of four must agree: one look that fails is bearable.
_FAILED_OBSERVATIONS_MINUTES = 5


def alarms(watched: Watched) -> Iterator[Alarm]:
    """In the recovery region, which compares both, observes the primary and takes over."""
    standby = watched.recovery.standby
    if standby is None:
        return
    yield from _compared(watched.settings.functions.integrity_interval_hours)
    endpoint = standby.endpoint
    yield from _standby(endpoint.api.name, endpoint.stage.stage_name)


def _compared(interval_hours: int) -> Iterator[Alarm]:
    """A comparison says what it found once, and what it found holds until the next one: one hour more than passes
    between two is looked at."""
    hours = interval_hours + 1
    yield (
        counted(
            "regions-differ",
            "The regions differ, by more than replication lags. The report of the comparison names the keys.",
            of_function(metrics.DIFFERENCES),
            period=_HOUR,
        )
        .for_any_of(hours)
        .pages(Concern.RECOVERY)
    )
    yield counted(
        "comparison-failed",
        "A comparison of the regions could not be finished: nobody knows whether they agree.",
        of_function(metrics.COMPARISONS_FAILED),
        period=_HOUR,
    ).for_any_of(hours)
    # A ticket: it is raised until the first comparison, and a concern that it kept raised would not tell of a failover
    # that stopped.
    yield Alarm(
        "regions-not-compared",
        f"The regions have not been compared for {hours} hours. Look at the schedule and the function.",
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
            "Observers cannot look at the primary: with too few votes its loss goes unnoticed.",
            of_function(metrics.OBSERVATIONS_FAILED),
        )
        .for_minutes(_FAILED_OBSERVATIONS_MINUTES)
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
        "The endpoint of the traffic switch fails: health checkers may not hear of a takeover.",
        share,
        _SWITCH_ERRORS_PERCENT,
        periods=3,
        breaching=3,
        concern=Concern.RECOVERY,
    )
    yield counted(
        "failover-stopped",
        "A failover ended before orders were accepted: run the runbook by hand, now.",
        of_function(metrics.FAILOVERS_STOPPED),
    ).pages(Concern.RECOVERY)
    for name, description, metric in (
        ("failover-asked-for", "A quorum of observers asks for a failover.", metrics.FAILOVERS_ASKED_FOR),
        ("failover-run", "A failover was run without a person.", metrics.FAILOVERS_RUN),
    ):
        yield counted(name, description, of_function(metric))
