"""Helm charts at pinned versions, and how a release of one is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

# What a release may take until all of it runs, in seconds: images are pulled and volumes mounted meanwhile.
_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Chart:
    """A chart of a repository, at one version."""

    name: str
    repository: str
    version: str


# Chart.yaml of each at github.com/kubernetes/autoscaler (tag cluster-autoscaler-chart-9.59.0) and
# github.com/prometheus-community/helm-charts (kube-prometheus-stack 88.5.3, which carries Grafana's chart 12.11.1).
AUTOSCALER = Chart("cluster-autoscaler", "https://kubernetes.github.io/autoscaler", "9.59.0")
MONITORING = Chart("kube-prometheus-stack", "https://prometheus-community.github.io/helm-charts", "88.5.3")


@dataclass(frozen=True)
class Quantities:
    """What a container asks for, and the most memory it may have, in Kubernetes' notation. Processors are not capped: a
    cap throttles what has work to do while the node idles."""

    cpu: str
    memory: str
    most_memory: str

    def as_values(self) -> dict[str, Any]:
        """The form that charts and pods share."""
        return {"requests": {"cpu": self.cpu, "memory": self.memory}, "limits": {"memory": self.most_memory}}


def release(
    name: str, chart: Chart, namespace: pulumi.Input[str], values: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> kubernetes.helm.v3.Release:
    """A release that is taken back whole when it does not come up."""
    return kubernetes.helm.v3.Release(
        name,
        name=name,
        chart=chart.name,
        version=chart.version,
        repository_opts=kubernetes.helm.v3.RepositoryOptsArgs(repo=chart.repository),
        namespace=namespace,
        values=values,
        atomic=True,
        timeout=_TIMEOUT_SECONDS,
        opts=opts,
    )
