"""Checks of the settings of the cluster against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.settings.consistency.problem import Check, Problems

if TYPE_CHECKING:
    from components.settings.root import Settings


def nodes_fit_between_their_bounds(settings: Settings) -> Problems:
    """The autoscaler works between both."""
    sizes = settings.sizes
    if sizes.nodes_min > sizes.nodes_max:
        yield (
            "nodesMin",
            sizes.nodes_min,
            f"is more than nodesMax = {sizes.nodes_max}; lower it, or raise nodesMax",
        )


def nodes_of_the_primary_stand_in_every_zone(settings: Settings) -> Problems:
    """A zone that is lost must leave nodes; a region that stands by may have fewer."""
    zones = len(settings.network.availability_zones)
    if settings.is_primary and settings.sizes.nodes_min < zones:
        yield (
            "nodesMin",
            settings.sizes.nodes_min,
            f"leaves one of {zones} zones without a node in the region that serves; set at least {zones}",
        )


CHECKS: tuple[Check, ...] = (
    nodes_fit_between_their_bounds,
    nodes_of_the_primary_stand_in_every_zone,
)
