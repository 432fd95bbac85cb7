"""Checks of the settings of a stack against each other: role, regions, zones, address ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts.zones import WITHOUT_EKS
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
    by_id = [zone for zone in zones if settings.region.has_zone_id(zone)]
    if by_id and len(by_id) != len(zones):
        yield (
            "availabilityZones",
            list(zones),
            f"names zones by name and by id, of which two may be one place; write all by id, such as {by_id[0]}, or "
            f"all by name, such as {settings.region.zones[0]}",
        )


def _zones_take_a_control_plane(settings: Settings) -> Problems:
    """EKS puts the control plane's interfaces into subnets of these zones; `aws_facts.zones` has the source."""
    zones = settings.network.availability_zones
    taking = [zone for zone in settings.region.zone_ids if zone not in WITHOUT_EKS]
    for zone in zones:
        if zone in WITHOUT_EKS:
            yield (
                "availabilityZones",
                zone,
                f"takes no control plane of EKS; choose three of {', '.join(taking)}",
            )


def _the_primary_has_one_range(settings: Settings) -> Problems:
    network = settings.network
    if settings.is_primary and network.vpc_cidr != network.primary_vpc_cidr:
        yield (
            "primaryVpcCidr",
            str(network.primary_vpc_cidr),
            f"differs from vpcCidr = {str(network.vpc_cidr)!r}; in the primary they are the same",
        )


def _only_a_recovery_region_takes_over(settings: Settings) -> Problems:
    if settings.is_primary and settings.general.active:
        yield ("active", True, "is for the recovery region; a primary always runs at full size, remove it")


CHECKS: tuple[Check, ...] = (
    _regions_differ,
    _region_is_that_of_the_role,
    _one_consistency_set,
    _zones_belong_to_the_region,
    _zones_take_a_control_plane,
    _the_primary_has_one_range,
    _only_a_recovery_region_takes_over,
)
