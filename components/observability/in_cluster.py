"""Prometheus rules and Grafana dashboards as objects of the Kubernetes cluster."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta

from components.layer import Layer
from components.observability.grafana.boards import boards
from components.observability.grafana.sources import DASHBOARD_LABEL, DASHBOARD_VALUE
from components.observability.prometheus.rules import rule_groups
from components.settings import Settings


@dataclass(frozen=True)
class InClusterArgs:
    """`namespace` is that of monitoring; `operator` is the release that installs the custom resource definitions."""

    settings: Settings
    namespace: pulumi.Input[str]
    operator: pulumi.Resource


class InCluster(Layer):
    """One object for each rule group, because the operator rejects an object as a whole, and one for each dashboard."""

    def __init__(self, name: str, args: InClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:InCluster", name, opts)
        for group in rule_groups(args.settings):
            kubernetes.apiextensions.CustomResource(
                f"rules-{group.name}",
                api_version="monitoring.coreos.com/v1",
                kind="PrometheusRule",
                metadata=meta.ObjectMetaArgs(name=group.name, namespace=args.namespace),
                spec={"groups": [group.manifest()]},
                opts=self.after(args.operator),
            )
        for uid, document in boards(args.settings).items():
            core.ConfigMap(
                f"dashboard-{uid}",
                metadata=meta.ObjectMetaArgs(
                    name=f"dashboard-{uid}", namespace=args.namespace, labels={DASHBOARD_LABEL: DASHBOARD_VALUE}
                ),
                data={f"{uid}.json": document},
                opts=self.child,
            )
        self.register_outputs({})
