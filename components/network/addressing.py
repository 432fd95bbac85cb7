"""Division of a VPC's address range into subnets, as a pure function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses
from itertools import islice

# The range is divided into sixteen equal parts. Each of the three zones takes one part for its app subnet, one for its
# data subnet and one for its public subnet. The tenth part holds the hub's subnets. Six parts stay free.
_PART_BITS = 4
# The smallest subnet that AWS allows. A hub subnet holds one interface and nothing else (Transit Gateway User Guide,
# "Transit gateway design best practices").
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
        """All subnets of the zone."""
        return (self.public, self.app, self.data, self.transit)


def divide(vpc: IPv4Network, zones: Sequence[str]) -> list[ZoneRanges]:
    """Return four subnets for each zone, in the order of `zones`, without overlap."""
    count = len(zones)
    *parts, hub = islice(vpc.subnets(prefixlen_diff=_PART_BITS), 3 * count + 1)
    transit = islice(hub.subnets(new_prefix=_TRANSIT_PREFIX), count)
    tiers = zip(zones, parts[2 * count :], parts[:count], parts[count : 2 * count], transit, strict=True)
    return [ZoneRanges(*zone) for zone in tiers]


def merge_ranges(ranges: Iterable[IPv4Network]) -> list[IPv4Network]:
    """Merge adjacent ranges into the fewest that cover the same addresses, for rules that cover a whole tier."""
    return list(collapse_addresses(ranges))
