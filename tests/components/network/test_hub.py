"""The hub and the peering of the two hubs."""

from __future__ import annotations

from ipaddress import IPv4Network

from blueprint import Blueprint
from tests.components.network.graph import (
    HUB_ASSOCIATION,
    HUB_PROPAGATION,
    HUB_ROUTE,
    HUB_ROUTE_TABLE,
    declared_there,
    name_of,
    points_at,
    routes_of,
    subnets,
)

HUB = "aws:ec2transitgateway/transitGateway:TransitGateway"
ATTACHMENT = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"
HUB_PEERING = "aws:ec2transitgateway/peeringAttachment:PeeringAttachment"
ACCEPTER = "aws:ec2transitgateway/peeringAttachmentAccepter:PeeringAttachmentAccepter"
PREMISES = "192.168.0.0/16"


def test_nothing_joins_the_hubs_routing_by_default(stack: Blueprint):
    hub = stack.one(HUB, "hub").properties
    assert hub["defaultRouteTableAssociation"] == hub["defaultRouteTablePropagation"] == "disable"
    assert hub["autoAcceptSharedAttachments"] == "disable", "another account could attach itself"


def test_the_hub_stands_in_every_zone_in_subnets_of_its_own(stack: Blueprint):
    attachment = stack.one(ATTACHMENT, "vpc").properties
    used = {name_of(subnet) for subnet in attachment["subnetIds"]}
    assert used == {subnet.name for subnet in subnets(stack, "transit")}


def test_what_is_attached_in_the_region_is_routed_by_the_core_table_and_known_to_both_tables(stack: Blueprint):
    local = {"vpc", "vpn", "direct-connect"}
    core = {
        name_of(a.properties["transitGatewayAttachmentId"])
        for a in stack.of_type(HUB_ASSOCIATION)
        if points_at(a.properties["transitGatewayRouteTableId"]) == (HUB_ROUTE_TABLE, "core")
    }
    assert core == local, "the core table routes what this region attaches, and nothing else"
    for table in ("core", "peer"):
        known = {
            name_of(p.properties["transitGatewayAttachmentId"])
            for p in stack.of_type(HUB_PROPAGATION)
            if points_at(p.properties["transitGatewayRouteTableId"]) == (HUB_ROUTE_TABLE, table)
        }
        assert known == local, f"the {table} table does not learn where everything is"


def test_only_the_app_tier_reaches_the_premises_and_does_so_through_the_hub(stack: Blueprint):
    for subnet in subnets(stack, "app"):
        assert name_of(routes_of(stack, subnet)[PREMISES]["transitGatewayId"]) == "hub"
    for tier in ("public", "data", "transit"):
        for subnet in subnets(stack, tier):
            assert PREMISES not in routes_of(stack, subnet), f"{subnet.name} is routed to the premises"


def test_the_recovery_region_asks_for_the_peering_of_the_hubs_and_the_primary_knows_nothing_of_it(
    primary: Blueprint, recovery: Blueprint
):
    peering = recovery.one(HUB_PEERING, "primary").properties
    assert peering["peerRegion"] == "us-east-1"
    assert primary.of_type(HUB_PEERING) == []


def test_the_recovery_region_accepts_the_peering_in_the_primarys_region_until_it_takes_over(
    dr: Blueprint, dr_active: Blueprint
):
    (accepter,) = dr.of_type(ACCEPTER)
    assert declared_there(accepter)
    assert accepter.options["retainOnDelete"], "dropping it would call the lost region"
    assert dr_active.of_type(ACCEPTER) == []


def test_both_hubs_send_the_other_regions_range_and_what_their_own_links_have_lost_to_each_other(dr: Blueprint):
    ranges = {"dr": "10.0.0.0/16", "primary": "10.1.0.0/16"}
    for side, other in ranges.items():
        routes = {
            route.properties["destinationCidrBlock"]
            for route in dr.of_type(HUB_ROUTE)
            if declared_there(route) == (side == "primary")
        }
        assert other in routes, f"the {side} hub does not know where the other region is"
        (beyond,) = routes - {other}
        premises = IPv4Network(PREMISES)
        assert premises.subnet_of(IPv4Network(beyond)), "the way round does not lead to the premises"
        assert IPv4Network(beyond) != premises, "a static route as specific as the announced one would always win"


def test_what_one_hub_hands_over_is_never_handed_back(dr: Blueprint):
    for association in dr.of_type(HUB_ASSOCIATION):
        if points_at(association.properties["transitGatewayAttachmentId"])[0] != HUB_PEERING:
            continue
        table = str(association.properties["transitGatewayRouteTableId"])
        assert "peer" in table.lower(), "packets of the other hub are looked up in the peer table"
        static = [r for r in dr.of_type(HUB_ROUTE) if r.properties["transitGatewayRouteTableId"] == table]
        assert static == [], "the peer table holds no way back to the other hub"


def test_a_takeover_changes_no_route_of_the_hub_in_its_own_region(dr: Blueprint, dr_active: Blueprint):
    here = {r.urn: r.properties for r in dr.of_type(HUB_ROUTE) if not declared_there(r)}
    assert {r.urn: r.properties for r in dr_active.of_type(HUB_ROUTE)} == here
