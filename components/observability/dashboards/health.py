"""Health dashboard: all alarms of the stack, and graphs of functions, stores and network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pulumi

from components.network.firewall import ALL_RULES
from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Concern
from components.observability.aws_metrics import AwsMetric
from components.observability.dashboards.widgets import MOST_ALARMS, Alarms, Graph, Line, Rows, Widget
from components.observability.series import of_aws
from components.observability.watched import Watched


def rows(watched: Watched, alarms: Sequence[Alarm]) -> Rows:
    """Rows: composite alarms, their child alarms, tickets, then graphs."""
    return [
        [
            Alarms("Concerns", [_arn(watched, _name(watched, concern)) for concern in Concern if _of(alarms, concern)]),
            Alarms("Fleet, drills, failover", [_arn(watched, name) for name in watched.acting]),
        ],
        *([widget] for widget in _states(watched, alarms)),
        [
            _functions(watched, "Function errors", published.FUNCTION_ERRORS, "Sum"),
            _functions(watched, "Functions running", published.FUNCTION_CONCURRENCY, "Maximum"),
            _functions(watched, "Function duration", published.FUNCTION_DURATION, "p99"),
        ],
        [
            _databases(watched, "Database CPU", published.DATABASE_CPU),
            _databases(watched, "Database connections", published.DATABASE_CONNECTIONS),
            _firewall(watched),
        ],
        [_balancer(watched), _ways_out(watched)],
    ]


def _states(watched: Watched, alarms: Sequence[Alarm]) -> Iterator[Widget]:
    for concern in (*Concern, None):
        found = [_arn(watched, _name(watched, alarm.name)) for alarm in _of(alarms, concern)]
        for start in range(0, len(found), MOST_ALARMS):
            title = f"{concern or 'tickets'}{f', from {start + 1}' if start else ''}"
            yield Alarms(title, found[start : start + MOST_ALARMS])


def _of(alarms: Sequence[Alarm], concern: Concern | None) -> list[Alarm]:
    return [alarm for alarm in alarms if alarm.concern is concern]


def _name(watched: Watched, name: str) -> str:
    return watched.settings.name(name)


def _arn(watched: Watched, name: pulumi.Input[str]) -> pulumi.Output[str]:
    settings = watched.settings
    prefix = f"arn:aws:cloudwatch:{settings.region.name}:{settings.general.account_id}:alarm:"
    return pulumi.Output.concat(prefix, name)


def _functions(watched: Watched, title: str, metric: AwsMetric, statistic: str) -> Graph:
    lines = (
        Line(of_aws(metric, function.function.name), statistic, name) for name, function in watched.logging.items()
    )
    return Graph(title, metric.unit, tuple(lines))


def _databases(watched: Watched, title: str, metric: AwsMetric) -> Graph:
    lines = (Line(of_aws(metric, instance.identifier), "Average", name) for name, instance in watched.databases.items())
    return Graph(title, metric.unit, tuple(lines))


def _firewall(watched: Watched) -> Graph:
    acl = watched.network.firewall.metric_name
    blocked = of_aws(published.REQUESTS_BLOCKED, acl, watched.settings.region.name, ALL_RULES)
    return Graph("Requests blocked by the firewall", "Count", (Line(blocked, "Sum", "blocked"),))


def _balancer(watched: Watched) -> Graph:
    latency = of_aws(published.API_TARGET_LATENCY, watched.balancers.api.balancer.arn_suffix)
    return Graph(
        "Latency of the trading services",
        published.API_TARGET_LATENCY.unit,
        tuple(Line(latency, percentile, percentile) for percentile in ("p50", "p99")),
    )


def _ways_out(watched: Watched) -> Graph:
    hub = watched.network.hub.gateway.id
    gateways = watched.network.vpc.nat_gateways
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
