"""Health dashboard: all alarms of the stack, and graphs of functions, stores and network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pulumi

from components.network.firewall import ALL_RULES
from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Concern
from components.observability.aws_metrics import AwsMetric
from components.observability.dashboards.widgets import MOST_ALARMS, Alarms, Graph, Line, Rows, Widget
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws


def rows(layers: MonitoredLayers, alarms: Sequence[Alarm]) -> Rows:
    """Rows: composite alarms, their child alarms, tickets, then graphs."""
    return [
        [
            Alarms(
                "Concerns",
                [_arn(layers, _name(layers, concern)) for concern in Concern if _alarms_of_concern(alarms, concern)],
            ),
            Alarms("Fleet, drills, failover", [_arn(layers, name) for name in layers.action_alarms]),
        ],
        *([widget] for widget in _states(layers, alarms)),
        [
            _functions(layers, "Function errors", published.FUNCTION_ERRORS, "Sum"),
            _functions(layers, "Functions running", published.FUNCTION_CONCURRENCY, "Maximum"),
            _functions(layers, "Function duration", published.FUNCTION_DURATION, "p99"),
        ],
        [
            _databases(layers, "Database CPU", published.DATABASE_CPU),
            _databases(layers, "Database connections", published.DATABASE_CONNECTIONS),
            _firewall(layers),
        ],
        [_balancer(layers), _network_paths(layers)],
    ]


def _states(layers: MonitoredLayers, alarms: Sequence[Alarm]) -> Iterator[Widget]:
    for concern in (*Concern, None):
        found = [_arn(layers, _name(layers, alarm.name)) for alarm in _alarms_of_concern(alarms, concern)]
        for start in range(0, len(found), MOST_ALARMS):
            title = f"{concern or 'tickets'}{f', from {start + 1}' if start else ''}"
            yield Alarms(title, found[start : start + MOST_ALARMS])


def _alarms_of_concern(alarms: Sequence[Alarm], concern: Concern | None) -> list[Alarm]:
    return [alarm for alarm in alarms if alarm.concern is concern]


def _name(layers: MonitoredLayers, name: str) -> str:
    return layers.settings.name(name)


def _arn(layers: MonitoredLayers, name: pulumi.Input[str]) -> pulumi.Output[str]:
    settings = layers.settings
    prefix = f"arn:aws:cloudwatch:{settings.region.name}:{settings.general.account_id}:alarm:"
    return pulumi.Output.concat(prefix, name)


def _functions(layers: MonitoredLayers, title: str, metric: AwsMetric, statistic: str) -> Graph:
    lines = (
        Line(of_aws(metric, function.function.name), statistic, name)
        for name, function in layers.functions_with_logs.items()
    )
    return Graph(title, metric.unit, tuple(lines))


def _databases(layers: MonitoredLayers, title: str, metric: AwsMetric) -> Graph:
    lines = (Line(of_aws(metric, instance.identifier), "Average", name) for name, instance in layers.databases.items())
    return Graph(title, metric.unit, tuple(lines))


def _firewall(layers: MonitoredLayers) -> Graph:
    acl = layers.network.firewall.metric_name
    blocked = of_aws(published.REQUESTS_BLOCKED, acl, layers.settings.region.name, ALL_RULES)
    return Graph("Requests blocked by the firewall", "Count", (Line(blocked, "Sum", "blocked"),))


def _balancer(layers: MonitoredLayers) -> Graph:
    latency = of_aws(published.API_TARGET_LATENCY, layers.balancers.api.balancer.arn_suffix)
    return Graph(
        "Latency of the trading services",
        published.API_TARGET_LATENCY.unit,
        tuple(Line(latency, percentile, percentile) for percentile in ("p50", "p99")),
    )


def _network_paths(layers: MonitoredLayers) -> Graph:
    hub = layers.network.hub.gateway.id
    gateways = layers.network.vpc.nat_gateways
    return Graph(
        "Packets and connections dropped",
        "Count",
        (
            *(
                Line(of_aws(published.NAT_PORTS_EXHAUSTED, gateway.id), "Sum", f"NAT {zone}")
                for zone, gateway in gateways.items()
            ),
            Line(of_aws(published.HUB_UNROUTED, hub), "Sum", "hub, no route"),
            Line(of_aws(published.HUB_BLACKHOLED, hub), "Sum", "hub, attachment deleted"),
        ),
    )
