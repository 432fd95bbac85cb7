"""Metric families of third parties that rules and dashboards use: Prometheus, the exporters of its chart, and add-ons
of the cluster. Each names the page that documents it."""

from __future__ import annotations

from components.observability.prometheus.family import Family, Kind

_OWN = "Prometheus, Jobs and instances, Automatically generated labels and time series"
_PROMETHEUS = "Prometheus, documentation/prometheus-mixin/alerts.libsonnet"
_ALERTMANAGER = "Alertmanager, doc/alertmanager-mixin/alerts.libsonnet"
_OPERATOR = "Prometheus Operator, Documentation, Troubleshooting"
_NODES = "kube-state-metrics, docs/metrics/cluster/node-metrics.md"
_PODS = "kube-state-metrics, docs/metrics/workload/pod-metrics.md"
_KUBERNETES = "Kubernetes, Reference, Kubernetes Metrics Reference"
_AUTOSCALER = "Cluster Autoscaler, proposals/metrics.md"
_COREDNS = "CoreDNS, plugin/metrics"


def _gauge(name: str, unit: str, labels: tuple[str, ...], text: str, page: str) -> Family:
    return Family(name, Kind.GAUGE, unit, labels, text, page)


def _counter(name: str, labels: tuple[str, ...], text: str, page: str) -> Family:
    return Family(name, Kind.COUNTER, "", labels, text, page)


UP = _gauge("up", "", (), "1 if the last scrape of a target succeeded.", _OWN)

RULE_FAILURES = _counter(
    "prometheus_rule_evaluation_failures_total", ("rule_group",), "Evaluations of rules that failed.", _PROMETHEUS
)
CONFIG_LOADED = _gauge(
    "prometheus_config_last_reload_successful", "", (), "Whether the newest configuration is in use.", _PROMETHEUS
)
BLOCKS_SIZE = _gauge(
    "prometheus_tsdb_storage_blocks_bytes", "bytes", (), "Size of stored blocks.", "Prometheus, Storage"
)
BLOCKS_LIMIT = _gauge(
    "prometheus_tsdb_retention_limit_bytes",
    "bytes",
    (),
    "Size limit; Prometheus deletes the oldest blocks.",
    "Prometheus, Storage",
)
DISCOVERY_FAILURES = _counter(
    "prometheus_sd_refresh_failures_total", ("mechanism", "config"), "Failed target discoveries.", _PROMETHEUS
)
ALERTS_DROPPED = _counter(
    "prometheus_notifications_dropped_total", (), "Alerts that no Alertmanager accepted.", _PROMETHEUS
)
ALERTMANAGERS = _gauge(
    "prometheus_notifications_alertmanagers_discovered", "", (), "Discovered Alertmanagers.", _PROMETHEUS
)
NOTIFICATIONS_FAILED = _counter(
    "alertmanager_notifications_failed_total", ("integration", "reason"), "Notifications not sent.", _ALERTMANAGER
)
MANAGED_RESOURCES = _gauge(
    "prometheus_operator_managed_resources",
    "",
    ("controller", "name", "resource", "state"),
    "Monitors, rules and other objects that the operator selected or rejected.",
    _OPERATOR,
)
NODE_CONDITION = _gauge(
    "kube_node_status_condition",
    "",
    ("node", "condition", "status"),
    "1 for the current status of a condition.",
    _NODES,
)
POD_WAITING = _gauge(
    "kube_pod_container_status_waiting_reason",
    "",
    ("namespace", "pod", "uid", "container", "reason"),
    "1 while a container waits for that reason.",
    _PODS,
)
VOLUME_AVAILABLE = _gauge(
    "kubelet_volume_stats_available_bytes", "bytes", ("namespace", "persistentvolumeclaim"), "Room left.", _KUBERNETES
)
VOLUME_CAPACITY = _gauge(
    "kubelet_volume_stats_capacity_bytes", "bytes", ("namespace", "persistentvolumeclaim"), "Total size.", _KUBERNETES
)
SAFE_TO_SCALE = _gauge(
    "cluster_autoscaler_cluster_safe_to_autoscale", "", (), "1 while the autoscaler can scale.", _AUTOSCALER
)
UNSCHEDULABLE = _gauge("cluster_autoscaler_unschedulable_pods_count", "", ("type",), "Unschedulable pods.", _AUTOSCALER)
DNS_RESPONSES = _counter(
    "coredns_dns_responses_total", ("server", "zone", "view", "rcode", "plugin"), "DNS answers by code.", _COREDNS
)

EXPORTER_FAMILIES: tuple[Family, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Family))
