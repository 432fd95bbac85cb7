"""The EKS cluster, whose API endpoint is reachable only inside the VPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

from components.layer import Layer
from components.security.policies import trust_of_service
from components.settings import Settings

# All log types (Amazon EKS User Guide, "Send control plane logs to CloudWatch Logs"; FSBP EKS.8).
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_CLUSTER_POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
# Amazon EKS User Guide, "Review access policy permissions".
_ACCESS_POLICIES = "arn:aws:eks::aws:cluster-access-policy/"
ADMINISTER, EDIT, VIEW = "AmazonEKSClusterAdminPolicy", "AmazonEKSEditPolicy", "AmazonEKSViewPolicy"


@dataclass(frozen=True)
class ClusterArgs:
    """`provider` is used for the resources of the pulumi-eks plugin. `secrets_key_arn` is this region's key of the
    class COMPUTE, `logs_key_arn` that of the class LOGS. `operator` and `auditor` are ARNs of the roles with edit and
    view access to the cluster; `builds` are those of builds that deploy the stack, by name."""

    settings: Settings
    provider: pulumi.ProviderResource
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group: aws.ec2.SecurityGroup
    secrets_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    operator: pulumi.Input[str]
    auditor: pulumi.Input[str]
    builds: Mapping[str, pulumi.Input[str]]


class Cluster(Layer):
    """An EKS cluster with a private API, secrets encrypted with a customer key, and all control plane logs. Only access
    entries grant access, without a ConfigMap in the cluster. EKS makes the role that creates the cluster its
    administrator."""

    cluster: eks.Cluster

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:Cluster", name, opts)
        self._args = args
        self.physical_name = cluster_name(args.settings)
        self.log_group = self._log_group()
        self.role, self._permission = self._role()
        # The plugin's resources also need an explicit eks provider, because default providers are disabled.
        self.plugin = eks.Provider("eks", opts=self.child)
        self.cluster = self._cluster(name)
        self.name = self.cluster.eks_cluster.name
        self.kubeconfig = self.cluster.kubeconfig_json
        self.register_outputs({"name": self.name, "oidcProviderArn": self.cluster.oidc_provider_arn})

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        """Create the log group. EKS would create it without a key or retention."""
        return aws.cloudwatch.LogGroup(
            "control-plane",
            name=f"/aws/eks/{self.physical_name}/cluster",
            retention_in_days=self._args.settings.kubernetes.cluster_log_days,
            kms_key_id=self._args.logs_key_arn,
            opts=self.child,
        )

    def _role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicyAttachment]:
        """Create the cluster role here and not in the plugin, whose roles would have no permission boundary."""
        role = aws.iam.Role(
            "control-plane",
            name=self._args.settings.name("control-plane"),
            description="The Kubernetes control plane keeps its interfaces and load balancers",
            assume_role_policy=trust_of_service("eks.amazonaws.com", self._args.settings.general.account_id),
            opts=self.child,
        )
        attachment = aws.iam.RolePolicyAttachment(
            "control-plane", role=role.name, policy_arn=_CLUSTER_POLICY, opts=self.child
        )
        return role, attachment

    def _cluster(self, name: str) -> eks.Cluster:
        args, settings = self._args, self._args.settings
        return eks.Cluster(
            name,
            name=self.physical_name,
            version=settings.kubernetes.kubernetes_version,
            service_role=self.role,
            vpc_id=args.vpc_id,
            private_subnet_ids=list(args.subnet_ids),
            # Otherwise EKS chooses one of two ranges, which may be in use on premises.
            kubernetes_service_ip_address_range=str(settings.kubernetes.kubernetes_service_cidr),
            endpoint_private_access=True,
            endpoint_public_access=False,
            cluster_security_group=args.security_group,
            # The program declares security groups, nodes and add-ons itself: the plugin's groups admit the internet,
            # and the plugin looks up add-on versions at deployment.
            skip_default_security_groups=True,
            skip_default_node_group=True,
            bootstrap_self_managed_addons=False,
            use_default_vpc_cni=True,
            kube_proxy_addon_options={"enabled": False},
            coredns_addon_options={"enabled": False},
            enabled_cluster_log_types=list(LOG_TYPES),
            encryption_config_key_arn=args.secrets_key_arn,
            authentication_mode=eks.AuthenticationMode.API,
            access_entries=self._access_entries(),
            create_oidc_provider=True,
            # Under standard support, AWS upgrades the cluster at its end, on a day that AWS chooses.
            upgrade_policy={"support_type": "EXTENDED"},
            deletion_protection=not settings.general.emulator,
            opts=pulumi.ResourceOptions(
                parent=self,
                providers=[args.provider, self.plugin],
                depends_on=[self._permission, self.log_group],
            ),
        )

    def _access_entries(self) -> Mapping[str, eks.AccessEntryArgs]:
        admins = self._args.settings.kubernetes.cluster_admins
        return {
            "operator": _entry(self._args.operator, EDIT),
            "auditor": _entry(self._args.auditor, VIEW),
            **{name: _entry(arn, ADMINISTER) for name, arn in self._args.builds.items()},
            **{f"admin-{arn.rsplit('/', 1)[-1]}": _entry(arn, ADMINISTER) for arn in admins},
        }


def cluster_name(settings: Settings) -> str:
    """Name of the cluster, known before it exists."""
    return settings.name("cluster")


def cluster_arn(settings: Settings) -> str:
    """ARN of the cluster, known before it exists."""
    return f"arn:aws:eks:{settings.region.name}:{settings.general.account_id}:cluster/{cluster_name(settings)}"


def _entry(principal: pulumi.Input[str], policy: str) -> eks.AccessEntryArgs:
    association = eks.AccessPolicyAssociationArgs(
        policy_arn=f"{_ACCESS_POLICIES}{policy}",
        access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
    )
    return eks.AccessEntryArgs(principal_arn=principal, access_policies={"cluster": association})
