"""Dashboards of a recorded stack, as Grafana's sidecar finds them."""

from __future__ import annotations

import json
from typing import Any

from blueprint import Blueprint
from blueprint.manifests import manifests


def config_maps(stack: Blueprint) -> list[dict[str, Any]]:
    """The objects with the label that the sidecar looks for."""
    return [
        manifest
        for manifest in manifests(stack)
        if manifest["kind"] == "ConfigMap" and manifest["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
    ]


def boards(stack: Blueprint) -> list[dict[str, Any]]:
    """Every dashboard, as JSON."""
    return [json.loads(text) for found in config_maps(stack) for text in found["data"].values()]


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels of a dashboard, those of its rows included."""
    return [inner for panel in board["panels"] for inner in (panel, *panel.get("panels", []))]
