"""Helm values of images: always the copy in the registry of the stack's own region."""

from __future__ import annotations

from components.security.mirrored_images import Mirrored, registry, tag
from components.settings import Settings


def image_values(settings: Settings, image: Mirrored) -> dict[str, str]:
    """Registry, repository and tag as separate values, as the charts of Prometheus and Grafana expect."""
    return {
        "registry": registry(settings),
        "repository": image.value.repository,
        "tag": tag(settings, image),
    }


def whole_repository(settings: Settings, image: Mirrored) -> dict[str, str]:
    """Registry and repository as one value, as the autoscaler's chart expects."""
    return {
        "repository": f"{registry(settings)}/{image.value.repository}",
        "tag": tag(settings, image),
    }
