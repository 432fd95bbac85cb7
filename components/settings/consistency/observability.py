"""Checks of the settings of observability against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.settings.consistency.problem import Check, Problems

if TYPE_CHECKING:
    from components.settings.root import Settings


def an_objective_ends_before_the_time_out(settings: Settings) -> Problems:
    """A request that Lambda stops publishes no latency: none longer than that is ever seen."""
    objective, timeout = settings.observability.order_latency_objective, settings.functions.order_intake_timeout
    if objective >= timeout * 1000:
        yield (
            "orderLatencyObjective",
            objective,
            f"is not below orderIntakeTimeout = {timeout} s, where no order is measured any more; make it smaller",
        )


def no_more_breaches_than_periods(settings: Settings) -> Problems:
    """An alarm that asks for more breaches than it looks at is never raised; CloudWatch refuses it."""
    observability = settings.observability
    if observability.latency_alarm_breaching > observability.latency_alarm_periods:
        yield (
            "latencyAlarmBreaching",
            observability.latency_alarm_breaching,
            f"is more than latencyAlarmPeriods = {observability.latency_alarm_periods}: the alarm would never be "
            "raised, make it smaller",
        )


CHECKS: tuple[Check, ...] = (
    an_objective_ends_before_the_time_out,
    no_more_breaches_than_periods,
)
