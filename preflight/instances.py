"""What instances a stack launches, and how many vCPUs that is of each On-Demand quota."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from blueprint import Resource
from preflight.declared import Declared, number

CAPACITY_RESERVATION = "aws:ec2/capacityReservation:CapacityReservation"
FLEET = "aws:autoscaling/group:Group"
INSTANCE = "aws:ec2/instance:Instance"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
SUBNET = "aws:ec2/subnet:Subnet"

# EC2 User Guide, "On-Demand Instance quotas": families by quota, in vCPUs. The codes are those that Service Quotas
# lists for `ec2`. Families are the letters before the generation: `c` of c5n, `inf` of inf2.
FAMILIES: dict[str, tuple[str, str]] = {
    "dl": ("L-6E869C2A", "Running On-Demand DL instances"),
    "f": ("L-74FC7D96", "Running On-Demand F instances"),
    "g": ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "hpc": ("L-F7808C92", "Running On-Demand HPC instances"),
    "inf": ("L-1945791B", "Running On-Demand Inf instances"),
    "p": ("L-417A185B", "Running On-Demand P instances"),
    "trn": ("L-2C3B7624", "Running On-Demand Trn instances"),
    "u": ("L-43DA4232", "Running On-Demand High Memory instances"),
    "vt": ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "x": ("L-7295265B", "Running On-Demand X instances"),
}
STANDARD = ("L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances")
# The default of the standard families in a new account (EC2 User Guide, "On-Demand Instance quotas"); of others, none.
_DEFAULT_VCPUS = 5
_PREFIX = re.compile(r"^([a-z]+)")


@dataclass(frozen=True)
class Launched:
    """Instances of one type: `start` of them when the update ends, `most` when the platform has grown. `zones` are
    those that it may stand in; `reason` names the resource."""

    type: str
    start: int
    most: int
    zones: tuple[str, ...]
    reason: str


def quota_of(instance_type: str) -> tuple[str, str]:
    """Code and name of the On-Demand quota that counts an instance type."""
    match = _PREFIX.match(instance_type)
    prefix = match[1] if match else ""
    if prefix in FAMILIES:
        return FAMILIES[prefix]
    # im, is: storage-optimised families of the letter I; ra, mac and others have dedicated hosts, not this quota.
    return STANDARD if prefix[:1] in set("acdhimrtz") else FAMILIES.get(prefix[:1], STANDARD)


def default_of(code: str) -> int:
    """vCPUs that a new account has of an On-Demand quota."""
    return _DEFAULT_VCPUS if code == STANDARD[0] else 0


@cache
def _offline() -> dict[str, Any]:
    """EC2's answer to DescribeInstanceTypes as moto keeps it, which follows AWS's list."""
    text = files("moto.ec2").joinpath("resources/instance_types.json.gz").read_bytes()
    return json.loads(gzip.decompress(text))


def vcpus(instance_type: str) -> int | None:
    """vCPUs of an instance type by the kept list; None where the list does not know the type."""
    found = _offline().get(instance_type)
    return int(found["VCpuInfo"]["DefaultVCpus"]) if found else None


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
