"""Ranges of addresses read as sets: how much of the internet they cover together."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from policy.values import Unknown, has_reference

Network = IPv4Network | IPv6Network

# A set of ranges counts as the world from this size on: a /4 holds a sixteenth of all IPv4 addresses, which belongs to
# no single organization. Of IPv6 only 2000::/3 is given out, and of that a /12 or two to each regional registry for all
# its members (IANA, "IPv6 Global Unicast Address Assignments"), so that a few /12 hold nearly everybody.
_WORLD4 = 2 ** (32 - 4)
_WORLD6 = 2 ** (128 - 12)
# S3 User Guide, "The meaning of 'public'": ranges of more than /8 of IPv4 and /32 of IPv6 are very broad.
_BROAD4, _BROAD6 = 8, 32
_PRIVATE4 = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
_PRIVATE6 = ip_network("fc00::/7")
_GIVEN_OUT6 = ip_network("2000::/3")


def networks(ranges: Iterable[Any]) -> list[Network]:
    """The networks that are written out. References are passed over; raises `NotEvaluatedError` for an unknown."""
    found: list[Network] = []
    for value in ranges:
        if isinstance(value, Unknown):
            value.refuse()
        if isinstance(value, str) and value and not has_reference(value):
            found.append(ip_network(value, strict=False))
    return found


def collapsed(ranges: Iterable[Any]) -> tuple[list[IPv4Network], list[IPv6Network]]:
    """The union of ranges, as the fewest networks that make it up: of IPv4, and of IPv6."""
    given = networks(ranges)
    four = collapse_addresses(network for network in given if isinstance(network, IPv4Network))
    six = collapse_addresses(network for network in given if isinstance(network, IPv6Network))
    return list(four), list(six)


def covers_world(ranges: Iterable[Any]) -> bool:
    """Whether ranges together hold so much of the internet that anybody may be in them; private ones do not count."""
    four, six = collapsed(ranges)
    public4 = sum(_public_size(network) for network in four)
    public6 = sum(_given_out(network) for network in six)
    return public4 >= _WORLD4 or public6 >= _WORLD6


def _public_size(network: IPv4Network) -> int:
    if any(network.subnet_of(private) for private in _PRIVATE4 if isinstance(private, IPv4Network)):
        return 0
    inside = (p for p in _PRIVATE4 if isinstance(p, IPv4Network) and p.subnet_of(network))
    return network.num_addresses - sum(private.num_addresses for private in inside)


def _given_out(network: IPv6Network) -> int:
    if not isinstance(_GIVEN_OUT6, IPv6Network) or not network.overlaps(_GIVEN_OUT6):
        return 0
    return min(network.num_addresses, _GIVEN_OUT6.num_addresses)


def too_broad(ranges: Iterable[str]) -> bool:
    """Whether ranges of a condition narrow nothing, by S3's measure; ranges that cannot be read do not narrow."""
    try:
        given = networks(ranges)
    except ValueError:
        return True
    return covers_world(ranges) or any(_broad(network) for network in given)


def _broad(network: Network) -> bool:
    if isinstance(network, IPv4Network):
        private = any(network.subnet_of(p) for p in _PRIVATE4 if isinstance(p, IPv4Network))
        return network.prefixlen < _BROAD4 and not private
    private6 = isinstance(_PRIVATE6, IPv6Network) and network.subnet_of(_PRIVATE6)
    return network.prefixlen < _BROAD6 and not private6
