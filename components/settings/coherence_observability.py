"""What the settings of observability must hold together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.settings.root import Settings

# CloudWatch API Reference, PutMetricAlarm, `EvaluationPeriods`: the longest that an alarm with periods of less than an
# hour looks back, in seconds.
_LONGEST_LOOK_BACK = 86_400


def alarms_look_back_a_day_at_most(settings: Settings) -> Iterator[tuple[str, Any, str]]:
    """Period and periods are each valid; their product may not be."""
    observability = settings.observability
    seconds = observability.latency_alarm_period * observability.latency_alarm_periods
    if seconds > _LONGEST_LOOK_BACK:
        yield (
            "latencyAlarmPeriods",
            observability.latency_alarm_periods,
            f"times latencyAlarmPeriod = {observability.latency_alarm_period} is {seconds} s; an alarm looks back "
            f"{_LONGEST_LOOK_BACK} s at most, make one of them smaller",
        )


def no_more_breaches_than_periods(settings: Settings) -> Iterator[tuple[str, Any, str]]:
    """An alarm that asks for more breaches than it looks at is never raised; CloudWatch refuses it."""
    observability = settings.observability
    if observability.latency_alarm_breaching > observability.latency_alarm_periods:
        yield (
            "latencyAlarmBreaching",
            observability.latency_alarm_breaching,
            f"is more than latencyAlarmPeriods = {observability.latency_alarm_periods}: the alarm would never be "
            "raised, make it smaller",
        )


CHECKS: tuple[Callable[[Settings], Iterator[tuple[str, Any, str]]], ...] = (
    alarms_look_back_a_day_at_most,
    no_more_breaches_than_periods,
)
