"""Settings of observability: when a latency is too long, how often traces are taken, what a month may cost."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from components.observability.buckets import FINEST, LATENCY_BUCKETS
from components.settings.section import Section, matching

AnomalyMonitor = Annotated[
    str,
    matching(
        r"create|none|arn:aws:ce::[0-9]{12}:anomalymonitor/[a-f0-9-]{36}",
        "is not a monitor of unexpected costs; write create, none, or arn:aws:ce::ACCOUNT:anomalymonitor/ID",
    ),
]
# CloudWatch User Guide, "High-resolution metrics": these, or a multiple of a minute; the AWS provider takes no others.
_HIGH_RESOLUTION_PERIODS = (10, 30)
_MINUTE = 60
# A limit of ours: a billion US dollars a month is no budget of one region.
_MOST_USD = 1_000_000_000


def _period_of_an_alarm(seconds: int) -> int:
    if seconds not in _HIGH_RESOLUTION_PERIODS and seconds % _MINUTE:
        raise ValueError("is not a period of CloudWatch alarms; write 10, 30, or a multiple of 60")
    return seconds


def _bound_of_a_bucket(microseconds: int) -> int:
    if microseconds < FINEST:
        raise ValueError(
            f"is below the metric's resolution of {FINEST} us; no alarm could tell, write {FINEST} or more"
        )
    if microseconds not in LATENCY_BUCKETS:
        bounds = ", ".join(str(bound) for bound in LATENCY_BUCKETS)
        raise ValueError(f"lies between two bounds of the histogram, where shares are guesses; choose one of {bounds}")
    return microseconds


class ObservabilitySettings(Section):
    """Objectives are the same in both regions: what takes over is held to what it takes over."""

    engine_latency_objective: Annotated[int, AfterValidator(_bound_of_a_bucket)] = Field(
        1000, description="What 99 of 100 orders may take in an engine, in microseconds: a bound of the histogram."
    )
    order_latency_objective: int = Field(
        100,
        description="What 99 of 100 orders may take in order intake, calls of AWS included, in ms.",
        ge=1,
        le=28_000,
    )
    latency_alarm_period: Annotated[int, AfterValidator(_period_of_an_alarm)] = Field(
        10, description="How often latencies are judged, in seconds: 10, 30, or whole minutes.", ge=1, le=3600
    )
    latency_alarm_periods: int = Field(
        3, description="Of how many periods in a row latencies are judged together.", ge=1, le=24
    )
    latency_alarm_breaching: int = Field(
        2, description="In how many of those the objective must be missed before somebody is told.", ge=1, le=24
    )
    traced_orders_per_second: int = Field(
        10, description="Orders per second that are traced in any case, over all hosts of a region.", ge=0, le=1000
    )
    traced_orders_percent: int = Field(5, description="Share of the orders beyond those that is traced.", ge=0, le=100)
    monthly_budget: int = Field(
        35_000,
        description="What this region may cost in a month, in USD, before people are told.",
        ge=1,
        le=_MOST_USD,
    )
    cost_anomaly_monitor: AnomalyMonitor = Field(
        "create",
        description="Monitor of unexpected costs: create makes one of all services, which an account has once; the ARN "
        "of one that exists subscribes to it; none does neither, as the recovery region and members of an organization "
        "whose management account watches.",
    )
    cost_anomaly: int = Field(
        500,
        description="What an unexpected cost must amount to before people are told, in USD.",
        ge=1,
        le=_MOST_USD,
    )
