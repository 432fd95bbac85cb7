"""A metric under the dimensions of one thing: what an alarm watches and a dashboard draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.latency import metrics as engine_metrics
from components.observability.aws_metrics import AwsMetric
from components.observability.log_metrics import LogMetric
from functions import metrics as function_metrics

# Seconds. CloudWatch keeps high-resolution metrics by the second, and what services publish by the minute
# (CloudWatch User Guide, "Metrics concepts", Resolution).
_HIGH_RESOLUTION, _STANDARD_RESOLUTION = 1, 60


@dataclass(frozen=True)
class Series:
    """`resolution` is in seconds. `unit` is None where the publisher is AWS: PutMetricAlarm recommends to leave it out,
    since an alarm with a unit sees nothing of a metric that comes in another; what the platform publishes itself
    comes in the unit that its catalogue says."""

    namespace: str
    name: str
    unit: str | None
    resolution: int
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


def of_aws(metric: AwsMetric, *values: pulumi.Input[str]) -> Series:
    """A metric of AWS, with a value for each of its dimensions in their order."""
    return Series(metric.namespace, metric.name, None, _STANDARD_RESOLUTION, metric.under(*values))


def of_function(metric: function_metrics.Metric) -> Series:
    """A metric that one of the functions publishes."""
    return Series(metric.namespace, metric.name, metric.unit, metric.resolution, metric.dimensions)


def of_engines(metric: engine_metrics.Metric) -> Series:
    """A metric that every engine publishes, over all of them."""
    return Series(metric.namespace, metric.name, metric.unit, _HIGH_RESOLUTION, metric.dimensions)


def of_logs(metric: LogMetric) -> Series:
    """A metric that CloudWatch Logs counts; filters of today count by the minute."""
    return Series(metric.namespace, metric.name, metric.unit, _STANDARD_RESOLUTION)
