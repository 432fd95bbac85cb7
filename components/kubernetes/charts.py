"""Helm charts at pinned versions, and the declaration of their releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

# Seconds until all of a release must run, including image pulls and volume mounts.
_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Chart:
    """One version of a chart in a repository."""

    name: str
    repository: str
    version: str


# Chart.yaml of each at github.com/kubernetes/autoscaler (tag cluster-autoscaler-chart-9.59.0) and
# github.com/prometheus-community/helm-charts (kube-prometheus-stack 88.5.3, which contains Grafana's chart 12.11.1).
AUTOSCALER = Chart("cluster-autoscaler", "https://kubernetes.github.io/autoscaler", "9.59.0")
MONITORING = Chart("kube-prometheus-stack", "https://prometheus-community.github.io/helm-charts", "88.5.3")


@dataclass(frozen=True)
class Quantities:
    """A container's resource requests and its memory limit, in Kubernetes' notation. There is no processor limit,
    because it would throttle a busy container on an idle node."""

    cpu: str
    memory: str
    most_memory: str

    def as_values(self) -> dict[str, Any]:
        """Return the requests and limits in the form that charts and pods share."""
        return {"requests": {"cpu": self.cpu, "memory": self.memory}, "limits": {"memory": self.most_memory}}


def release(
    name: str, chart: Chart, namespace: pulumi.Input[str], values: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> kubernetes.helm.v3.Release:
    """Declare a release that is rolled back as a whole if it fails."""
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
