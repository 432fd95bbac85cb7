"""Values of the monitoring chart, as a pure function of settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.data.files import OWNERS, Share
from components.kubernetes.alerting_values import alertmanager_config
from components.kubernetes.charts import Quantities
from components.kubernetes.images import image_values
from components.kubernetes.monitoring_roles import Account, MonitoringResources
from components.kubernetes.scraping import service_scraping
from components.kubernetes.storage import SHARE_LABEL, SHARED_FILES
from components.observability.grafana.sources import DASHBOARD_LABEL, DASHBOARD_VALUE, PROMETHEUS, cloudwatch_source
from components.security.mirrored_images import Mirrored, registry
from components.settings import Settings
from components.settings.node_types import node_type

# Percent of the storage at which Prometheus removes the oldest blocks; the write-ahead log and compaction need the rest
# (Prometheus, "Storage", operational aspects).
_KEPT_PERCENT = 80
# Retention and storage on the node of a standby region.
_STANDING_RETENTION = "1d"
_STANDING_STORAGE_GIB = 4
# GiB: on nodes with at least this memory, monitoring has its full size.
_ROOMY_NODE_GIB = 8


@dataclass(frozen=True)
class Sizing:
    """Resource requests of each part of monitoring."""

    prometheus: Quantities
    alertmanager: Quantities
    grafana: Quantities
    operator: Quantities
    sidecar: Quantities
    state_metrics: Quantities
    node_exporter: Quantities


_ROOMY = Sizing(
    prometheus=Quantities("500m", "2Gi", "6Gi"),
    alertmanager=Quantities("20m", "64Mi", "128Mi"),
    grafana=Quantities("100m", "256Mi", "512Mi"),
    operator=Quantities("50m", "128Mi", "256Mi"),
    sidecar=Quantities("10m", "96Mi", "192Mi"),
    state_metrics=Quantities("20m", "96Mi", "256Mi"),
    node_exporter=Quantities("20m", "32Mi", "64Mi"),
)
_NARROW = Sizing(
    prometheus=Quantities("50m", "256Mi", "640Mi"),
    alertmanager=Quantities("5m", "32Mi", "64Mi"),
    grafana=Quantities("20m", "96Mi", "256Mi"),
    operator=Quantities("10m", "64Mi", "128Mi"),
    sidecar=Quantities("5m", "48Mi", "128Mi"),
    state_metrics=Quantities("5m", "48Mi", "128Mi"),
    node_exporter=Quantities("5m", "24Mi", "48Mi"),
)


@dataclass(frozen=True)
class Names:
    """Names of objects that the chart refers to: the secret of Grafana's administrator, and the claim of its folder."""

    grafana_admin: str
    grafana_claim: str


def sizing(settings: Settings) -> Sizing:
    """Sizes that fit the stack's nodes."""
    roomy = node_type(settings.sizes.node_instance_type).memory_gib >= _ROOMY_NODE_GIB
    return _ROOMY if roomy else _NARROW


def has_persistent_storage(settings: Settings) -> bool:
    """Whether the shared file system is writable: a replica is not, until its region takes over."""
    return settings.is_primary or settings.general.active


def monitoring_values(settings: Settings, names: Names, resources: MonitoringResources) -> dict[str, Any]:
    """Return all values that differ from the chart's defaults. Rules and dashboards are separate objects, selected from
    every namespace."""
    sizes = sizing(settings)
    return {
        # Default registry for images that a later chart adds without a value here: the pull then fails in every region.
        "global": {"imageRegistry": registry(settings)},
        # The operator's label, which a network policy selects, derives from this name.
        "nameOverride": "monitoring",
        "fullnameOverride": "monitoring",
        "defaultRules": {"create": False},
        "alertmanager": _alertmanager(settings, sizes, resources.topic),
        # EKS does not expose its control plane's metrics, and kube-proxy listens only on its own node.
        **{part: {"enabled": False} for part in ("kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy")},
        "prometheusOperator": {
            "image": image_values(settings, Mirrored.OPERATOR),
            "resources": sizes.operator.as_values(),
            "prometheusConfigReloader": {
                "image": image_values(settings, Mirrored.CONFIG_RELOADER),
                "resources": sizes.sidecar.as_values(),
            },
            "admissionWebhooks": {"patch": {"image": image_values(settings, Mirrored.WEBHOOK_CERTIFICATES)}},
        },
        "prometheus": {
            "serviceAccount": {"name": Account.PROMETHEUS.value},
            "prometheusSpec": _prometheus(settings, sizes, resources.services),
        },
        "grafana": _grafana(settings, names, sizes),
        "kube-state-metrics": {
            "image": image_values(settings, Mirrored.STATE_METRICS),
            "resources": sizes.state_metrics.as_values(),
        },
        "prometheus-node-exporter": {
            "image": image_values(settings, Mirrored.NODE_EXPORTER),
            "resources": sizes.node_exporter.as_values(),
        },
    }


