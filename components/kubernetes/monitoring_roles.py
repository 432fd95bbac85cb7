"""IAM roles of the monitoring pods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi

from components.kubernetes.identity import PodRole, PodRoleArgs
from components.layer import Layer
from components.security.policies import Statement
from components.settings import Settings

NAMESPACE = "monitoring"


class Account(StrEnum):
    """Service accounts of pods that call AWS, by the names that the chart is configured with."""

    PROMETHEUS = "prometheus"
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"


@dataclass(frozen=True)
class MonitoringResources:
    """ARNs of AWS resources that monitoring uses: `topic` receives alerts and is encrypted with `topic_key`; `services`
    is the ECS cluster of the trading services."""

    topic: pulumi.Input[str]
    topic_key: pulumi.Input[str]
    services: pulumi.Input[str]


@dataclass(frozen=True)
class MonitoringRolesArgs:
    """`cluster` is the cluster's name."""

    settings: Settings
    cluster: pulumi.Input[str]
    resources: MonitoringResources


class MonitoringRoles(Layer):
    """One role for each pod: discovery cannot notify, and notification cannot read metrics."""

    def __init__(self, name: str, args: MonitoringRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:MonitoringRoles", name, opts)
        self._args = args
        settings, resources = args.settings, args.resources
        self.roles = [
            self._role(
                "pod-metrics",
                Account.PROMETHEUS,
                "Finds what to collect metrics from",
                _discovery_statements(settings, resources),
            ),
            self._role(
                "pod-alerts",
                Account.ALERTMANAGER,
                "Sends alerts to operators",
                _alerting_statements(settings, resources),
            ),
            self._role(
                "pod-dashboards", Account.GRAFANA, "Draws metrics of CloudWatch", _dashboard_statements(settings)
            ),
        ]
        self.register_outputs({})

    def _role(self, name: str, account: Account, description: str, statements: Sequence[Statement]) -> PodRole:
        return PodRole(
            name,
            PodRoleArgs(
                self._args.settings,
                cluster=self._args.cluster,
                namespace=NAMESPACE,
                service_account=account.value,
                description=description,
                statements=statements,
            ),
            self.child,
        )


def _discovery_statements(settings: Settings, resources: MonitoringResources) -> list[Statement]:
    """Permissions of discovery (Prometheus, "Configuration", ec2_sd_config and aws_sd_config), without those for hosts
    of containers."""
    region, account = settings.region.name, settings.general.account_id
    ecs, name = f"arn:aws:ecs:{region}:{account}", settings.name("services")
    return [
        # These EC2 actions do not support resource-level permissions.
        Statement(
            "FindEngines",
            ["ec2:DescribeAvailabilityZones", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"],
            ["*"],
        ),
        # Prometheus checks its credentials with a call for the cluster named default, which need not exist.
        Statement("LookAtTheCluster", ["ecs:DescribeClusters"], [resources.services, f"{ecs}:cluster/default"]),
        # Neither action supports resource-level permissions; a condition restricts them to the cluster.
        Statement(
            "ListTasks",
            ["ecs:ListServices", "ecs:ListTasks"],
            ["*"],
            conditions={"ArnEquals": {"ecs:cluster": resources.services}},
        ),
        Statement(
            "FindTasks",
            ["ecs:DescribeServices", "ecs:DescribeTasks"],
            [f"{ecs}:service/{name}/*", f"{ecs}:task/{name}/*"],
        ),
    ]


def _alerting_statements(settings: Settings, resources: MonitoringResources) -> list[Statement]:
    return [
        Statement("TellPeople", ["sns:Publish"], [resources.topic]),
        # SNS Developer Guide, "Managing Amazon SNS encryption keys and costs": what a publisher needs.
        Statement(
            "Encrypt",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [resources.topic_key],
            conditions={"StringEquals": {"kms:ViaService": f"sns.{settings.region.name}.amazonaws.com"}},
        ),
    ]


def _dashboard_statements(settings: Settings) -> list[Statement]:
    """Permissions of Grafana's data source (Grafana, "Amazon CloudWatch data source", IAM policies): only metrics, of
    both regions."""
    regions = sorted({settings.general.primary_region, settings.general.dr_region})
    return [
        # These CloudWatch actions do not support resource-level permissions.
        Statement(
            "ReadMetrics",
            ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"],
            ["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": regions}},
        ),
        Statement("ListRegions", ["ec2:DescribeRegions"], ["*"]),
    ]
