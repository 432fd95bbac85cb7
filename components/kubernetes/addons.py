"""EKS add-ons with pinned versions, and one role for each add-on that calls AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.data.files import Share
from components.kubernetes.identity import PodRole, PodRoleArgs
from components.layer import Layer
from components.security.policies import Statement
from components.settings import Settings

SYSTEM = "kube-system"
# Nodes need these add-ons to become ready: pod networking, service networking, and pod identity.
BEFORE_NODES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
# These add-ons run on nodes; EKS reports them as degraded while there are none.
ON_NODES = ("coredns", "aws-ebs-csi-driver", "aws-efs-csi-driver")


@dataclass(frozen=True)
class FileAccess:
    """ARNs of the shared file system and of the access points through which pods mount it."""

    file_system_arn: pulumi.Input[str]
    access_point_arns: Mapping[Share, pulumi.Input[str]]


@dataclass(frozen=True)
class AddonsArgs:
    """`cluster` is the cluster's name. `volumes_key_arn` is this region's key of the class COMPUTE."""

    settings: Settings
    cluster: pulumi.Input[str]
    volumes_key_arn: pulumi.Input[str]
    files: FileAccess


class Addons(Layer):
    """Add-ons in two steps, around the nodes: the constructor declares `before_nodes`, `on_nodes` declares the
    others."""

    def __init__(self, name: str, args: AddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:Addons", name, opts)
        self._args = args
        self._settings = args.settings
        network = self._pod_role(
            "pod-network",
            "aws-node",
            "Gives pods addresses of the VPC",
            managed=["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"],
        )
        self.before_nodes = [
            self._addon(addon, [network.association] if addon == "vpc-cni" else []) for addon in BEFORE_NODES
        ]
        self.roles = {
            "aws-ebs-csi-driver": [self._ebs_driver_role()],
            "aws-efs-csi-driver": [self._efs_driver_role(), self._mount_role()],
        }
        self.register_outputs({"versions": dict(self._settings.kubernetes.pins.addons)})

    def on_nodes(self, nodes: aws.eks.NodeGroup) -> list[aws.eks.Addon]:
        """Declare the add-ons that run on nodes."""
        return [
            self._addon(addon, [nodes, *(role.association for role in self.roles.get(addon, []))]) for addon in ON_NODES
        ]

    def _addon(self, addon: str, after: Sequence[pulumi.Resource]) -> aws.eks.Addon:
        values = self._configuration().get(addon)
        return aws.eks.Addon(
            addon,
            cluster_name=self._args.cluster,
            addon_name=addon,
            addon_version=self._settings.kubernetes.pins.addons[addon],
            configuration_values=json.dumps(values, separators=(",", ":")) if values else None,
            resolve_conflicts_on_create="OVERWRITE",
            # An update overwrites manual changes in the cluster.
            resolve_conflicts_on_update="OVERWRITE",
            opts=self.after(*after),
        )

    def _configuration(self) -> Mapping[str, Any]:
        """Values that differ from the add-ons' defaults (`aws eks describe-addon-configuration`)."""
        replicas = min(2, self._settings.sizes.nodes_min)
        return {
            # Prefixes of 16 addresses let a small node run more pods than it has interfaces for, and assign a pod its
            # address without a call to EC2.
            "vpc-cni": {
                "enableNetworkPolicy": "true",
                "env": {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"},
            },
            "coredns": {"replicaCount": replicas},
            "aws-ebs-csi-driver": {"controller": {"replicaCount": replicas}},
        }

    def _pod_role(
        self,
        name: str,
        service_account: str,
        description: str,
        statements: Sequence[Statement] = (),
        managed: Sequence[str] = (),
    ) -> PodRole:
        return PodRole(
            name,
            PodRoleArgs(
                self._settings,
                cluster=self._args.cluster,
                namespace=SYSTEM,
                service_account=service_account,
                description=description,
                statements=statements,
                managed=managed,
            ),
            self.child,
        )

    def _ebs_driver_role(self) -> PodRole:
        """Role of the EBS driver. AWS's policy allows only volumes that the driver created; the key is added
        (kubernetes-sigs/aws-ebs-csi-driver, "Installation", KMS)."""
        key = self._args.volumes_key_arn
        via = {"StringEquals": {"kms:ViaService": f"ec2.{self._settings.region.name}.amazonaws.com"}}
        return self._pod_role(
            "pod-volumes",
            "ebs-csi-controller-sa",
            "Makes, attaches and snapshots volumes of pods",
            statements=[
                Statement(
                    "EncryptVolumes",
                    ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncrypt*"],
                    [key],
                    conditions=via,
                ),
                Statement(
                    "LetVolumesBeAttached",
                    ["kms:CreateGrant"],
                    [key],
                    conditions={**via, "Bool": {"kms:GrantIsForAWSResource": "true"}},
                ),
            ],
            managed=["arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"],
        )

    def _efs_driver_role(self) -> PodRole:
        """Read-only role: access points are declared by the program, so no pod creates one."""
        files = self._args.files
        return self._pod_role(
            "pod-file-systems",
            "efs-csi-controller-sa",
            "Looks up the shared file system and its access points",
            statements=[
                Statement(
                    "LookUp",
                    [
                        "elasticfilesystem:DescribeAccessPoints",
                        "elasticfilesystem:DescribeFileSystems",
                        "elasticfilesystem:DescribeMountTargets",
                    ],
                    [files.file_system_arn, *files.access_point_arns.values()],
                ),
                # This EC2 action does not support resource-level permissions.
                Statement("LookUpZones", ["ec2:DescribeAvailabilityZones"], ["*"]),
            ],
        )

    def _mount_role(self) -> PodRole:
        """Role for mounts: the file system requires IAM for each mount, and this role mounts only through the declared
        access points."""
        files = self._args.files
        return self._pod_role(
            "pod-mounts",
            "efs-csi-node-sa",
            "Mounts the shared file system for pods",
            statements=[
                Statement(
                    "MountThroughAccessPoints",
                    ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                    [files.file_system_arn],
                    conditions={
                        "StringEquals": {"elasticfilesystem:AccessPointArn": list(files.access_point_arns.values())}
                    },
                ),
                Statement("FindMountTargets", ["elasticfilesystem:DescribeMountTargets"], [files.file_system_arn]),
                Statement("FindZone", ["ec2:DescribeAvailabilityZones"], ["*"]),
            ],
        )
