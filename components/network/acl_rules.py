"""The rules of each tier's network ACL, as data.

ACLs are stateless, so replies need rules of their own, for the ephemeral ports of the caller: 1024 to 65535 where load
balancers, NAT gateways or functions call, 32768 to 60999 where only Linux hosts call (VPC User Guide, "Ephemeral
ports"; Linux `ip_local_port_range`). AWS evaluates rules in ascending order of their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from components.network.flows import HTTP, HTTPS, NFS, POSTGRESQL, REDIS
from components.settings.network import NetworkSettings

WORLD = IPv4Network("0.0.0.0/0")
EPHEMERAL = (1024, 65535)
LINUX_EPHEMERAL = (32768, 60999)
# ICMP "fragmentation needed": without it, a path with a smaller MTU, such as a VPN, silently drops large packets.
_PATH_MTU = (3, 4)

# Numbers from here on are for the traffic between the regions; the recovery stack declares those rules.
BETWEEN_REGIONS = 500
_OUTSIDE = 900


@dataclass(frozen=True)
class AclRule:
    """`first` and `last` are ports, or ICMP type and code; 0 and 0 where the protocol is all (`-1`)."""

    number: int
    direction: Literal["in", "out"]
    protocol: Literal["tcp", "udp", "icmp", "-1"]
    first: int
    last: int
    cidr: IPv4Network
    action: Literal["allow", "deny"] = "allow"


def public_rules(settings: NetworkSettings) -> list[AclRule]:
    """Rules of the public tier: load balancers accept calls from outside, NAT gateways call out, the VPC is open."""
    return [
        *_everything(100, settings.vpc_cidr),
        AclRule(200, "in", "tcp", HTTPS, HTTPS, WORLD),
        AclRule(210, "in", "tcp", HTTP, HTTP, WORLD),
        *_replies_from_outside(),
        *_calls_to_outside(),
        AclRule(_OUTSIDE, "out", "tcp", *EPHEMERAL, WORLD),
    ]


def app_rules(settings: NetworkSettings) -> list[AclRule]:
    """Rules of the app tier: the whole VPC, on-premises partners on the trading ports, and replies from outside."""
    partners = settings.on_premises_cidr
    fix, feed = settings.fix_port, settings.market_data_port
    return [
        *_everything(100, settings.vpc_cidr),
        AclRule(200, "in", "tcp", fix, fix, partners),
        AclRule(210, "in", "udp", feed, feed, partners),
        AclRule(220, "in", "tcp", *LINUX_EPHEMERAL, partners),
        AclRule(230, "in", "icmp", *_PATH_MTU, partners),
        AclRule(200, "out", "tcp", fix, fix, partners),
        AclRule(210, "out", "tcp", *EPHEMERAL, partners),
        *_replies_from_outside(),
        *_calls_to_outside(),
    ]


def data_rules(app: Sequence[IPv4Network], data: Sequence[IPv4Network]) -> list[AclRule]:
    """Rules of the data tier: the app tier on the ports of the stores, the stores among themselves, and S3 through its
    gateway endpoint, which is the only outbound route of this tier."""
    return [
        *(
            AclRule(100 + 10 * position + index, "in", "tcp", port, port, cidr)
            for position, port in enumerate((POSTGRESQL, REDIS, NFS))
            for index, cidr in enumerate(app)
        ),
        *(AclRule(100 + index, "out", "tcp", *EPHEMERAL, cidr) for index, cidr in enumerate(app)),
        *(rule for index, cidr in enumerate(data) for rule in _everything(200 + index, cidr)),
        AclRule(_OUTSIDE, "in", "tcp", *LINUX_EPHEMERAL, WORLD),
        AclRule(_OUTSIDE, "out", "tcp", HTTPS, HTTPS, WORLD),
    ]


def transit_rules(settings: NetworkSettings) -> list[AclRule]:
    """Rules of the transit tier, open in both directions: the other tiers' ACLs filter what the hub forwards."""
    return [*_everything(100, settings.vpc_cidr), *_everything(110, settings.on_premises_cidr)]


def between_regions(settings: NetworkSettings, other_region: IPv4Network) -> list[AclRule]:
    """Rules by which the app tier of one region and that of the other region talk to each other."""
    first = BETWEEN_REGIONS
    ports = (settings.service_port, settings.metrics_port, HTTPS)
    answers = first + 10 * len(ports)
    return [
        AclRule(first + 10 * position, direction, "tcp", port, port, other_region)
        for direction in ("in", "out")
        for position, port in enumerate(ports)
    ] + [AclRule(answers, direction, "tcp", *LINUX_EPHEMERAL, other_region) for direction in ("in", "out")]


def _everything(number: int, cidr: IPv4Network) -> Iterator[AclRule]:
    yield AclRule(number, "in", "-1", 0, 0, cidr)
    yield AclRule(number, "out", "-1", 0, 0, cidr)


def _replies_from_outside() -> Iterator[AclRule]:
    # The ephemeral range includes ports used to administer hosts. A stateless ACL cannot distinguish a reply to such a
    # port from a new call to it. A deny rule would drop replies to calls that a NAT gateway or a function makes from
    # such a port. Security groups are stateful and admit no traffic on those ports.
    yield AclRule(_OUTSIDE, "in", "tcp", *EPHEMERAL, WORLD)
    yield AclRule(_OUTSIDE + 10, "in", "icmp", *_PATH_MTU, WORLD)


def _calls_to_outside() -> Iterator[AclRule]:
    yield AclRule(_OUTSIDE + 20, "out", "tcp", HTTPS, HTTPS, WORLD)
    yield AclRule(_OUTSIDE + 30, "out", "tcp", HTTP, HTTP, WORLD)
