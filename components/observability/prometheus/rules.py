"""The rules of Prometheus as objects of the cluster."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.meta import v1 as meta

from components.layer import Layer
from components.observability.prometheus.cluster_rules import cluster_alerts
from components.observability.prometheus.monitoring_rules import monitoring_alerts
from components.observability.prometheus.order_rules import order_alerts, order_recordings
from components.observability.prometheus.rule import Group
from components.observability.prometheus.trading_rules import service_rules, trading_alerts
from components.settings import Settings


def rule_groups(settings: Settings) -> list[Group]:
    """Every group of a stack."""
    return [
        order_recordings(settings),
        order_alerts(settings),
        trading_alerts(settings),
        service_rules(settings),
        cluster_alerts(),
        monitoring_alerts(),
    ]


@dataclass(frozen=True)
class RulesArgs:
    """`namespace` is that of monitoring; `operator` the release that brings the kind which is declared here."""

    settings: Settings
    namespace: pulumi.Input[str]
    operator: pulumi.Resource


class Rules(Layer):
    """One object for each group: the operator rejects one that is wrong, and keeps the others."""

    def __init__(self, name: str, args: RulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:Rules", name, opts)
        for group in rule_groups(args.settings):
            kubernetes.apiextensions.CustomResource(
                f"rules-{group.name}",
                api_version="monitoring.coreos.com/v1",
                kind="PrometheusRule",
                metadata=meta.ObjectMetaArgs(name=group.name, namespace=args.namespace),
                spec={"groups": [group.manifest()]},
                opts=self.after(args.operator),
            )
        self.register_outputs({})
