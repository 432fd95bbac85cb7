"""Alarms on order latency.

Latencies are published once a second and evaluated every `latencyAlarmPeriod` seconds (CloudWatch User Guide,
"High-resolution metrics"), because a market moves within less than a minute.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.latency.metrics import ENGINE_LATENCY
from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Comparison, Concern
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import Series, of_aws, of_engines, of_function
from components.settings import Settings
from functions import metrics

# Milliseconds that the gateway, a cached authorizer result and the network add to order intake.
_GATEWAY_ALLOWANCE_MS = 100


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """The 99th percentile of the engines, of order intake, and of the gateway before it."""
    observability = layers.settings.observability
    objective = observability.engine_latency_objective
    yield _objective_alarm(
        layers.settings,
        "engine-latency",
        f"P99 latency of the engines is above {objective} us. Check the hosts' tuning and load.",
        of_engines(ENGINE_LATENCY),
        objective,
    )
    objective = observability.order_latency_objective
    yield _objective_alarm(
        layers.settings,
        "order-latency",
        f"P99 latency of order intake is above {objective} ms. Check the traces of its stores.",
        of_function(metrics.ORDER_LATENCY),
        objective,
    )
    objective += _GATEWAY_ALLOWANCE_MS
    yield Alarm(
        "api-latency",
        f"P99 latency of the Trading API is above {objective} ms.",
        of_aws(published.API_LATENCY, layers.api.api.name, layers.api.stage.stage_name),
        objective,
        statistic="p99",
        comparison=Comparison.ABOVE,
        periods=3,
        breaching=3,
        concern=Concern.LATENCY,
    )


def _objective_alarm(settings: Settings, name: str, description: str, series: Series, objective: int) -> Alarm:
    observability = settings.observability
    return Alarm(
        name,
        description,
        series,
        objective,
        statistic="p99",
        comparison=Comparison.ABOVE,
        period=observability.latency_alarm_period,
        periods=observability.latency_alarm_periods,
        breaching=observability.latency_alarm_breaching,
        concern=Concern.LATENCY,
    )
