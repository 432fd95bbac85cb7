"""The component that declares the dashboards of a stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.observability.alarms.spec import Alarm
from components.observability.dashboards import health, recovery, trading
from components.observability.dashboards.widgets import body
from components.observability.monitored_layers import MonitoredLayers


@dataclass(frozen=True)
class DashboardsArgs:
    """`alarms` are those that the stack declares."""

    layers: MonitoredLayers
    alarms: Sequence[Alarm]


class Dashboards(Layer):
    """Dashboards of trading, recovery and platform health. Each region's dashboards show its own metrics. The recovery
    dashboard is the same in both regions, and includes the primary as the recovery region observes it."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:Dashboards", name, opts)
        settings = args.layers.settings
        contents = {
            "trading": trading.rows(args.layers),
            "recovery": recovery.rows(args.layers),
            "health": health.rows(args.layers, args.alarms),
        }
        for dashboard, rows in contents.items():
            aws.cloudwatch.Dashboard(
                dashboard,
                dashboard_name=settings.name(dashboard),
                dashboard_body=pulumi.Output.json_dumps(body(rows, settings.region.name)),
                opts=self.child,
            )
        self.register_outputs({})
