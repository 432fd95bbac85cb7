"""The network of one region as a blueprint declares it: who may open a connection to whom, and on which way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network
from typing import Any

from blueprint import Blueprint, Resource
from blueprint.references import references_in

# The tier in which the members of each group stand; the others are in the app tier.
TIERS = {"load-balancer": "public", "database": "data", "cache": "data", "file-system": "data"}
WORLD = IPv4Network("0.0.0.0/0")
HTTPS = 443
# VPC User Guide, "Ephemeral ports": what Linux hosts call from, and what NAT gateways and functions call from.
LINUX_EPHEMERAL, ANY_EPHEMERAL = (32768, 60999), (1024, 65535)
_EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_ACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


def name_of(value: Any) -> str:
    """Name of the one resource that a property refers to; empty where it refers to none."""
    names = [reference.name for reference in references_in(value)]
    return names[0] if len(names) == 1 else ""


@dataclass(frozen=True)
class Rule:
    """One rule of a security group. `peer` is a group's name, a range, or the service of a prefix list."""

    group: str
    peer: str
    protocol: str
    first: int
    last: int

    def takes(self, protocol: str, port: int) -> bool:
        """Whether the rule is for that port."""
        return self.protocol in ("-1", protocol) and (self.protocol == "-1" or self.first <= port <= self.last)

    @property
    def range(self) -> IPv4Network | None:
        """The range of addresses, where the peer is one."""
        return IPv4Network(self.peer) if "/" in self.peer else None


@dataclass(frozen=True)
class Network:
    """What stands in the stack's own region; the recovery stack declares some things in the primary's."""

    stack: Blueprint
    ways: dict[tuple[str, str, str], list[str]] = field(default_factory=dict, compare=False)
    """What stands in the way from a group to a service in a region, as far as it is known."""

    def _here(self, *types: str) -> Iterator[Resource]:
        for resource in self.stack.of_type(*types):
            if not (resource.provider or "").endswith("::primary-side"):
                yield resource

    @cached_property
    def egress(self) -> tuple[Rule, ...]:
        """What groups may open."""
        return tuple(map(_rule, self._here(_EGRESS)))

    @cached_property
    def ingress(self) -> tuple[Rule, ...]:
        """What groups admit."""
        return tuple(map(_rule, self._here(_INGRESS)))

    @cached_property
    def endpoints(self) -> Mapping[str, Mapping[str, Any]]:
        """Endpoints by the last parts of their service's name: `s3`, `ecr.api`."""
        return {each.properties["serviceName"].split(".", 3)[3]: each.properties for each in self._here(_ENDPOINT)}

    @cached_property
    def range(self) -> IPv4Network:
        """The VPC's range."""
        return IPv4Network(self.stack.one("aws:ec2/vpc:Vpc", "vpc").properties["cidrBlock"])

    def subnets(self, tier: str) -> list[Resource]:
        """The subnets of a tier."""
        return [
            each for each in self._here("aws:ec2/subnet:Subnet") if each.properties.get("tags", {}).get("Tier") == tier
        ]

    def route_table(self, subnet: Resource) -> str:
        """Name of a subnet's route table."""
        (table,) = (
            name_of(each.properties["routeTableId"])
            for each in self._here("aws:ec2/routeTableAssociation:RouteTableAssociation")
            if name_of(each.properties["subnetId"]) == subnet.name
        )
        return table

    def default_route(self, table: str) -> Mapping[str, Any] | None:
        """The route of a table to everywhere, if there is one."""
        routes = [
            each.properties
            for each in self._here("aws:ec2/route:Route")
            if name_of(each.properties["routeTableId"]) == table
            and each.properties["destinationCidrBlock"] == str(WORLD)
        ]
        return routes[0] if routes else None

    def acl_passes(
        self, tier: str, direction: str, ports: tuple[int, int], peer: IPv4Network, protocol: str = "tcp"
    ) -> bool:
        """Whether a tier's ACL lets every port of a span pass, from or to all of a range."""
        rules = sorted(
            (
                each.properties
                for each in self._here(_ACL_RULE)
                if name_of(each.properties["networkAclId"]) == tier
                and each.properties["egress"] == (direction == "out")
            ),
            key=lambda rule: rule["ruleNumber"],
        )
        missing = [ports]
        for rule in rules:
            if rule["protocol"] not in ("-1", protocol) or not IPv4Network(rule["cidrBlock"]).overlaps(peer):
                continue
            span = (0, 65535) if rule["protocol"] == "-1" else (rule["fromPort"], rule["toPort"])
            covers = peer.subnet_of(IPv4Network(rule["cidrBlock"]))
            if rule["ruleAction"] == "deny" and any(_meet(span, gap) for gap in missing):
                return False
            if covers:
                missing = [part for gap in missing for part in _without(gap, span)]
        return not missing


def _rule(resource: Resource) -> Rule:
    properties = resource.properties
    peer = (
        properties.get("cidrIpv4")
        or name_of(properties.get("referencedSecurityGroupId"))
        or name_of(properties.get("prefixListId"))
    )
    first, last = properties.get("fromPort", 0), properties.get("toPort", 65535)
    return Rule(name_of(properties["securityGroupId"]), peer, properties["ipProtocol"], int(first), int(last))


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _without(gap: tuple[int, int], span: tuple[int, int]) -> Iterator[tuple[int, int]]:
    if not _meet(gap, span):
        yield gap
        return
    if gap[0] < span[0]:
        yield gap[0], span[0] - 1
    if gap[1] > span[1]:
        yield span[1] + 1, gap[1]
