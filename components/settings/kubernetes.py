"""Settings of the Kubernetes cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from components.settings.ranges import PrivateCidr
from components.settings.section import LogDays, Section, Texts

_PRINCIPAL = re.compile(r"arn:aws:iam::\d{12}:(user|role)/[\w+=,.@/-]+", re.ASCII)


@dataclass(frozen=True)
class Pins:
    """What goes with one Kubernetes version: the version of each EKS add-on by name, and the autoscaler's image."""

    addons: Mapping[str, str]
    autoscaler: str


# Drivers and the agent carry the same version for either Kubernetes version.
_DRIVERS = {
    "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    "aws-ebs-csi-driver": "v1.64.0-eksbuild.1",
    "aws-efs-csi-driver": "v3.4.0-eksbuild.1",
}
PINS: Mapping[str, Pins] = {
    # EKS's own defaults for each version (`aws eks describe-addon-versions`, October 2026); the autoscaler's newest
    # patch of the same minor version, since it simulates that version's scheduler (kubernetes/autoscaler, "Releases").
    "1.35": Pins(
        {
            "vpc-cni": "v1.22.4-eksbuild.3",
            "coredns": "v1.13.2-eksbuild.31",
            "kube-proxy": "v1.35.3-eksbuild.29",
            **_DRIVERS,
        },
        autoscaler="v1.35.2",
    ),
    "1.36": Pins(
        {
            "vpc-cni": "v1.22.4-eksbuild.3",
            "coredns": "v1.14.3-eksbuild.16",
            "kube-proxy": "v1.36.0-eksbuild.21",
            **_DRIVERS,
        },
        autoscaler="v1.36.1",
    ),
}


def _service_sized(network: IPv4Network) -> IPv4Network:
    # Amazon EKS API Reference, KubernetesNetworkConfigRequest, `serviceIpv4Cidr`.
    if not 12 <= network.prefixlen <= 24:
        raise ValueError("is not of a size that EKS takes; write a range from /12 to /24")
    return network


ServiceCidr = Annotated[PrivateCidr, AfterValidator(_service_sized)]


class KubernetesSettings(Section):
    """The cluster is of one version in both regions: what runs in one must run in the other."""

    kubernetes_version: str = Field(
        "1.35", description="Version of Kubernetes in both regions; the primary is taken to a new one first."
    )
    kubernetes_service_cidr: ServiceCidr = Field(
        IPv4Network("172.20.0.0/16"),
        description="Address range of the cluster's services, which no other network that pods reach may have. Cannot "
        "be changed once the cluster exists.",
    )
    workloads: bool = Field(
        True,
        description="Whether the stack declares what runs in the cluster (autoscaler, monitoring, its storage); false "
        "leaves that to whoever runs GitOps. What AWS must know of it is declared in either case.",
    )
    cluster_admins: Texts = Field(
        (),
        description="ARNs of users and roles that administer the cluster beside the role that made it, which EKS "
        "admits by itself.",
        # A limit of ours: a role that many people take is one entry.
        max_length=100,
    )
    cluster_log_days: LogDays = Field(
        365, description="How long the control plane's logs stay in CloudWatch Logs, in days."
    )
    node_volume: int = Field(50, description="Size of a node's volume, in GiB.", ge=20, le=16_384)
    metrics_retention_days: int = Field(
        15, description="How long Prometheus keeps metrics on the shared file system, in days.", ge=1, le=400
    )
    metrics_storage: int = Field(
        100, description="How much of the shared file system metrics may take, in GiB.", ge=10, le=10_000
    )

    @field_validator("kubernetes_version")
    @classmethod
    def _pinned(cls, version: str) -> str:
        if version not in PINS:
            raise ValueError(
                f"has no pinned add-ons here; choose {' or '.join(PINS)}, written with quotes, or add its versions to "
                "components/settings/kubernetes.py"
            )
        return version

    @field_validator("cluster_admins")
    @classmethod
    def _users_and_roles(cls, arns: tuple[str, ...]) -> tuple[str, ...]:
        for arn in arns:
            if not _PRINCIPAL.fullmatch(arn):
                raise ValueError(f"{arn!r} names no user or role; write arn:aws:iam::ACCOUNT:role/NAME")
        names = [arn.rpartition("/")[2].casefold() for arn in arns]
        for arn, name in zip(arns, names, strict=True):
            if names.count(name) > 1:
                raise ValueError(f"{arn!r} has the name of another one, and access entries have these names; keep one")
        return arns

    @property
    def pins(self) -> Pins:
        """What goes with the cluster's version."""
        return PINS[self.kubernetes_version]
