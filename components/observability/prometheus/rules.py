"""All rule groups of a stack."""

from __future__ import annotations

from components.observability.prometheus.cluster_rules import cluster_alerts
from components.observability.prometheus.monitoring_rules import monitoring_alerts
from components.observability.prometheus.order_rules import order_alerts, order_recordings
from components.observability.prometheus.rule import Group
from components.observability.prometheus.trading_rules import service_rules, trading_alerts
from components.settings import Settings


def rule_groups(settings: Settings) -> list[Group]:
    """Return all rule groups of a stack."""
    return [
        order_recordings(settings),
        order_alerts(settings),
        trading_alerts(settings),
        service_rules(settings),
        cluster_alerts(),
        monitoring_alerts(),
    ]
