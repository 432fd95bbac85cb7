"""CloudWatch: log metrics, alarms and dashboards of a stack."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.layer import Layer
from components.observability.alarms.alarms import Alarms, AlarmsArgs, alarms_of
from components.observability.dashboards.dashboards import Dashboards, DashboardsArgs
from components.observability.log_filters import LogFilters, LogFiltersArgs
from components.observability.monitored_layers import MonitoredLayers


@dataclass(frozen=True)
class CloudWatchArgs:
    """`primary_side` is the provider for the primary's region, None in the primary and once this region is active."""

    layers: MonitoredLayers
    primary_side: pulumi.ProviderResource | None


class CloudWatch(Layer):
    """Metric filters, alarms and dashboards of one stack; the dashboards show the same list of alarms."""

    alarms: Alarms

    def __init__(self, name: str, args: CloudWatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:Watch", name, opts)
        layers, alarms = args.layers, alarms_of(args.layers)
        self.filters = LogFilters("log-filters", LogFiltersArgs(layers), self.child)
        self.alarms = Alarms("alarms", AlarmsArgs(layers, alarms, args.primary_side), self.child)
        self.dashboards = Dashboards("dashboards", DashboardsArgs(layers, alarms), self.child)
        self.register_outputs({})
