"""Questions that the tests of the network ask a recorded graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from blueprint import Blueprint, Resource
from blueprint.references import references_in

SUBNET = "aws:ec2/subnet:Subnet"
ROUTE = "aws:ec2/route:Route"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
NAT = "aws:ec2/natGateway:NatGateway"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ACL = "aws:ec2/networkAcl:NetworkAcl"
ACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"
HUB_ROUTE_TABLE = "aws:ec2transitgateway/routeTable:RouteTable"
HUB_ROUTE = "aws:ec2transitgateway/route:Route"
HUB_ASSOCIATION = "aws:ec2transitgateway/routeTableAssociation:RouteTableAssociation"
HUB_PROPAGATION = "aws:ec2transitgateway/routeTablePropagation:RouteTablePropagation"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


def points_at(value: Any) -> tuple[str, str]:
    """Type and name of the one resource that a property refers to."""
    (reference,) = references_in(value)
    return reference.type, reference.name


def name_of(value: Any) -> str:
    """Name of the one resource that a property refers to."""
    return points_at(value)[1]


def subnets(stack: Blueprint, tier: str) -> list[Resource]:
    """The subnets of a tier, by zone."""
    return sorted(
        (s for s in stack.of_type(SUBNET) if s.properties["tags"]["Tier"] == tier),
        key=lambda s: s.properties["availabilityZone"],
    )


def routes_of(stack: Blueprint, subnet: Resource) -> dict[str, Mapping[str, Any]]:
    """Routes that a subnet's packets take, by destination; fails when the subnet has no table or more than one."""
    (table,) = [
        name_of(a.properties["routeTableId"])
        for a in stack.of_type(ASSOCIATION)
        if name_of(a.properties["subnetId"]) == subnet.name
    ]
    return {
        route.properties["destinationCidrBlock"]: route.properties
        for route in stack.of_type(ROUTE)
        if points_at(route.properties["routeTableId"]) == (ROUTE_TABLE, table)
    }


def declared_there(resource: Resource) -> bool:
    """Whether a resource stands in the primary's region, though the recovery stack declares it."""
    return (resource.provider or "").endswith("::primary-side")


def acl_rules(stack: Blueprint, tier: str) -> list[Mapping[str, Any]]:
    """Rules of this region's ACL of a tier."""
    return [
        rule.properties
        for rule in stack.of_type(ACL_RULE)
        if not declared_there(rule) and points_at(rule.properties["networkAclId"]) == (ACL, tier)
    ]


def admits(rules: list[Mapping[str, Any]], direction: str, protocol: str, port: int, address: str) -> bool:
    """What the ACL decides for one packet: the first matching rule by number, else refused."""
    for rule in sorted(rules, key=lambda r: r["ruleNumber"]):
        if rule["egress"] != (direction == "out"):
            continue
        if rule["protocol"] not in ("-1", protocol):
            continue
        if IPv4Address(address) not in IPv4Network(rule["cidrBlock"]):
            continue
        if rule["protocol"] == "-1" or rule["fromPort"] <= port <= rule["toPort"]:
            return rule["ruleAction"] == "allow"
    return False


def group_rules(stack: Blueprint) -> Iterator[Resource]:
    """Every rule of every security group."""
    return iter(stack.of_type(INGRESS, EGRESS))
