"""Alerts on monitoring itself: failures of scraping, evaluation and notification."""

from __future__ import annotations

from components.observability.prometheus import exporters as of
from components.observability.prometheus.rule import Alert, Group, Severity

_INTERVAL = "30s"
_NEARLY_FULL = 0.95


def monitoring_alerts() -> Group:
    """Alerts on Prometheus, the operator and Alertmanager."""
    return Group(
        "monitoring",
        _INTERVAL,
        [
            Alert(
                "RuleEvaluationFails",
                f"increase({of.RULE_FAILURES.name}[5m]) > 0",
                Severity.CRITICAL,
                "Rules fail to evaluate",
                "Rules of {{ $labels.rule_group }} fail: their alerts cannot fire.",
                hold="5m",
            ),
            Alert(
                "MetricsStorageNearlyFull",
                f"{of.BLOCKS_SIZE.name} / ({of.BLOCKS_LIMIT.name} > 0) > {_NEARLY_FULL:g}",
                Severity.WARNING,
                "Metrics storage is nearly full",
                "Blocks use {{ $value | humanizePercentage }} of the limit: Prometheus will delete the oldest early.",
                hold="1h",
            ),
            Alert(
                "MonitoringConfigurationRefused",
                f"max_over_time({of.CONFIG_LOADED.name}[5m]) == 0",
                Severity.CRITICAL,
                "Prometheus rejects its configuration",
                "{{ $labels.instance }} still uses the previous one.",
                hold="5m",
            ),
            Alert(
                "MonitoringResourceRejected",
                f'sum by (resource) ({of.MANAGED_RESOURCES.name}{{state="rejected"}}) > 0',
                Severity.WARNING,
                "The operator rejects objects",
                "{{ $value }} objects of {{ $labels.resource }} are rejected and have no effect.",
                hold="5m",
            ),
            Alert(
                "TargetsNotDiscovered",
                f"sum by (mechanism) (increase({of.DISCOVERY_FAILURES.name}[10m])) > 0",
                Severity.CRITICAL,
                "Discovery of engines and services fails",
                "Discovery by {{ $labels.mechanism }} fails: new targets are not scraped.",
                hold="10m",
            ),
            Alert(
                "AlertmanagerGone",
                f"max_over_time({of.ALERTMANAGERS.name}[5m]) < 1 or increase({of.ALERTS_DROPPED.name}[5m]) > 0",
                Severity.CRITICAL,
                "Prometheus cannot deliver alerts",
                "No Alertmanager accepts the alerts of {{ $labels.instance }}.",
                hold="5m",
            ),
            Alert(
                "NotificationsFail",
                f"sum by (integration) (increase({of.NOTIFICATIONS_FAILED.name}[5m])) > 0",
                Severity.CRITICAL,
                "Notifications fail",
                "Alertmanager cannot notify by {{ $labels.integration }}.",
                hold="5m",
            ),
        ],
    )
