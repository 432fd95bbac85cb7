"""The Cluster Autoscaler: its role and its Helm release."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes.addons import SYSTEM
from components.kubernetes.charts import Quantities, release
from components.kubernetes.cluster import cluster_name
from components.kubernetes.identity import PodRole, PodRoleArgs
from components.kubernetes.images import whole_repository
from components.kubernetes.nodes import discovery_tags
from components.layer import Layer
from components.security.mirrored_images import Mirrored, MirroredChart
from components.security.policies import Statement
from components.settings import Settings

SERVICE_ACCOUNT = "cluster-autoscaler"
METRICS_PORT = "http"
_SIZE = Quantities(cpu="50m", memory="128Mi", most_memory="512Mi")


def autoscaler_role(settings: Settings, cluster: pulumi.Input[str], opts: pulumi.ResourceOptions) -> PodRole:
    """Create the autoscaler's role: it can read all groups and change only this cluster's (kubernetes/autoscaler,
    "Cluster Autoscaler on AWS", IAM policy)."""
    tag, owned = discovery_tags(settings)["owned"]
    region, account, name = settings.region.name, settings.general.account_id, cluster_name(settings)
    return PodRole(
        "pod-autoscaler",
        PodRoleArgs(
            settings,
            cluster=cluster,
            namespace=SYSTEM,
            service_account=SERVICE_ACCOUNT,
            description="Adds nodes for pending pods and removes idle nodes",
            statements=[
                # None of these actions supports resource-level permissions.
                Statement(
                    "ReadGroups",
                    [
                        "autoscaling:DescribeAutoScalingGroups",
                        "autoscaling:DescribeAutoScalingInstances",
                        "autoscaling:DescribeLaunchConfigurations",
                        "autoscaling:DescribeScalingActivities",
                        "autoscaling:DescribeTags",
                        "ec2:DescribeImages",
                        "ec2:DescribeInstanceTypes",
                        "ec2:DescribeLaunchTemplateVersions",
                        "ec2:GetInstanceTypesFromInstanceRequirements",
                    ],
                    ["*"],
                ),
                Statement(
                    "ReadNodeGroups",
                    ["eks:DescribeNodegroup"],
                    [f"arn:aws:eks:{region}:{account}:nodegroup/{name}/*/*"],
                ),
                Statement(
                    "ScaleOwnGroups",
                    ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
                    [f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/*"],
                    conditions={"StringEquals": {f"aws:ResourceTag/{tag}": owned}},
                ),
            ],
        ),
        opts,
    )


@dataclass(frozen=True)
class AutoscalerArgs:
    """`ready` are the resources that the release needs: nodes, its role, and name resolution."""

    settings: Settings
    ready: list[pulumi.Resource]


class Autoscaler(Layer):
    """Adds a node when a pod is unschedulable, and removes an idle node."""

    release: kubernetes.helm.v3.Release

    def __init__(self, name: str, args: AutoscalerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:Autoscaler", name, opts)
        settings = args.settings
        self.release = release(
            settings,
            SERVICE_ACCOUNT,
            MirroredChart.AUTOSCALER,
            SYSTEM,
            {
                "fullnameOverride": SERVICE_ACCOUNT,
                "cloudProvider": "aws",
                "awsRegion": settings.region.name,
                "autoDiscovery": {
                    "clusterName": cluster_name(settings),
                    "tags": [key for key, _ in discovery_tags(settings).values()],
                },
                "image": whole_repository(settings, Mirrored.AUTOSCALER),
                "rbac": {"serviceAccount": {"create": True, "name": SERVICE_ACCOUNT}},
                "extraArgs": {
                    "balance-similar-node-groups": True,
                    "expander": "least-waste",
                    "skip-nodes-with-system-pods": False,
                },
                "containerSecurityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 65534,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "resources": _SIZE.as_values(),
                "service": {"portName": METRICS_PORT},
            },
            self.after(*args.ready),
        )
        self.register_outputs({"version": self.release.version})
