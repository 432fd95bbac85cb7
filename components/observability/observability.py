"""The observability layer as a whole."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.kubernetes.kubernetes import Kubernetes
from components.observability.cloudwatch import CloudWatch, CloudWatchArgs
from components.observability.costs import Costs, CostsArgs
from components.observability.findings import Findings, FindingsArgs
from components.observability.in_cluster import InCluster, InClusterArgs
from components.observability.monitored_layers import MonitoredLayers
from components.observability.tracing import Tracing, TracingArgs


class Observability:
    """CloudWatch, Prometheus and Grafana, X-Ray, security findings and budgets of one stack.

    It is not a component resource: its parts are at the top of the stack. `logs_key_arn` is the key of the class LOGS.
    """

    def __init__(
        self,
        layers: MonitoredLayers,
        kubernetes: Kubernetes,
        logs_key_arn: pulumi.Input[str],
        primary_side: aws.Provider | None,
        options: pulumi.ResourceOptions,
    ) -> None:
        settings, events = layers.settings, layers.events
        self.cloudwatch = CloudWatch("watch", CloudWatchArgs(layers, primary_side), options)
        monitoring, provider = kubernetes.monitoring, kubernetes.provider
        if monitoring and provider:
            args = InClusterArgs(settings, monitoring.namespace, monitoring.release)
            self.in_cluster = InCluster("in-cluster", args, pulumi.ResourceOptions(provider=provider))
        tracing = TracingArgs(
            settings,
            api=layers.api,
            order_intake=layers.functions.order_intake,
            key_arn=logs_key_arn,
            events=events,
        )
        self.tracing = Tracing("tracing", tracing, options)
        self.findings = Findings("findings", FindingsArgs(settings, events, layers.stores.backups.vault.arn), options)
        self.costs = Costs("costs", CostsArgs(settings, events.topics.operations.arn), options)
