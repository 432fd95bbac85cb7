"""Network ACLs."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from blueprint import Blueprint
from components.settings.network import ADMIN_PORTS
from tests.components.network.graph import ACL, acl_rules, admits, name_of, subnets

TIERS = ("public", "app", "data", "transit")
STRANGER = "198.51.100.7"
PREMISES = "192.168.3.4"


def _addresses(stack: Blueprint, tier: str) -> list[str]:
    """The last usable address of each subnet of a tier."""
    return [str(IPv4Network(subnet.properties["cidrBlock"])[-2]) for subnet in subnets(stack, tier)]


def test_each_tier_has_an_acl_of_its_own(stack: Blueprint):
    for tier in TIERS:
        guarded = {name_of(subnet) for subnet in stack.one(ACL, tier).properties["subnetIds"]}
        assert guarded == {subnet.name for subnet in subnets(stack, tier)}


def test_a_forgotten_subnet_is_cut_off(stack: Blueprint):
    default = stack.one("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "default").properties
    assert default["ingress"] == default["egress"] == []


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("port", [port for port in ADMIN_PORTS if port < 1024])
def test_no_tier_admits_a_stranger_on_an_administrative_port_that_no_answer_goes_to(
    stack: Blueprint, tier: str, port: int
):
    assert not admits(acl_rules(stack, tier), "in", "tcp", port, STRANGER)


@pytest.mark.parametrize("port", [5432, 6379, 2049])
def test_stores_are_reached_from_the_app_tier_and_not_from_the_public_one_or_outside(stack: Blueprint, port: int):
    rules = acl_rules(stack, "data")
    for address in _addresses(stack, "app"):
        assert admits(rules, "in", "tcp", port, address), f"{address} in the app tier is cut off from the stores"
        assert admits(rules, "out", "tcp", 40000, address), f"answers to {address} are lost"
    for stranger in (*_addresses(stack, "public"), PREMISES, STRANGER):
        assert not admits(rules, "in", "tcp", port, stranger), f"{stranger} reaches the stores"


def test_the_public_tier_serves_the_web_and_the_app_tier_does_not(stack: Blueprint):
    for port in (80, 443):
        assert admits(acl_rules(stack, "public"), "in", "tcp", port, STRANGER)
        assert not admits(acl_rules(stack, "app"), "in", "tcp", port, STRANGER)


def test_answers_come_back_to_whoever_called(stack: Blueprint):
    for tier in ("public", "app"):
        rules = acl_rules(stack, tier)
        assert admits(rules, "out", "tcp", 443, STRANGER), f"the {tier} tier cannot call out"
        assert admits(rules, "in", "tcp", 1025, STRANGER), f"answers to the {tier} tier are lost"
        assert admits(rules, "in", "tcp", 60999, STRANGER), f"answers to the {tier} tier are lost"
    assert admits(acl_rules(stack, "public"), "out", "tcp", 50000, STRANGER), "answers to clients are lost"


@pytest.mark.parametrize("tier", ["public", "app"])
def test_no_answer_is_dropped_whatever_port_the_caller_uses(stack: Blueprint, tier: str):
    """NAT gateways and Lambda functions call from 1024 to 65535 (VPC User Guide, "Ephemeral ports"), and an ACL keeps
    no state: a denied port of that range is a call that gets no answer."""
    rules = acl_rules(stack, tier)
    assert not [port for port in range(1024, 65536) if not admits(rules, "in", "tcp", port, STRANGER)]


def test_the_premises_reach_the_engines_and_the_feed_handlers_and_nothing_else(stack: Blueprint):
    rules = acl_rules(stack, "app")
    assert admits(rules, "in", "tcp", 9878, PREMISES)
    assert admits(rules, "out", "tcp", 50000, PREMISES), "answers to FIX sessions are lost"
    assert admits(rules, "in", "udp", 31001, PREMISES)
    for port in (80, 443, 22, 111, 1000):
        assert not admits(rules, "in", "tcp", port, PREMISES)


def test_the_hub_passes_on_what_lies_between_the_vpc_and_the_premises(stack: Blueprint):
    rules = acl_rules(stack, "transit")
    for direction in ("in", "out"):
        assert admits(rules, direction, "tcp", 9878, PREMISES)
        assert not admits(rules, direction, "tcp", 9878, STRANGER)


def test_no_acl_has_more_rules_than_aws_allows_in_one_direction(stack: Blueprint):
    # Twenty for each direction (Amazon VPC quotas).
    for tier in TIERS:
        for egress in (False, True):
            numbers = [r["ruleNumber"] for r in acl_rules(stack, tier) if r["egress"] == egress]
            assert len(numbers) == len(set(numbers)) <= 20
