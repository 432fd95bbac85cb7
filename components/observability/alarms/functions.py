"""Alarms on functions: errors, throttles and used concurrency."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Concern, counted, highest
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws

# Functions that handle orders. The failover function has an alarm of its own (`components.recovery.failover`).
_ORDER_PATH = ("order-intake", "authorizer")
_WATCHED_ELSEWHERE = ("failover",)
# Percent of the reserved concurrency: above that, the next burst is likely to be throttled.
_BUSY_PERCENT = 80


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Errors and throttles of every function, and the used concurrency of those that handle orders."""
    for name, function in layers.functions_with_logs.items():
        if name not in _WATCHED_ELSEWHERE:
            yield from _function(name, function.function.name)
    functions = layers.settings.functions
    reserved = {"order-intake": functions.order_intake_concurrency, "authorizer": functions.authorizer_concurrency}
    for name, most in reserved.items():
        yield highest(
            f"{name}-busy",
            f"The function {name} uses {_BUSY_PERCENT} % of its reserved concurrency ({most}): raise it.",
            of_aws(published.FUNCTION_CONCURRENCY, layers.functions_with_logs[name].function.name),
            most * _BUSY_PERCENT / 100,
        ).for_minutes(2, of=3)


def _function(name: str, function: pulumi.Input[str]) -> Iterator[Alarm]:
    for suffix, metric, said in (
        ("errors", published.FUNCTION_ERRORS, "fails"),
        ("throttled", published.FUNCTION_THROTTLES, "is throttled: its concurrency is exhausted"),
    ):
        alarm = counted(f"{name}-{suffix}", f"The function {name} {said}.", of_aws(metric, function))
        if name in _ORDER_PATH:
            yield alarm.for_minutes(2, of=3).pages(Concern.ORDERS)
        else:
            yield alarm
