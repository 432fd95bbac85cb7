"""Address ranges, and addresses of the internet: one type for each kind, whatever setting holds it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, collapse_addresses
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

# RFC 1918. `IPv4Network.is_private` also counts loopback, link-local and documentation ranges, which a VPC
# cannot or should not use.
RFC1918 = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))

# RFC 5737. A default may be of them; what still has one is judged where a stack is brought up.
DOCUMENTATION = tuple(IPv4Network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))

# IANA IPv4 Special-Purpose Address Registry (RFC 6890), blocks that are not forwardable or not a source, without those
# for documentation; and multicast (RFC 5771), which is never a source.
_NEVER_ROUTED: Mapping[IPv4Network, str] = {
    IPv4Network("0.0.0.0/8"): "this network (RFC 791)",
    IPv4Network("127.0.0.0/8"): "loopback (RFC 1122)",
    IPv4Network("169.254.0.0/16"): "link-local (RFC 3927)",
    IPv4Network("192.0.0.0/24"): "protocol assignments of the IETF (RFC 6890)",
    IPv4Network("192.88.99.0/24"): "the former relays of 6to4 (RFC 7526)",
    IPv4Network("224.0.0.0/4"): "multicast (RFC 5771)",
    IPv4Network("240.0.0.0/4"): "reserved, with the address of broadcast (RFC 1112)",
}
# Blocks that lie side by side are one: 224.0.0.0/3 holds nothing else.
_JOINED = tuple(collapse_addresses(_NEVER_ROUTED))


def _written(value: Any) -> Any:
    """Pydantic says only that a range is wrong; this says how to write it."""
    if not isinstance(value, str):
        return value
    try:
        return IPv4Network(value)
    except ValueError:
        try:
            meant = IPv4Network(value, strict=False)
        except ValueError as error:
            raise ValueError("is not an address range; write it like 10.0.0.0/16") from error
        raise ValueError(f"names an address inside a range; for the range write {meant}") from None


def _never_routed(network: IPv4Network) -> str | None:
    """The block of which no router forwards a packet, if the whole range lies in such ones; None otherwise."""
    if not any(network.subnet_of(block) for block in _JOINED):
        return None
    return next(f"{block}, {what}" for block, what in _NEVER_ROUTED.items() if block.overlaps(network))


def _routed(network: IPv4Network) -> IPv4Network:
    block = _never_routed(network)
    if block:
        raise ValueError(f"lies in {block}, from which no packet comes through a router; name a range of hosts")
    return network


def _private(network: IPv4Network) -> IPv4Network:
    if not any(network.subnet_of(block) for block in RFC1918):
        raise ValueError("is not a private range; choose one inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    return network


def _vpc_sized(network: IPv4Network) -> IPv4Network:
    # A VPC is /16 to /28 (VPC User Guide, "VPC CIDR blocks"); nine subnets of a useful size need /20.
    if not 16 <= network.prefixlen <= 20:
        raise ValueError("must be between /16 and /20: a VPC is /16 at most, and nine subnets must fit into it")
    return network


def is_documentation(address: IPv4Address | IPv4Network) -> bool:
    """Whether an address or a whole range is of a block for documentation."""
    return any(IPv4Network(address).subnet_of(block) for block in DOCUMENTATION)


def _of_the_internet(address: IPv4Address) -> IPv4Address:
    known = address.is_global or is_documentation(address)
    if not known or _never_routed(IPv4Network(address)):
        raise ValueError(
            "is not a routable public unicast address; give the public address of the VPN device, or that of the NAT "
            "device in front of it"
        )
    return address


Cidr = Annotated[IPv4Network, BeforeValidator(_written), AfterValidator(_routed)]
PrivateCidr = Annotated[Cidr, AfterValidator(_private)]
VpcCidr = Annotated[PrivateCidr, AfterValidator(_vpc_sized)]
PublicAddress = Annotated[IPv4Address, AfterValidator(_of_the_internet)]
