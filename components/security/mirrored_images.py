"""Third-party images and charts of the platform, each copied into a repository of the platform's own registry.

Nodes pull from the registry of their own region, so that a takeover depends on no other registry. Images are copied and
not cached by pull-through rules. Such a rule contacts the upstream registry at the first pull in each region, which
would be during the takeover, and rules for Docker Hub and GitHub need credentials (Amazon ECR User Guide, "Sync an
upstream registry with an Amazon ECR private registry").
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from components.settings import Settings


@dataclass(frozen=True)
class Upstream:
    """Source of an image. `tag` is None if the Kubernetes version decides it."""

    registry: str
    repository: str
    tag: str | None


class Mirrored(Enum):
    """Images of the charts of `components.kubernetes.charts`, at the versions that those charts use: values.yaml of
    kube-prometheus-stack 88.5.3 and of its charts kube-state-metrics 8.4.0, prometheus-node-exporter 4.56.1 and grafana
    12.11.1."""

    AUTOSCALER = Upstream("registry.k8s.io", "autoscaling/cluster-autoscaler", None)
    OPERATOR = Upstream("quay.io", "prometheus-operator/prometheus-operator", "v0.93.1")
    CONFIG_RELOADER = Upstream("quay.io", "prometheus-operator/prometheus-config-reloader", "v0.93.1")
    WEBHOOK_CERTIFICATES = Upstream("ghcr.io", "jkroepke/kube-webhook-certgen", "1.8.7")
    PROMETHEUS = Upstream("quay.io", "prometheus/prometheus", "v3.14.0-distroless")
    ALERTMANAGER = Upstream("quay.io", "prometheus/alertmanager", "v0.34.0")
    NODE_EXPORTER = Upstream("quay.io", "prometheus/node-exporter", "v1.12.1")
    STATE_METRICS = Upstream("registry.k8s.io", "kube-state-metrics/kube-state-metrics", "v2.20.0")
    GRAFANA = Upstream("docker.io", "grafana/grafana", "13.2.0")
    GRAFANA_SIDECAR = Upstream("quay.io", "kiwigrid/k8s-sidecar", "2.10.1")


@dataclass(frozen=True)
class Chart:
    """One version of a Helm chart in the repository of its authors."""

    name: str
    repository: str
    version: str


class MirroredChart(Enum):
    """Charts of the cluster. A release takes them from the registry of its own region, so that a takeover depends on
    no other server. Chart.yaml of each at github.com/kubernetes/autoscaler (tag cluster-autoscaler-chart-9.59.0) and
    github.com/prometheus-community/helm-charts (kube-prometheus-stack 88.5.3, which contains Grafana's chart
    12.11.1)."""

    AUTOSCALER = Chart("cluster-autoscaler", "https://kubernetes.github.io/autoscaler", "9.59.0")
    MONITORING = Chart("kube-prometheus-stack", "https://prometheus-community.github.io/helm-charts", "88.5.3")

    @property
    def path(self) -> str:
        """The repository's name in the registry, below the platform's prefix: Helm appends the chart's name to the
        address to which it pushes (Amazon ECR User Guide, "Pushing a Helm chart to an Amazon ECR private
        repository")."""
        return f"{_CHARTS}/{self.value.name}"


_CHARTS = "charts"


def registry(settings: Settings) -> str:
    """Registry of this stack's region, with the first part of the repositories' names:
    `123456789012.dkr.ecr.us-east-1.amazonaws.com/trading`."""
    return f"{settings.general.registry_host}/{settings.general.name_prefix}"


def tag(settings: Settings, image: Mirrored) -> str:
    """Tag of an image in this stack."""
    return image.value.tag or settings.kubernetes.pins.autoscaler


def images_to_mirror(settings: Settings) -> list[dict[str, str]]:
    """Images to copy before workloads start: `source` and `target` of each image, as references with a tag."""
    return [
        {
            "source": f"{image.value.registry}/{image.value.repository}:{tag(settings, image)}",
            "target": f"{registry(settings)}/{image.value.repository}:{tag(settings, image)}",
        }
        for image in Mirrored
    ]


def chart_address(settings: Settings, chart: MirroredChart) -> str:
    """The address of a chart in the registry of this stack's region, without its version."""
    return f"oci://{registry(settings)}/{chart.path}"


def charts_to_mirror(settings: Settings) -> list[dict[str, str]]:
    """Charts to copy before workloads start: where each is from, and the address below which Helm pushes it."""
    return [
        {
            "name": chart.value.name,
            "version": chart.value.version,
            "source": chart.value.repository,
            "target": f"oci://{registry(settings)}/{_CHARTS}",
        }
        for chart in MirroredChart
    ]
