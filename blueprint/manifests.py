"""Manifests of a blueprint's Kubernetes objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from blueprint.model import Blueprint, Resource
from blueprint.secrets import MASK, Secret

_KUBERNETES = "kubernetes:"
RELEASE = "kubernetes:helm.sh/v3:Release"


def manifests(blueprint: Blueprint) -> list[dict[str, Any]]:
    """Return all Kubernetes objects that the program declares itself, by URN, without chart releases. Secrets are
    masked, and values that only the cloud can provide are references."""
    return [
        {key: _shown(value) for key, value in sorted(resource.properties.items())}
        for resource in blueprint.resources
        if resource.type.startswith(_KUBERNETES) and resource.type != RELEASE
    ]


def releases(blueprint: Blueprint) -> list[dict[str, Any]]:
    """Return all chart releases: name, chart, version, namespace and values."""
    return [_release(resource) for resource in blueprint.of_type(RELEASE)]


def as_yaml(objects: list[dict[str, Any]]) -> str:
    """Return one YAML document for each object."""
    return yaml.safe_dump_all(objects, sort_keys=True, width=120)


def _release(resource: Resource) -> dict[str, Any]:
    properties = resource.properties
    return {
        "name": properties["name"],
        "chart": properties["chart"],
        "version": properties["version"],
        "namespace": properties["namespace"],
        "values": _shown(properties["values"]),
    }


def _shown(value: Any) -> Any:
    if isinstance(value, Secret):
        return _masked(value.value)
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value


def _masked(value: Any) -> Any:
    """Return the shape of a secret with masked values, so that it can be validated."""
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return MASK
