"""Routes to and from every range of addresses that a security group opens to or admits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from typing import Any

from blueprint import Blueprint, Resource
from blueprint.references import references_in
from tests.reachability.network import ANY_EPHEMERAL, LINUX_EPHEMERAL, TIERS, WORLD, Network, Rule, name_of

_ROUTE, _PEERING = "aws:ec2/route:Route", "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
_HUB = "aws:ec2transitgateway/"
_ATTACHMENT = f"{_HUB}vpcAttachment:VpcAttachment"
_LINES = ("aws:ec2/vpnConnection:VpnConnection", "aws:directconnect/gatewayAssociation:GatewayAssociation")
_TABLE_ID = "transitGatewayRouteTableId"


@dataclass(frozen=True)
class Route:
    """A route of a table, or of the VPC itself where it has no target."""

    range: IPv4Network
    target: tuple[str, str]


@dataclass(frozen=True)
class Regions:
    """The networks of both regions. The recovery stack declares some of the primary's routes."""

    primary: Blueprint
    recovery: Blueprint

    @cached_property
    def networks(self) -> tuple[Network, Network]:
        """The primary's and the recovery region's."""
        return Network(self.primary), Network(self.recovery)

    def routes(self, network: Network, table: str) -> list[Route]:
        """The routes of a table, with the one inside the VPC."""
        return [Route(network.range, ("", "")), *self._declared(network.stack).get(table, [])]

    def _declared(self, stack: Blueprint) -> Mapping[str, list[Route]]:
        found: dict[str, list[Route]] = {}
        for declaring in (self.primary, self.recovery):
            for each in declaring.of_type(_ROUTE):
                table = self._home(declaring, each, "routeTableId", stack)
                if table and each.properties.get("destinationCidrBlock"):
                    route = Route(IPv4Network(each.properties["destinationCidrBlock"]), _target(each.properties))
                    found.setdefault(table, []).append(route)
        return found

    def _home(self, declaring: Blueprint, each: Resource, key: str, stack: Blueprint) -> str:
        """Name of what a property refers to in a stack; empty where it is another stack's."""
        elsewhere = (each.provider or "").endswith("::primary-side")
        if (declaring.stack == stack.stack) == elsewhere:
            return ""
        return name_of(_of_primary(self.primary, each.properties[key])) if elsewhere else name_of(each.properties[key])

    @cached_property
    def joined(self) -> bool:
        """Whether the recovery stack joins the regions. After a takeover it counts on the primary no more."""
        return any((each.provider or "").endswith("::primary-side") for each in self.recovery.resources)

    def other(self, network: Network) -> Network:
        """The network of the other region."""
        (other,) = (each for each in self.networks if each.stack.stack != network.stack.stack)
        return other

    def attachments(self, network: Network, kind: str) -> set[tuple[str, str]]:
        """Attachments and tables of a region's hub: `kind` is Association or Propagation."""
        return {
            (name_of(each.properties["transitGatewayAttachmentId"]), name_of(each.properties[_TABLE_ID]))
            for each in network.stack.of_type(f"{_HUB}routeTable{kind}:RouteTable{kind}")
            if not (each.provider or "").endswith("::primary-side")
        }


def _of_primary(primary: Blueprint, value: Any) -> Any:
    """The primary's own reference for one to its outputs."""
    for reference in references_in(value):
        found: Any = primary.outputs
        for part in re.findall(r"[^.\[\]]+", reference.path.removeprefix("outputs.")):
            found = found[int(part)] if part.isdigit() else found[part]
        return found
    return value


def _target(properties: Mapping[str, Any]) -> tuple[str, str]:
    for key in ("natGatewayId", "gatewayId", "transitGatewayId", "vpcPeeringConnectionId"):
        if properties.get(key):
            return key, name_of(properties[key])
    return "unknown", ""


