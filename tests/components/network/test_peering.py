"""The direct way between the regions."""

from __future__ import annotations

from blueprint import Blueprint
from tests.components.network.graph import (
    ACL_RULE,
    EGRESS,
    INGRESS,
    ROUTE,
    acl_rules,
    admits,
    declared_there,
    routes_of,
    subnets,
)

PEERING = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
ACCEPTER = "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter"
OPTIONS = "aws:ec2/peeringConnectionOptions:PeeringConnectionOptions"
PRIMARY_RANGE, DR_RANGE = "10.0.0.0/16", "10.1.0.0/16"


def test_the_recovery_region_asks_and_accepts_in_the_primarys_region(primary: Blueprint, dr: Blueprint):
    assert primary.of_type(PEERING, ACCEPTER) == [], "the primary never refers to the recovery region"
    (peering,) = dr.of_type(PEERING)
    assert peering.properties["peerRegion"] == "us-east-1"
    (accepter,) = dr.of_type(ACCEPTER)
    assert declared_there(accepter)
    assert accepter.properties["autoAccept"] is True


def test_names_of_one_region_resolve_in_the_other(dr: Blueprint):
    sides = {
        side: declared_there(options)
        for options in dr.of_type(OPTIONS)
        for side in ("requester", "accepter")
        if options.properties.get(side, {}).get("allowRemoteVpcDnsResolution")
    }
    assert sides == {"requester": False, "accepter": True}, "each side allows it in its own region"


def test_the_app_tier_of_each_region_is_routed_to_the_other_by_the_peering(recovery: Blueprint, dr: Blueprint):
    for subnet in subnets(recovery, "app"):
        assert "vpcPeeringConnectionId" in routes_of(recovery, subnet)[PRIMARY_RANGE]
    back = [r for r in dr.of_type(ROUTE) if declared_there(r)]
    assert {r.properties["destinationCidrBlock"] for r in back} == {DR_RANGE}
    assert len({r.properties["routeTableId"] for r in back}) == 3, "one route in the app tier's table of each zone"


def test_no_route_table_sends_one_destination_two_ways(stack: Blueprint):
    seen = [(r.properties["routeTableId"], r.properties["destinationCidrBlock"]) for r in stack.of_type(ROUTE)]
    assert len(seen) == len(set(seen))


def test_services_and_metrics_cross_the_peering_and_administration_does_not(dr: Blueprint):
    rules = acl_rules(dr, "app")
    assert admits(rules, "in", "tcp", 8443, "10.0.0.1")
    assert admits(rules, "out", "tcp", 8443, "10.0.0.1")
    assert admits(rules, "in", "tcp", 9464, "10.0.0.1")
    assert not admits(rules, "in", "tcp", 22, "10.0.0.1")
    there = [r for r in dr.of_type(ACL_RULE) if declared_there(r)]
    here = [r for r in dr.of_type(ACL_RULE) if not declared_there(r) and r.properties["cidrBlock"] == PRIMARY_RANGE]
    assert len(there) == len(here) > 0, "both regions' walls have the same doors"


def test_both_regions_groups_open_the_same_doors_to_each_other(dr: Blueprint):
    def doors(there: bool, other: str) -> set[tuple[str, int, str]]:
        return {
            (rule.type, rule.properties["fromPort"], rule.properties["description"])
            for rule in dr.of_type(INGRESS, EGRESS)
            if declared_there(rule) == there and rule.properties.get("cidrIpv4") == other
        }

    assert doors(False, PRIMARY_RANGE) == doors(True, DR_RANGE) != set()


def test_a_region_that_has_taken_over_keeps_its_own_end_and_leaves_the_other_alone(dr: Blueprint, dr_active: Blueprint):
    kept = {r.urn: r.properties for r in dr.of_type(PEERING, ROUTE, OPTIONS) if not declared_there(r)}
    now = {r.urn: r.properties for r in dr_active.of_type(PEERING, ROUTE, OPTIONS)}
    changed = {urn for urn in kept if kept[urn] != now.get(urn)}
    # The second NAT gateway takes over the route of its zone.
    assert all("internet" in urn for urn in changed), f"a takeover changes {changed}"


def test_what_stands_in_the_primarys_region_is_left_behind_without_a_call(dr: Blueprint):
    left_behind = [r for r in dr.resources if r.custom and declared_there(r) and "network" in r.urn]
    assert left_behind, "the recovery stack declares the primary's end of the peerings"
    for resource in left_behind:
        assert resource.options.get("retainOnDelete"), f"{resource.urn} would be deleted in a lost region"
