"""The managed node group, of one instance type, which the autoscaler finds by its tags."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.providers import default_tags
from components.security.policies import trust_of_service
from components.settings import Settings
from components.settings.node_types import node_type

_POLICIES = {
    "worker": "AmazonEKSWorkerNodePolicy",
    "images": "AmazonEC2ContainerRegistryPullOnly",
    # For SSM access without SSH, and for patching.
    "sessions": "AmazonSSMManagedInstanceCore",
}
# Root device of EKS's Amazon Linux 2023 images.
_ROOT_DEVICE = "/dev/xvda"
# Percent of nodes that an update replaces at a time: one zone's share.
_REPLACED_AT_ONCE_PERCENT = 33
_BOUNDARY = "NODE-CONFIG"


@dataclass(frozen=True)
class NodesArgs:
    """`cluster` is the cluster's name; `key_arn` is this region's key of the class COMPUTE. `before` are the resources
    that a node needs to become ready."""

    settings: Settings
    cluster: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    before: Sequence[pulumi.Resource]


class Nodes(Layer):
    """A node group whose name contains its instance type. A larger type, as after a takeover, creates a second group
    and then deletes the first, so that nodes are never missing."""

    group: aws.eks.NodeGroup

    def __init__(self, name: str, args: NodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:Nodes", name, opts)
        self._args = args
        self._settings = args.settings
        self._node = node_type(args.settings.sizes.node_instance_type)
        self._purpose = f"nodes-{self._node.name.replace('.', '-')}"
        self.role, attachments = self._role()
        self.template = self._template()
        self.group = self._group(attachments)
        self._tag_for_autoscaler()
        self.register_outputs({"roleArn": self.role.arn, "group": self.group.node_group_name})

    def _role(self) -> tuple[aws.iam.Role, list[aws.iam.RolePolicyAttachment]]:
        """Create the nodes' role. Pods use roles of their own."""
        settings = self._settings
        role = aws.iam.Role(
            "nodes",
            name=settings.name("nodes"),
            description="A Kubernetes node joins the cluster and pulls images",
            assume_role_policy=trust_of_service("ec2.amazonaws.com", settings.general.account_id),
            opts=self.child,
        )
        return role, [
            aws.iam.RolePolicyAttachment(
                f"nodes-{purpose}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=self.child
            )
            for purpose, policy in _POLICIES.items()
        ]

    def _template(self) -> aws.ec2.LaunchTemplate:
        settings = self._settings
        tags = {**default_tags(settings), "Name": settings.name(self._purpose)}
        return aws.ec2.LaunchTemplate(
            self._purpose,
            name=settings.name(self._purpose),
            description="Kubernetes nodes",
            update_default_version=True,
            ebs_optimized="true",
            vpc_security_group_ids=[self._args.security_group_id],
            user_data=_encoded(node_config(self._node.most_pods)),
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                # A hop limit of 1 keeps pods from using the node's role.
                http_put_response_hop_limit=1,
                instance_metadata_tags="disabled",
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name=_ROOT_DEVICE,
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_type="gp3",
                        volume_size=settings.kubernetes.node_volume,
                        encrypted="true",
                        kms_key_id=self._args.key_arn,
                        delete_on_termination="true",
                    ),
                )
            ],
            monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
            # A node group's tags do not apply to the instances that it launches.
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume", "network-interface")
            ],
            opts=self.child,
        )

    def _group(self, attachments: Sequence[pulumi.Resource]) -> aws.eks.NodeGroup:
        sizes = self._settings.sizes
        return aws.eks.NodeGroup(
            self._purpose,
            cluster_name=self._args.cluster,
            node_group_name=self._settings.name(self._purpose),
            node_role_arn=self.role.arn,
            subnet_ids=list(self._args.subnet_ids),
            version=self._settings.kubernetes.kubernetes_version,
            ami_type="AL2023_ARM_64_STANDARD" if self._node.arm else "AL2023_x86_64_STANDARD",
            capacity_type="ON_DEMAND",
            instance_types=[self._node.name],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=self.template.id, version=self.template.latest_version.apply(str)
            ),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=sizes.nodes_min, desired_size=sizes.nodes_min, max_size=sizes.nodes_max
            ),
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable_percentage=_REPLACED_AT_ONCE_PERCENT),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            opts=pulumi.ResourceOptions.merge(
                self.after(*attachments, *self._args.before),
                # After creation, the autoscaler changes the number of nodes.
                pulumi.ResourceOptions(ignore_changes=["scalingConfig.desiredSize"]),
            ),
        )

    def _tag_for_autoscaler(self) -> None:
        """Tag the Auto Scaling group, because the autoscaler finds groups by these tags and its role can change only
        tagged groups. EKS sets the tags too, but the role's condition must not depend on that."""
        name = self.group.resources[0].autoscaling_groups[0].name
        for purpose, (key, value) in discovery_tags(self._settings).items():
            aws.autoscaling.Tag(
                f"{self._purpose}-{purpose}",
                autoscaling_group_name=name,
                tag=aws.autoscaling.TagTagArgs(key=key, value=value, propagate_at_launch=False),
                opts=self.child,
            )


def discovery_tags(settings: Settings) -> dict[str, tuple[str, str]]:
    """Tags by which the autoscaler finds its groups (kubernetes/autoscaler, "Cluster Autoscaler on AWS")."""
    prefix = "k8s.io/cluster-autoscaler"
    return {"enabled": (f"{prefix}/enabled", "true"), "owned": (f"{prefix}/{settings.name('cluster')}", "owned")}


def node_config(most_pods: int) -> str:
    """Return a node's configuration in addition to EKS's own (awslabs/amazon-eks-ami, "nodeadm")."""
    return "\n".join(
        (
            "MIME-Version: 1.0",
            f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"',
            "",
            f"--{_BOUNDARY}",
            "Content-Type: application/node.eks.aws",
            "",
            "apiVersion: node.eks.aws/v1alpha1",
            "kind: NodeConfig",
            "spec:",
            "  kubelet:",
            "    config:",
            f"      maxPods: {most_pods}",
            f"--{_BOUNDARY}--",
            "",
        )
    )


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
