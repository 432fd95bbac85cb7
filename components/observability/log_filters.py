"""Metric filters of CloudWatch Logs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.observability import log_metrics
from components.observability.log_metrics import LogMetric
from components.observability.monitored_layers import MonitoredLayers


@dataclass(frozen=True)
class LogFiltersArgs:
    """Sources of the logs."""

    layers: MonitoredLayers


class LogFilters(Layer):
    """Filters for errors of all functions, refused callers of the Trading API, and in the primary security events."""

    def __init__(self, name: str, args: LogFiltersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:LogFilters", name, opts)
        layers, settings = args.layers, args.layers.settings
        self._settings = settings
        for purpose, function in layers.functions_with_logs.items():
            self._count(log_metrics.errors_logged(purpose), function.log_group)
        for metric in (log_metrics.CALLERS_REFUSED, log_metrics.CALLERS_THROTTLED):
            self._count(metric, layers.api.logs.access)
        if layers.trail:
            for metric in log_metrics.TRAIL:
                self._count(metric, layers.trail.log_group)
        self.register_outputs({})

    def _count(self, metric: LogMetric, log_group: aws.cloudwatch.LogGroup) -> None:
        aws.cloudwatch.LogMetricFilter(
            metric.name,
            name=self._settings.name(metric.name),
            log_group_name=log_group.name,
            pattern=metric.pattern,
            metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                namespace=metric.namespace, name=metric.name, value="1", default_value="0", unit=metric.unit
            ),
            opts=self.child,
        )
