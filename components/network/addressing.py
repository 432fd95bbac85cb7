"""How a VPC's range is divided, as a pure function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses
from itertools import islice

# Of sixteen equal parts each zone takes one app, one data and one public subnet. The tenth part holds the hub's
# subnets, six parts stay free to grow.
_PART_BITS = 4
# The smallest subnet there is; a subnet of the hub holds one interface and nothing else (Transit Gateway User
# Guide, "Transit gateway design best practices").
_TRANSIT_PREFIX = 28


@dataclass(frozen=True)
class ZoneRanges:
    """Ranges of the subnets in one zone."""

    zone: str
    public: IPv4Network
    app: IPv4Network
    data: IPv4Network
    transit: IPv4Network

    @property
    def all(self) -> tuple[IPv4Network, ...]:
        """Every subnet of the zone."""
        return (self.public, self.app, self.data, self.transit)


def divide(vpc: IPv4Network, zones: Sequence[str]) -> list[ZoneRanges]:
    """Four subnets for each zone, in the order of the zones, none overlapping another."""
    count = len(zones)
    *parts, hub = islice(vpc.subnets(prefixlen_diff=_PART_BITS), 3 * count + 1)
    transit = islice(hub.subnets(new_prefix=_TRANSIT_PREFIX), count)
    tiers = zip(zones, parts[2 * count :], parts[:count], parts[count : 2 * count], transit, strict=True)
    return [ZoneRanges(*zone) for zone in tiers]


def joined(ranges: Iterable[IPv4Network]) -> list[IPv4Network]:
    """The fewest ranges that cover the same addresses, for rules that name a whole tier."""
    return list(collapse_addresses(ranges))