def unrouted(regions: Regions, network: Network) -> Iterator[str]:
    """Ranges that members of a group call, or are called from, without a way there or back."""
    for rule, direction in [*((each, "out") for each in network.egress), *((each, "in") for each in network.ingress)]:
        peer = rule.range
        if peer is None or peer == WORLD or peer == network.range:
            continue
        elsewhere = peer == regions.other(network).range
        if elsewhere and not regions.joined:
            continue
        tier = TIERS.get(rule.group, "app")
        for subnet in network.subnets(tier):
            for what in _way(regions, network, subnet, peer):
                yield f"{rule.group} {'calls' if direction == 'out' else 'answers'} {peer}: {subnet.name} {what}"
        # Callers in the other region are Linux hosts.
        yield from _closed(network, rule, direction, LINUX_EPHEMERAL if elsewhere else ANY_EPHEMERAL)


def _way(regions: Regions, network: Network, subnet: Resource, peer: IPv4Network) -> Iterator[str]:
    table = network.route_table(subnet)
    fitting = [route for route in regions.routes(network, table) if peer.subnet_of(route.range)]
    if not fitting:
        yield f"has no route to {peer}"
        return
    kind, target = max(fitting, key=lambda route: route.range.prefixlen).target
    if kind == "vpcPeeringConnectionId":
        yield from _by_peering(regions, network, target)
    elif kind == "transitGatewayId":
        yield from _by_hub(regions, network, subnet)
    else:
        yield f"sends {peer} to {target or 'the VPC itself'}, which does not lead there"


def _by_peering(regions: Regions, network: Network, target: str) -> Iterator[str]:
    peerings = {each.name for each in regions.recovery.of_type(_PEERING)}
    accepted = {
        name_of(each.properties["vpcPeeringConnectionId"])
        for each in regions.recovery.of_type("aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter")
        if each.properties.get("autoAccept")
    }
    if target not in peerings & accepted:
        yield f"has a route to the peering {target}, which nobody accepts"
    other = regions.other(network)
    for subnet in other.subnets("app"):
        back = [
            each for each in regions.routes(other, other.route_table(subnet)) if network.range.subnet_of(each.range)
        ]
        if not any(each.target[0] == "vpcPeeringConnectionId" for each in back):
            yield f"gets no answers: {subnet.name} has no route back to {network.range}"


def _by_hub(regions: Regions, network: Network, subnet: Resource) -> Iterator[str]:
    """The hub takes what the VPC sends by the table of the VPC's attachment, and what comes back by that of the line:
    each must know the other (Amazon VPC Transit Gateways, "Route tables")."""
    zones = {
        network.stack.one("aws:ec2/subnet:Subnet", name_of(each)).properties["availabilityZone"]
        for attached in network.stack.of_type(_ATTACHMENT)
        for each in attached.properties["subnetIds"]
    }
    if subnet.properties["availabilityZone"] not in zones:
        yield "has no attachment of the hub in its zone"
    tables = regions.attachments(network, "Association")
    known = regions.attachments(network, "Propagation")
    own = {each.name for each in network.stack.of_type(_ATTACHMENT)}
    lines = {
        name_of(each.properties["transitGatewayAttachmentId"])
        for each in network.stack.of_type(f"{_HUB}routeTableAssociation:RouteTableAssociation")
        if any(one.type in _LINES for one in references_in(each.properties["transitGatewayAttachmentId"]))
    }
    if not lines:
        yield "reaches a hub without a line to the premises"
    outward = {table for attachment, table in tables if attachment in own}
    for line in sorted(lines):
        if not any((line, table) in known for table in outward):
            yield f"reaches a hub that sends nothing to {line}"
        inward = {table for attachment, table in tables if attachment == line}
        if not any((attachment, table) in known for attachment in own for table in inward):
            yield f"gets no answers: the hub does not know the VPC on {line}"


def _closed(network: Network, rule: Rule, direction: str, answers: tuple[int, int]) -> Iterator[str]:
    peer, tier = rule.range, TIERS.get(rule.group, "app")
    if rule.protocol not in ("tcp", "udp") or peer is None:
        return
    port, back = (rule.first, rule.last), "in" if direction == "out" else "out"
    if not network.acl_passes(tier, direction, port, peer, rule.protocol):
        yield f"the ACL of the {tier} tier stops {rule.protocol} {rule.first} of {rule.group} {direction}, {peer}"
    if rule.protocol == "tcp" and not network.acl_passes(tier, back, answers, peer):
        yield f"the ACL of the {tier} tier drops answers {'of' if back == 'in' else 'to'} {peer}"
