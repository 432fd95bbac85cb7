"""Grafana's data sources: their identifiers in panels, and their provisioning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.settings import Settings

# Grafana loads ConfigMaps with this label as dashboards.
DASHBOARD_LABEL, DASHBOARD_VALUE = "grafana_dashboard", "1"


@dataclass(frozen=True)
class Source:
    """`kind` is the plugin's name."""

    uid: str
    kind: str


PROMETHEUS = Source("prometheus", "prometheus")
CLOUDWATCH = Source("cloudwatch", "cloudwatch")


def cloudwatch_source(settings: Settings) -> dict[str, Any]:
    """CloudWatch as a data source, with the role of Grafana's pod and this region as the default."""
    return {
        "name": "CloudWatch",
        "uid": CLOUDWATCH.uid,
        "type": CLOUDWATCH.kind,
        "access": "proxy",
        "isDefault": False,
        "editable": False,
        "jsonData": {"authType": "default", "defaultRegion": settings.region.name},
    }
