"""Additional scrape targets of Prometheus, as resources of the operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.meta import v1 as meta

from components.kubernetes.addons import SYSTEM
from components.kubernetes.autoscaler import METRICS_PORT, SERVICE_ACCOUNT
from components.kubernetes.scraping import TRADING_INTERVAL, engine_scraping
from components.layer import Layer
from components.observability.prometheus.contract import ENGINES
from components.settings import Settings

_API = "monitoring.coreos.com/v1"
# Services of the platform have this label, and a port named `metrics`.
PART_OF = "app.kubernetes.io/part-of"
PLATFORM = "trading-platform"
_SYSTEM_INTERVAL = "30s"


@dataclass(frozen=True)
class MonitorsArgs:
    """`namespace` is that of monitoring; `operator` is the release that installs the custom resource definitions."""

    settings: Settings
    namespace: pulumi.Input[str]
    operator: pulumi.Resource


class Monitors(Layer):
    """Monitors of the platform's services in any namespace, of engines outside the cluster, of the autoscaler, and of
    the pod network."""

    def __init__(self, name: str, args: MonitorsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:Monitors", name, opts)
        self._args = args
        self._monitor(
            "ServiceMonitor",
            "trading-services",
            {
                "namespaceSelector": {"any": True},
                "selector": {"matchLabels": {PART_OF: PLATFORM}},
                "endpoints": [{"port": "metrics", "interval": TRADING_INTERVAL, "honorLabels": False}],
            },
        )
        self._monitor("ScrapeConfig", ENGINES, engine_scraping(args.settings), api=f"{_API}alpha1")
        self._monitor(
            "ServiceMonitor",
            SERVICE_ACCOUNT,
            {
                "namespaceSelector": {"matchNames": [SYSTEM]},
                "selector": {"matchLabels": {"app.kubernetes.io/instance": SERVICE_ACCOUNT}},
                "endpoints": [{"port": METRICS_PORT, "interval": _SYSTEM_INTERVAL}],
            },
        )
        self._monitor(
            "PodMonitor",
            "pod-network",
            {
                "namespaceSelector": {"matchNames": [SYSTEM]},
                "selector": {"matchLabels": {"k8s-app": "aws-node"}},
                "podMetricsEndpoints": [{"port": "metrics", "interval": _SYSTEM_INTERVAL}],
            },
        )
        self.register_outputs({})

    def _monitor(self, kind: str, name: str, spec: dict[str, Any], api: str = _API) -> None:
        kubernetes.apiextensions.CustomResource(
            name,
            api_version=api,
            kind=kind,
            metadata=meta.ObjectMetaArgs(name=name, namespace=self._args.namespace),
            spec=spec,
            opts=self.after(self._args.operator),
        )
