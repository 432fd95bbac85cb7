"""Checks of the settings of a stack against each other: role, regions, zones, address ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.settings.consistency.problem import Check, Problems
from components.settings.regions import REGIONS, STRONG_REGION_SETS

if TYPE_CHECKING:
    from components.settings.root import Settings


def _regions_differ(settings: Settings) -> Problems:
    general = settings.general
    if general.primary_region == general.dr_region:
        yield (
            "drRegion",
            general.dr_region,
            "is also the primaryRegion; a recovery region must be another one",
        )
    if general.witness_region in (general.primary_region, general.dr_region):
        yield (
            "witnessRegion",
            general.witness_region,
            "already holds a full copy of the control table; choose a third region to vote",
        )


def _region_is_that_of_the_role(settings: Settings) -> Problems:
    general = settings.general
    expected = general.primary_region if settings.is_primary else general.dr_region
    if general.region != expected:
        key = "primaryRegion" if settings.is_primary else "drRegion"
        yield (
            "region",
            general.region,
            f"differs from {key} = {expected!r}; a stack of role {general.role.value} stands there",
        )


def _one_consistency_set(settings: Settings) -> Problems:
    general = settings.general
    strong_set = REGIONS[general.primary_region].strong_set
    members = STRONG_REGION_SETS[strong_set]
    for key, region in (("drRegion", general.dr_region), ("witnessRegion", general.witness_region)):
        if region not in members:
            yield (
                key,
                region,
                f"is not in one consistency set with {general.primary_region}; choose from {', '.join(members)}",
            )


def _zones_belong_to_the_region(settings: Settings) -> Problems:
    zones = settings.network.availability_zones
    for zone in zones:
        if zone not in settings.region.zones and not settings.region.has_zone_id(zone):
            yield (
                "availabilityZones",
                zone,
                f"is not a zone of {settings.region.name}; choose from {', '.join(settings.region.zones)}, or name "
                f"zones by id, such as {settings.region.code}-az1",
            )
    if len(set(zones)) != len(zones):
        yield ("availabilityZones", list(zones), "names a zone twice; name three different ones")


def _ranges_are_disjoint(settings: Settings) -> Problems:
    network = settings.network
    others = [("onPremisesCidr", network.on_premises_cidr)]
    if settings.is_primary:
        if network.vpc_cidr != network.primary_vpc_cidr:
            yield (
                "primaryVpcCidr",
                str(network.primary_vpc_cidr),
                f"differs from vpcCidr = {str(network.vpc_cidr)!r}; in the primary they are the same",
            )
        others.append(("drVpcCidr", network.dr_vpc_cidr))
    else:
        others.append(("primaryVpcCidr", network.primary_vpc_cidr))
    for key, other in others:
        if network.vpc_cidr.overlaps(other):
            yield (
                "vpcCidr",
                str(network.vpc_cidr),
                f"overlaps {key} = {str(other)!r}; networks that are routed to each other must be disjoint",
            )


def _only_a_recovery_region_takes_over(settings: Settings) -> Problems:
    if settings.is_primary and settings.general.active:
        yield ("active", True, "is for the recovery region; a primary always runs at full size, remove it")


CHECKS: tuple[Check, ...] = (
    _regions_differ,
    _region_is_that_of_the_role,
    _one_consistency_set,
    _zones_belong_to_the_region,
    _ranges_are_disjoint,
    _only_a_recovery_region_takes_over,
)
