"""Subnets, and the ways in and out."""

from __future__ import annotations

from ipaddress import IPv4Network

from blueprint import Blueprint, record_primary
from tests.components.network.graph import NAT, SUBNET, name_of, routes_of, subnets

TIERS = ("public", "app", "data", "transit")
INTERNET = "0.0.0.0/0"


def test_every_tier_has_a_subnet_in_each_of_three_zones(stack: Blueprint):
    for tier in TIERS:
        zones = [subnet.properties["availabilityZone"] for subnet in subnets(stack, tier)]
        assert len(zones) == len(set(zones)) == 3, f"the {tier} tier stands in {zones}"


def test_the_regions_share_no_address(primary: Blueprint, dr: Blueprint):
    here = IPv4Network(primary.one("aws:ec2/vpc:Vpc", "vpc").properties["cidrBlock"])
    there = IPv4Network(dr.one("aws:ec2/vpc:Vpc", "vpc").properties["cidrBlock"])
    assert not here.overlaps(there), "both regions are routed to each other, so their addresses must differ"


def test_no_subnet_hands_out_public_addresses(stack: Blueprint):
    for subnet in stack.of_type(SUBNET):
        assert subnet.properties["mapPublicIpOnLaunch"] is False, f"{subnet.name} makes its members public"


def test_an_app_subnet_reaches_the_internet_only_through_the_nat_gateway_of_its_own_zone_when_it_has_one(
    stack: Blueprint,
):
    zone_of_nat = {
        nat.name: stack.one(SUBNET, name_of(nat.properties["subnetId"])).properties["availabilityZone"]
        for nat in stack.of_type(NAT)
    }
    for subnet in subnets(stack, "app"):
        route = routes_of(stack, subnet)[INTERNET]
        assert "gatewayId" not in route, f"{subnet.name} reaches the internet past the NAT gateways"
        zone, nat_zone = subnet.properties["availabilityZone"], zone_of_nat[name_of(route["natGatewayId"])]
        if zone in zone_of_nat.values():
            assert nat_zone == zone, f"{subnet.name} depends on another zone, though its own has a NAT gateway"


def test_nat_gateways_stand_in_public_subnets_and_only_those_lead_to_the_internet_gateway(stack: Blueprint):
    public = {subnet.name for subnet in subnets(stack, "public")}
    for nat in stack.of_type(NAT):
        assert name_of(nat.properties["subnetId"]) in public, f"{nat.name} cannot reach the internet where it stands"
    for tier in TIERS:
        for subnet in subnets(stack, tier):
            leads_out = "gatewayId" in routes_of(stack, subnet).get(INTERNET, {})
            assert leads_out == (tier == "public"), f"only public subnets lead to the internet gateway, {subnet.name}"


def test_data_and_transit_tiers_have_no_default_route(stack: Blueprint):
    for tier in ("data", "transit"):
        for subnet in subnets(stack, tier):
            assert INTERNET not in routes_of(stack, subnet), f"{subnet.name} can reach the internet"


def test_the_data_tier_is_routed_to_nothing_outside_its_vpc(stack: Blueprint):
    for subnet in subnets(stack, "data"):
        assert routes_of(stack, subnet) == {}, f"{subnet.name} is routed beyond its VPC"


def test_the_primary_has_two_nat_gateways_in_two_zones_and_a_standing_region_one(primary: Blueprint, dr: Blueprint):
    assert len({name_of(nat.properties["subnetId"]) for nat in primary.of_type(NAT)}) == 2
    assert len(dr.of_type(NAT)) == 1


def test_a_region_that_has_taken_over_has_as_many_nat_gateways_as_the_primary(primary: Blueprint, dr_active: Blueprint):
    assert len(dr_active.of_type(NAT)) == len(primary.of_type(NAT))


def test_with_three_nat_gateways_no_zone_depends_on_another():
    stack = record_primary({"natGateways": 3})
    used = {name_of(routes_of(stack, subnet)[INTERNET]["natGatewayId"]) for subnet in subnets(stack, "app")}
    assert len(used) == 3


def test_a_subnet_that_nobody_routes_reaches_nothing(stack: Blueprint):
    main = stack.one("aws:ec2/defaultRouteTable:DefaultRouteTable", "main")
    assert main.properties["routes"] == []
