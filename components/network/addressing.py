"""How a VPC's range is divided, as a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import islice

# Of sixteen equal parts each zone takes one app, one data and one public subnet; seven parts stay free to grow.
_PART_BITS = 4


@dataclass(frozen=True)
class ZoneRanges:
    """Ranges of the subnets in one zone."""

    zone: str
    public: IPv4Network
    app: IPv4Network
    data: IPv4Network


def divide(vpc: IPv4Network, zones: Sequence[str]) -> list[ZoneRanges]:
    """Three subnets for each zone, in the order of the zones, none overlapping another."""
    parts = list(islice(vpc.subnets(prefixlen_diff=_PART_BITS), 3 * len(zones)))
    count = len(zones)
    tiers = zip(zones, parts[:count], parts[count : 2 * count], parts[2 * count :], strict=True)
    return [ZoneRanges(zone, public, app, data) for zone, app, data, public in tiers]
