"""Settings of the network layer: each refusal names the key, the value and the way out."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network
from typing import Any

import pytest

from blueprint import record_primary
from components.network.flows import Group, flows_between_regions, flows_within
from components.settings import Settings, SettingsError
from components.settings.network import MOST_CLIENT_RANGES, MOST_POD_PORTS, RULES_OF_A_GROUP

DR = {
    "role": "dr",
    "region": "us-west-2",
    "vpcCidr": "10.1.0.0/16",
    "availabilityZones": ["us-west-2a", "us-west-2b", "us-west-2c"],
    "transitGatewayAsn": 64513,
}


@pytest.mark.parametrize(
    ("given", "key", "way_out"),
    [
        ({"vpcCidr": "8.8.0.0/16", "primaryVpcCidr": "8.8.0.0/16"}, "vpcCidr", "choose one inside 10.0.0.0/8"),
        ({"vpcCidr": "10.0.0.0/24", "primaryVpcCidr": "10.0.0.0/24"}, "vpcCidr", "between /16 and /20"),
        ({"vpcCidr": "10.0.0.7/16"}, "vpcCidr = '10.0.0.7/16'", "for the range write 10.0.0.0/16"),
        ({"onPremisesCidr": "10.0.128.0/17"}, "vpcCidr = '10.0.0.0/16'", "must be disjoint"),
        ({"onPremisesCidr": "203.0.113.0/24"}, "onPremisesCidr", "is not a private range"),
        ({**DR, "vpcCidr": "10.0.0.0/17"}, "vpcCidr = '10.0.0.0/17'", "overlaps primaryVpcCidr"),
        ({**DR, "onPremisesCidr": "10.0.0.0/20"}, "onPremisesCidr = '10.0.0.0/20'", "overlaps primaryVpcCidr"),
        ({"primaryVpcCidr": "10.9.0.0/16"}, "primaryVpcCidr", "in the primary they are the same"),
        ({"availabilityZones": ["us-east-1a", "us-east-1b", "us-east-1z"]}, "availabilityZones", "choose from"),
        (
            {"availabilityZones": ["us-east-1a", "us-east-1a", "us-east-1b"]},
            "availabilityZones",
            "names 'us-east-1a' twice; remove one",
        ),
        ({"availabilityZones": ["us-east-1a", "us-east-1b"]}, "availabilityZones", "at least 3 items"),
        ({"transitGatewayAsn": 7224}, "transitGatewayAsn = 7224", "must be private: 64512 to 65534"),
        ({**DR, "transitGatewayAsn": 64512}, "transitGatewayAsn = 64512", "give the recovery region's hub"),
        ({"transitGatewayAsn": 64999}, "primaryTransitGatewayAsn = 64512", "in the primary they are the same"),
        ({"directConnectAsn": 64512}, "directConnectAsn = 64512", "need a number of their own"),
        ({"customerGatewayAsn": 64512}, "customerGatewayAsn = 64512", "need a number of their own"),
        ({"customerGatewayAsn": 7224}, "customerGatewayAsn = 7224", "belongs to AWS"),
        ({"customerGatewayAsn": 0}, "customerGatewayAsn = 0", "greater than or equal to 1"),
        ({"customerGatewayIp": "192.168.1.1"}, "customerGatewayIp", "give the public address of the VPN device"),
        ({"customerGatewayIp": "100.64.0.1"}, "customerGatewayIp", "give the public address of the VPN device"),
        ({"customerGatewayIp": "127.0.0.1"}, "customerGatewayIp", "give the public address of the VPN device"),
        ({"customerGatewayIp": "vpn.example.com"}, "customerGatewayIp = 'vpn.example.com'", "IPv4 address"),
        ({"clientCidrs": "0.0.0.0/0"}, "clientCidrs", "write it as a YAML list"),
        ({"clientCidrs": []}, "clientCidrs", "at least 1 item"),
        ({"clientCidrs": ["198.51.100.0/24", "nowhere"]}, "clientCidrs", "write it like 10.0.0.0/16"),
        ({"servicePort": 22}, "servicePort = 22", "greater than or equal to 1024"),
        ({"servicePort": 3389}, "servicePort = 3389", "choose another one from 1024 to 65535"),
        ({"fixPort": 8443}, "fixPort = 8443", "is also the servicePort"),
        ({"wafMaxOrderBytes": 65536}, "wafMaxOrderBytes = 65536", "less than or equal to 8192"),
        ({"wafRequestsPerMinute": 1}, "wafRequestsPerMinute = 1", "greater than or equal to 10"),
        ({"flowLogRetentionDays": 366}, "flowLogRetentionDays = 366", "choose one of 365, 400"),
        ({"natGateways": 4}, "natGateways = 4", "less than or equal to 3"),
        ({"privateServices": "some"}, "privateServices = 'some'", "'all' or 'standing'"),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(given: dict[str, Any], key: str, way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    message = str(refusal.value)
    assert f"trading-platform:{key}" in message, "the message names the key and the value"
    assert way_out in message, "the message names the way out"


def test_every_bad_setting_is_named_at_once():
    with pytest.raises(SettingsError) as refusal:
        Settings.parse({"vpcCidr": "8.8.0.0/16", "servicePort": 22, "customerGatewayIp": "10.0.0.1"})
    assert len(refusal.value.problems) == 3


def test_a_refused_setting_registers_nothing():
    with pytest.raises(SettingsError, match="customerGatewayAsn = 64512"):
        record_primary({"customerGatewayAsn": 64512})


def test_both_stack_files_stand_side_by_side():
    assert Settings.parse(DR).network.vpc_cidr != Settings.parse({}).network.vpc_cidr


def _rules_by_group(ports: list[int], ranges: list[str]) -> dict[str, int]:
    """The most rules that one direction of each security group has."""
    network = Settings.parse({"podPorts": ports, "clientCidrs": ranges}).network
    flows = [
        *flows_within(network, {"s3": "pl-1", "dynamodb": "pl-2"}),
        *flows_between_regions(network, IPv4Network("10.1.0.0/16")),
    ]
    inbound = Counter(flow.target for flow in flows if isinstance(flow.target, Group))
    outbound = Counter(flow.source for flow in flows if isinstance(flow.source, Group))
    return {group.value: max(inbound[group], outbound[group]) for group in Group}


def test_lists_at_their_longest_fit_into_the_security_groups():
    """Amazon VPC User Guide, "Amazon VPC quotas": 60 inbound and 60 outbound rules of a security group."""
    ports = list(range(20_000, 20_000 + MOST_POD_PORTS))
    ranges = [f"8.8.{number}.0/24" for number in range(MOST_CLIENT_RANGES)]
    rules = _rules_by_group(ports, ranges)
    assert max(rules.values()) <= RULES_OF_A_GROUP
    assert rules["cluster-nodes"] == RULES_OF_A_GROUP, "one port more would be too many"
    assert rules["load-balancer"] == RULES_OF_A_GROUP, "one range more would be too many"


def test_more_pod_ports_than_the_nodes_group_takes_are_refused():
    ports = list(range(20_000, 20_001 + MOST_POD_PORTS))
    with pytest.raises(SettingsError, match=r"trading-platform:podPorts = .* quota of 60; name 22 or fewer"):
        Settings.parse({"podPorts": ports})


@pytest.mark.parametrize("asn", [23456, 65535, 4294967295])
def test_a_reserved_number_is_no_network(asn: int):
    """RFC 6793 and RFC 7300."""
    with pytest.raises(SettingsError, match=f"customerGatewayAsn = {asn}: is reserved"):
        Settings.parse({"customerGatewayAsn": asn})
