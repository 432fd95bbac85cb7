"""Helm charts at pinned versions, and the declaration of their releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.security.mirrored_images import MirroredChart, chart_address
from components.settings import Settings

# Seconds until all of a release must run, including image pulls and volume mounts.
_TIMEOUT_SECONDS = 600


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
    settings: Settings,
    name: str,
    chart: MirroredChart,
    namespace: pulumi.Input[str],
    values: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> kubernetes.helm.v3.Release:
    """Declare a release from the copy of its chart in the region's own registry. It is rolled back as a whole if it
    fails."""
    return kubernetes.helm.v3.Release(
        name,
        name=name,
        chart=chart_address(settings, chart),
        version=chart.value.version,
        namespace=namespace,
        values=values,
        atomic=True,
        timeout=_TIMEOUT_SECONDS,
        opts=opts,
    )
