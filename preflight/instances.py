"""What instances a stack launches, and how many vCPUs that is of each On-Demand quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws_facts.on_demand import quota_of, vcpus
from blueprint import Resource
from preflight.declared import Declared, number

CAPACITY_RESERVATION = "aws:ec2/capacityReservation:CapacityReservation"
FLEET = "aws:autoscaling/group:Group"
INSTANCE = "aws:ec2/instance:Instance"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
SUBNET = "aws:ec2/subnet:Subnet"


@dataclass(frozen=True)
class Launched:
    """Instances of one type: `start` of them when the update ends, `most` when the platform has grown. `zones` are
    those that it may stand in; `reason` names the resource."""

    type: str
    start: int
    most: int
    zones: tuple[str, ...]
    reason: str


def launched(declared: Declared, region: str) -> list[Launched]:
    """Instances that count against On-Demand quotas in a region. An instance inside a reservation of the stack counts
    with the reservation, which takes its capacity whether instances run in it or not (EC2 User Guide, "On-Demand
    Capacity Reservations", quotas)."""
    sources = (_reserved, _single, _fleets, _nodes)
    return [group for source in sources for group in source(declared, region)]


def by_quota(declared: Declared, region: str) -> dict[tuple[str, str], tuple[int, int, list[str]]]:
    """vCPUs by quota: at the end of the update, at most, and the types that count; unknown types count as 0 and stand
    among the types with a question mark."""
    start: Counter[tuple[str, str]] = Counter()
    most: Counter[tuple[str, str]] = Counter()
    types: dict[tuple[str, str], list[str]] = {}
    for group in launched(declared, region):
        quota, each = quota_of(group.type), vcpus(group.type)
        start[quota] += group.start * (each or 0)
        most[quota] += group.most * (each or 0)
        size = f"{group.start} to {group.most}" if group.start != group.most else f"{group.start}"
        types.setdefault(quota, []).append(f"{size} × {group.type}{'' if each else ' (size unknown)'}")
    return {quota: (start[quota], most[quota], names) for quota, names in types.items()}


def _reserved(declared: Declared, region: str) -> Iterator[Launched]:
    for resource in declared.of_type(region, CAPACITY_RESERVATION):
        count = number(resource.properties["instanceCount"])
        zone = str(resource.properties["availabilityZone"])
        yield Launched(str(resource.properties["instanceType"]), count, count, (zone,), resource.name)


def _single(declared: Declared, region: str) -> Iterator[Launched]:
    for resource in declared.of_type(region, INSTANCE):
        if "capacityReservationSpecification" not in resource.properties:
            type_ = _type_of(declared, resource.properties)
            zones = _zones(declared, [resource.properties.get("subnetId")])
            if type_:
                yield Launched(type_, 1, 1, zones, resource.name)


def _fleets(declared: Declared, region: str) -> Iterator[Launched]:
    for resource in declared.of_type(region, FLEET):
        given = resource.properties
        type_ = _type_of(declared, given)
        # A warm pool starts its instances once, to prepare them, before it stops them.
        warm = number(given.get("warmPool", {}).get("minSize")) if isinstance(given.get("warmPool"), dict) else 0
        start = max(number(given.get("minSize")), number(given.get("desiredCapacity"))) + warm
        if type_:
            zones = _zones(declared, given.get("vpcZoneIdentifiers", []))
            yield Launched(type_, start, max(start, number(given.get("maxSize"))), zones, resource.name)


def _nodes(declared: Declared, region: str) -> Iterator[Launched]:
    for resource in declared.of_type(region, NODE_GROUP):
        given, sizes = resource.properties, resource.properties["scalingConfig"]
        if given.get("capacityType", "ON_DEMAND") != "ON_DEMAND":
            continue
        zones = _zones(declared, given.get("subnetIds", []))
        start, most = number(sizes.get("desiredSize")), number(sizes.get("maxSize"))
        for type_ in given.get("instanceTypes", [])[:1]:
            yield Launched(str(type_), start, most, zones, resource.name)


def _type_of(declared: Declared, given: Any) -> str | None:
    """The instance type, which may stand in a launch template."""
    if isinstance(given.get("instanceType"), str):
        return given["instanceType"]
    template = declared.named((given.get("launchTemplate") or {}).get("id"))
    return str(template.properties["instanceType"]) if template and "instanceType" in template.properties else None


def _zones(declared: Declared, subnets: Any) -> tuple[str, ...]:
    found: list[Resource | None] = [declared.named(subnet) for subnet in subnets]
    return tuple(dict.fromkeys(str(s.properties["availabilityZone"]) for s in found if s and s.type == SUBNET))