def _alertmanager(settings: Settings, sizes: Sizing, topic: pulumi.Input[str]) -> dict[str, Any]:
    return {
        "serviceAccount": {"name": Account.ALERTMANAGER.value},
        "config": alertmanager_config(settings, topic),
        "alertmanagerSpec": {
            "image": image_values(settings, Mirrored.ALERTMANAGER),
            # Two replicas share notifications and silences, so neither needs a volume, which would bind it to a zone. A
            # cluster of one node has room for one replica.
            "replicas": 2 if sizes is _ROOMY else 1,
            "resources": sizes.alertmanager.as_values(),
        },
    }


def _prometheus(settings: Settings, sizes: Sizing, services: pulumi.Input[str]) -> dict[str, Any]:
    owner = OWNERS[Share.PROMETHEUS]
    return {
        # Select monitors, rules and scrape configurations of all namespaces.
        **{
            f"{kind}SelectorNilUsesHelmValues": False
            for kind in ("serviceMonitor", "podMonitor", "probe", "rule", "scrapeConfig")
        },
        "externalLabels": {"region": settings.region.name, "stack": settings.general.role.value},
        "additionalScrapeConfigs": [service_scraping(settings, services)],
        "image": image_values(settings, Mirrored.PROMETHEUS),
        # One replica: two would write into one folder.
        "replicas": 1,
        "resources": sizes.prometheus.as_values(),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": owner.uid,
            "runAsGroup": owner.gid,
            "fsGroup": owner.gid,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **(_persistent_storage(settings) if has_persistent_storage(settings) else _temporary_storage()),
    }


def _persistent_storage(settings: Settings) -> dict[str, Any]:
    storage = settings.kubernetes.metrics_storage
    claim = {
        "storageClassName": SHARED_FILES,
        "accessModes": ["ReadWriteMany"],
        "selector": {"matchLabels": {SHARE_LABEL: Share.PROMETHEUS.value}},
        "resources": {"requests": {"storage": f"{storage}Gi"}},
    }
    return {
        "retention": f"{settings.kubernetes.metrics_retention_days}d",
        "retentionSize": f"{storage * _KEPT_PERCENT // 100}GiB",
        "storageSpec": {"volumeClaimTemplate": {"spec": claim}},
    }


def _temporary_storage() -> dict[str, Any]:
    return {
        "retention": _STANDING_RETENTION,
        "retentionSize": f"{_STANDING_STORAGE_GIB * _KEPT_PERCENT * 1024 // 100}MiB",
        "storageSpec": {"emptyDir": {"sizeLimit": f"{_STANDING_STORAGE_GIB}Gi"}},
    }


def _grafana(settings: Settings, names: Names, sizes: Sizing) -> dict[str, Any]:
    kept = {"enabled": True, "type": "pvc", "existingClaim": names.grafana_claim}
    return {
        "image": image_values(settings, Mirrored.GRAFANA),
        # The chart's test pods use images from other registries and are only for the chart's developers.
        "testFramework": {"enabled": False},
        "admin": {
            "existingSecret": names.grafana_admin,
            "userKey": "admin-user",
            "passwordKey": "admin-password",
        },
        "serviceAccount": {"name": Account.GRAFANA.value},
        "additionalDataSources": [cloudwatch_source(settings)],
        "defaultDashboardsEnabled": sizes is _ROOMY,
        # One writer of the database file: the old pod stops before the new one starts.
        "deploymentStrategy": {"type": "Recreate"},
        "persistence": kept if has_persistent_storage(settings) else {"enabled": False},
        # The access point already sets the folder's owner.
        "initChownData": {"enabled": False},
        "resources": sizes.grafana.as_values(),
        "sidecar": {
            "image": image_values(settings, Mirrored.GRAFANA_SIDECAR),
            "resources": sizes.sidecar.as_values(),
            "dashboards": {
                "enabled": True,
                "searchNamespace": "ALL",
                "label": DASHBOARD_LABEL,
                "labelValue": DASHBOARD_VALUE,
            },
            "datasources": {"enabled": True, "uid": PROMETHEUS.uid},
        },
        "grafana.ini": {
            "analytics": {"check_for_updates": False, "reporting_enabled": False},
            "auth.anonymous": {"enabled": False},
            # A data source uses the pod's role and cannot assume another.
            "aws": {"allowed_auth_providers": "default", "assume_role_enabled": False},
            "security": {"cookie_secure": True, "disable_gravatar": True},
            "users": {"allow_sign_up": False},
        },
    }
