"""The Kubernetes layer as a whole, in the order in which its parts can start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components.data.files import Share, SharedFiles
from components.kubernetes.addons import Addons, AddonsArgs, FileAccess
from components.kubernetes.autoscaler import Autoscaler, AutoscalerArgs, autoscaler_role
from components.kubernetes.cluster import Cluster, ClusterArgs
from components.kubernetes.monitoring import GRAFANA_STORAGE_GIB, Monitoring, MonitoringArgs
from components.kubernetes.monitoring_roles import MonitoringResources, MonitoringRoles, MonitoringRolesArgs
from components.kubernetes.nodes import Nodes, NodesArgs
from components.kubernetes.storage import Storage, StorageArgs
from components.layer import Layer
from components.network.groups import SecurityGroups
from components.security.keys import DataClass, Keys
from components.security.roles import HumanRoles
from components.settings import Settings


@dataclass(frozen=True)
class KubernetesArgs:
    """`provider` is this region's, for resources of the pulumi-eks plugin; `subnet_ids` are those of the app tier;
    `builds` are the ARNs of roles of builds that deploy the stack, by name; `monitoring` are AWS resources that
    monitoring uses."""

    settings: Settings
    provider: pulumi.ProviderResource
    keys: Keys
    groups: SecurityGroups
    roles: HumanRoles
    files: SharedFiles
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    builds: Mapping[str, pulumi.Input[str]]
    monitoring: MonitoringResources


class Kubernetes(Layer):
    """Control plane, add-ons that nodes need, nodes, add-ons that need nodes, and workloads.

    The API is private, so workloads are deployed from inside the VPC, as the pipeline does. With `workloads: false` or
    `bootstrap`, the stack declares only the cluster. Roles of pods always exist, for workloads from other tools.
    """

    provider: kubernetes.Provider | None = None
    autoscaler: Autoscaler | None = None
    monitoring: Monitoring | None = None

    def __init__(self, name: str, args: KubernetesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:Kubernetes", name, opts)
        self._args = args
        self._compute_key = args.keys.arn(DataClass.COMPUTE)
        self.cluster = self._cluster()
        self.addons = self._addons()
        self.nodes = self._nodes()
        on_nodes = self.addons.on_nodes(self.nodes.group)
        self.autoscaler_role = autoscaler_role(args.settings, self.cluster.name, self.child)
        self.monitoring_roles = MonitoringRoles(
            "monitoring-roles", MonitoringRolesArgs(args.settings, self.cluster.name, args.monitoring), self.child
        )
        if args.settings.kubernetes.workloads and not args.settings.general.bootstrap:
            self._workloads(on_nodes)
        self.register_outputs({"name": self.cluster.name})

    def _cluster(self) -> Cluster:
        args = self._args
        return Cluster(
            "cluster",
            ClusterArgs(
                args.settings,
                provider=args.provider,
                vpc_id=args.vpc_id,
                subnet_ids=args.subnet_ids,
                security_group=args.groups.control_plane,
                secrets_key_arn=self._compute_key,
                logs_key_arn=args.keys.arn(DataClass.LOGS),
                operator=args.roles.operator.arn,
                auditor=args.roles.auditor.arn,
                builds=args.builds,
            ),
            self.child,
        )

    def _addons(self) -> Addons:
        files = self._args.files
        return Addons(
            "addons",
            AddonsArgs(
                self._args.settings,
                cluster=self.cluster.name,
                volumes_key_arn=self._compute_key,
                files=FileAccess(
                    file_system_arn=files.arn,
                    access_point_arns={share: point.arn for share, point in files.access_points.items()},
                ),
            ),
            self.child,
        )

    def _nodes(self) -> Nodes:
        return Nodes(
            "nodes",
            NodesArgs(
                self._args.settings,
                cluster=self.cluster.name,
                subnet_ids=self._args.subnet_ids,
                security_group_id=self._args.groups.cluster_nodes.id,
                key_arn=self._compute_key,
                before=self.addons.before_nodes,
            ),
            self.child,
        )

    def _workloads(self, on_nodes: Sequence[aws.eks.Addon]) -> None:
        """Declare all workloads with one provider, which requests a token with the caller's role for each call, so that
        no credential is stored."""
        settings, files = self._args.settings, self._args.files
        self.provider = kubernetes.Provider("kubernetes", kubeconfig=self.cluster.kubeconfig, opts=self.child)
        inside = pulumi.ResourceOptions(parent=self, provider=self.provider)
        ready: list[pulumi.Resource] = [self.nodes.group, *on_nodes]
        self.storage = Storage(
            "storage",
            StorageArgs(
                file_system_id=files.id,
                access_point_ids={share: point.id for share, point in files.access_points.items()},
                sizes={Share.PROMETHEUS: settings.kubernetes.metrics_storage, Share.GRAFANA: GRAFANA_STORAGE_GIB},
                volumes_key_arn=self._compute_key,
            ),
            inside,
        )
        self.autoscaler = Autoscaler(
            "autoscaler", AutoscalerArgs(settings, [*ready, self.autoscaler_role.association]), inside
        )
        roles = [role.association for role in self.monitoring_roles.roles]
        self.monitoring = Monitoring(
            "monitoring",
            MonitoringArgs(settings, self.storage, self._args.monitoring, [*ready, *roles]),
            inside,
        )
