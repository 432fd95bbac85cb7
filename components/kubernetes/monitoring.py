"""Prometheus and Grafana in the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.networking import v1 as networking

from components.data.files import Share
from components.kubernetes.charts import release
from components.kubernetes.monitoring_roles import NAMESPACE, MonitoringResources
from components.kubernetes.monitoring_values import Names, has_persistent_storage, monitoring_values
from components.kubernetes.monitors import Monitors, MonitorsArgs
from components.kubernetes.storage import SHARED_FILES, Storage
from components.layer import Layer
from components.network.flows import KUBELET
from components.security.mirrored_images import MirroredChart
from components.security.secrets import PASSWORD_LENGTH
from components.settings import Settings

# Size in GiB of Grafana's database and plugins.
GRAFANA_STORAGE_GIB = 10
_NAMES = Names(grafana_admin="grafana-admin", grafana_claim="grafana")


@dataclass(frozen=True)
class MonitoringArgs:
    """`ready` are the resources that the release needs: nodes, drivers, name resolution and the roles of pods."""

    settings: Settings
    storage: Storage
    resources: MonitoringResources
    ready: Sequence[pulumi.Resource]


class Monitoring(Layer):
    """One Helm release with the operator, Prometheus, Alertmanager, Grafana and the exporters. Monitors, rules and
    dashboards are separate objects in `namespace`, declared after `release`, which installs their custom resource
    definitions.

    In a standby region the shared file system is a read-only replica: metrics stay on the node for a day, and Grafana
    stores nothing.
    """

    namespace: pulumi.Output[str]
    release: kubernetes.helm.v3.Release

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:Monitoring", name, opts)
        self._args = args
        space = core.Namespace(
            NAMESPACE,
            metadata=meta.ObjectMetaArgs(
                name=NAMESPACE,
                # The node exporter needs access to the host, so the namespace admits it; violations by other pods cause
                # warnings.
                labels={
                    "pod-security.kubernetes.io/enforce": "privileged",
                    "pod-security.kubernetes.io/warn": "restricted",
                },
            ),
            opts=self.child,
        )
        self.namespace = space.metadata.apply(lambda metadata: str(metadata.name))
        self._network_policies()
        before: list[pulumi.Resource] = [self._administrator(), *args.storage.shares.values(), *args.ready]
        if has_persistent_storage(args.settings):
            before.append(self._grafana_claim())
        self.release = release(
            args.settings,
            NAMESPACE,
            MirroredChart.MONITORING,
            self.namespace,
            monitoring_values(args.settings, _NAMES, args.resources),
            self.after(*before),
        )
        self.monitors = Monitors("monitors", MonitorsArgs(args.settings, self.namespace, self.release), self.child)
        self.register_outputs({"namespace": self.namespace})

    def _administrator(self) -> core.Secret:
        provider = random.Provider("monitoring-random", opts=self.child)
        password = random.RandomPassword(
            "grafana-admin",
            length=PASSWORD_LENGTH,
            special=False,
            opts=pulumi.ResourceOptions(parent=self, provider=provider),
        )
        return core.Secret(
            _NAMES.grafana_admin,
            metadata=meta.ObjectMetaArgs(name=_NAMES.grafana_admin, namespace=self.namespace),
            type="Opaque",
            string_data={"admin-user": "admin", "admin-password": pulumi.Output.secret(password.result)},
            opts=self.child,
        )

    def _grafana_claim(self) -> core.PersistentVolumeClaim:
        volume = self._args.storage.shares[Share.GRAFANA]
        return core.PersistentVolumeClaim(
            _NAMES.grafana_claim,
            metadata=meta.ObjectMetaArgs(name=_NAMES.grafana_claim, namespace=self.namespace),
            spec=core.PersistentVolumeClaimSpecArgs(
                storage_class_name=SHARED_FILES,
                access_modes=["ReadWriteMany"],
                volume_name=volume.metadata.apply(lambda metadata: metadata.name),
                resources=core.VolumeResourceRequirementsArgs(requests={"storage": f"{GRAFANA_STORAGE_GIB}Gi"}),
            ),
            opts=self.after(volume),
        )

    def _network_policies(self) -> None:
        """Network policies: no other pod can call monitoring; the Kubernetes API can call the operator's webhook."""
        everyone = meta.LabelSelectorArgs()
        networking.NetworkPolicy(
            "monitoring-closed",
            metadata=meta.ObjectMetaArgs(name="closed", namespace=self.namespace),
            spec=networking.NetworkPolicySpecArgs(
                pod_selector=everyone,
                policy_types=["Ingress"],
                ingress=[
                    networking.NetworkPolicyIngressRuleArgs(
                        from_=[networking.NetworkPolicyPeerArgs(pod_selector=everyone)]
                    )
                ],
            ),
            opts=self.child,
        )
        vpc = networking.IPBlockArgs(cidr=str(self._args.settings.network.vpc_cidr))
        networking.NetworkPolicy(
            "monitoring-webhook",
            metadata=meta.ObjectMetaArgs(name="operator-webhook", namespace=self.namespace),
            spec=networking.NetworkPolicySpecArgs(
                pod_selector=meta.LabelSelectorArgs(match_labels={"app": "monitoring-operator"}),
                policy_types=["Ingress"],
                ingress=[
                    networking.NetworkPolicyIngressRuleArgs(
                        from_=[networking.NetworkPolicyPeerArgs(ip_block=vpc)],
                        ports=[networking.NetworkPolicyPortArgs(port=KUBELET, protocol="TCP")],
                    )
                ],
            ),
            opts=self.child,
        )
