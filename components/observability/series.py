"""A metric with dimension values, as alarms and dashboards use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.latency import metrics as engine_metrics
from components.observability.aws_metrics import AwsMetric
from components.observability.log_metrics import LogMetric
from functions import metrics as function_metrics

# Seconds. CloudWatch stores high-resolution metrics by the second, and metrics of AWS services by the minute
# (CloudWatch User Guide, "Metrics concepts", Resolution).
_HIGH_RESOLUTION, _STANDARD_RESOLUTION = 1, 60


@dataclass(frozen=True)
class Series:
    """`resolution` is in seconds. `unit` is None for AWS's metrics: PutMetricAlarm recommends to omit it, because an
    alarm with a unit ignores data in another unit. The platform's own metrics have the unit of their catalogue."""

    namespace: str
    name: str
    unit: str | None
    resolution: int
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


def of_aws(metric: AwsMetric, *values: pulumi.Input[str]) -> Series:
    """A metric of AWS, with a value for each dimension in their order."""
    return Series(metric.namespace, metric.name, None, _STANDARD_RESOLUTION, metric.under(*values))


def of_function(metric: function_metrics.Metric) -> Series:
    """A metric that one of the functions publishes."""
    return Series(metric.namespace, metric.name, metric.unit, metric.resolution, metric.dimensions)


def of_engines(metric: engine_metrics.Metric) -> Series:
    """A metric that every engine publishes, aggregated over all of them."""
    return Series(metric.namespace, metric.name, metric.unit, _HIGH_RESOLUTION, metric.dimensions)


def of_logs(metric: LogMetric) -> Series:
    """A metric that CloudWatch Logs derives from a filter, by the minute."""
    return Series(metric.namespace, metric.name, metric.unit, _STANDARD_RESOLUTION)
