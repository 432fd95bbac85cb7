"""What raises an alert about monitoring itself: what cannot see, and what cannot tell."""

from __future__ import annotations

from components.observability.prometheus import exporters as of
from components.observability.prometheus.rule import Alert, Group, Severity

_INTERVAL = "30s"
_NEARLY_FULL = 0.95


def monitoring_alerts() -> Group:
    """Prometheus, the operator and Alertmanager."""
    return Group(
        "monitoring",
        _INTERVAL,
        [
            Alert(
                "RuleEvaluationFails",
                f"increase({of.RULE_FAILURES.name}[5m]) > 0",
                Severity.CRITICAL,
                "Rules are not evaluated",
                "Rules of {{ $labels.rule_group }} fail: what they watch is watched by nobody.",
                hold="5m",
            ),
            Alert(
                "MetricsStorageNearlyFull",
                f"{of.BLOCKS_SIZE.name} / ({of.BLOCKS_LIMIT.name} > 0) > {_NEARLY_FULL:g}",
                Severity.WARNING,
                "Metrics outgrow their storage",
                "Metrics take {{ $value | humanizePercentage }} of their room: the oldest will go before their time.",
                hold="1h",
            ),
            Alert(
                "MonitoringConfigurationRefused",
                f"max_over_time({of.CONFIG_LOADED.name}[5m]) == 0",
                Severity.CRITICAL,
                "Prometheus refuses its configuration",
                "{{ $labels.instance }} goes on with the one before.",
                hold="5m",
            ),
            Alert(
                "MonitoringResourceRejected",
                f'sum by (resource) ({of.MANAGED_RESOURCES.name}{{state="rejected"}}) > 0',
                Severity.WARNING,
                "The operator rejects what was declared",
                "{{ $value }} objects of {{ $labels.resource }} are left out: what they declare is not monitored.",
                hold="5m",
            ),
            Alert(
                "TargetsNotDiscovered",
                f"sum by (mechanism) (increase({of.DISCOVERY_FAILURES.name}[10m])) > 0",
                Severity.CRITICAL,
                "Prometheus does not learn where engines and services are",
                "Lists of targets by {{ $labels.mechanism }} cannot be got: new ones are not scraped.",
                hold="10m",
            ),
            Alert(
                "AlertmanagerGone",
                f"max_over_time({of.ALERTMANAGERS.name}[5m]) < 1 or increase({of.ALERTS_DROPPED.name}[5m]) > 0",
                Severity.CRITICAL,
                "Alerts get no further than Prometheus",
                "No Alertmanager takes the alerts of {{ $labels.instance }}.",
                hold="5m",
            ),
            Alert(
                "NotificationsFail",
                f"sum by (integration) (increase({of.NOTIFICATIONS_FAILED.name}[5m])) > 0",
                Severity.CRITICAL,
                "Alerts do not reach people",
                "Alertmanager cannot notify by {{ $labels.integration }}.",
                hold="5m",
            ),
        ],
    )
