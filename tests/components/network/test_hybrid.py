"""Links to the premises."""

from __future__ import annotations

import pytest

from blueprint import Blueprint, record_primary
from tests.components.network.graph import LOG_GROUP, name_of, points_at

VPN = "aws:ec2/vpnConnection:VpnConnection"
CUSTOMER = "aws:ec2/customerGateway:CustomerGateway"
DIRECT_CONNECT = "aws:directconnect/gateway:Gateway"
ASSOCIATION = "aws:directconnect/gatewayAssociation:GatewayAssociation"


@pytest.mark.parametrize("tunnel", ["tunnel1", "tunnel2"])
def test_both_tunnels_speak_ikev2_with_strong_algorithms_and_no_others(stack: Blueprint, tunnel: str):
    vpn = stack.one(VPN, "vpn").properties
    assert vpn[f"{tunnel}IkeVersions"] == ["ikev2"]
    for phase in ("Phase1", "Phase2"):
        assert vpn[f"{tunnel}{phase}EncryptionAlgorithms"] == ["AES256-GCM-16"]
        assert set(vpn[f"{tunnel}{phase}IntegrityAlgorithms"]) == {"SHA2-384", "SHA2-512"}
        assert set(vpn[f"{tunnel}{phase}DhGroupNumbers"]) == {19, 20, 21}


@pytest.mark.parametrize("tunnel", ["tunnel1", "tunnel2"])
def test_a_dead_tunnel_is_noticed_restarted_and_logged(stack: Blueprint, tunnel: str):
    vpn = stack.one(VPN, "vpn").properties
    assert vpn[f"{tunnel}DpdTimeoutAction"] == "restart"
    assert vpn[f"{tunnel}DpdTimeoutSeconds"] >= 30
    logs = vpn[f"{tunnel}LogOptions"]["cloudwatchLogOptions"]
    assert logs["logEnabled"] is logs["bgpLogEnabled"] is True
    assert points_at(logs["logGroupArn"]) == (LOG_GROUP, "vpn")


def test_the_logs_of_the_tunnels_are_encrypted_and_kept_for_a_year(stack: Blueprint):
    group = stack.one(LOG_GROUP, "vpn").properties
    assert name_of(group["kmsKeyId"]) == "logs"
    assert group["retentionInDays"] >= 365


def test_the_vpn_ends_at_the_hub_and_learns_its_routes(stack: Blueprint):
    vpn = stack.one(VPN, "vpn").properties
    assert name_of(vpn["transitGatewayId"]) == "hub"
    assert vpn["staticRoutesOnly"] is False


def test_pre_shared_keys_are_made_by_aws_and_never_pass_through_the_program(stack: Blueprint):
    vpn = stack.one(VPN, "vpn").properties
    assert vpn["presharedKeyStorage"] == "SecretsManager"
    assert not [key for key in vpn if key.lower().endswith("presharedkey")]


def test_each_region_has_a_direct_connect_gateway_that_announces_the_vpcs_of_both_regions(stack: Blueprint):
    gateway = stack.one(DIRECT_CONNECT, "direct-connect").properties
    assert gateway["amazonSideAsn"] == "64900"
    association = stack.one(ASSOCIATION, "direct-connect").properties
    assert name_of(association["associatedGatewayId"]) == "hub"
    # With a transit gateway, exactly these are announced (Direct Connect User Guide, "Allowed prefixes interactions").
    assert association["allowedPrefixes"] == ["10.0.0.0/16", "10.1.0.0/16"]
    assert stack.one("aws:ec2/vpc:Vpc", "vpc").properties["cidrBlock"] in association["allowedPrefixes"]


@pytest.mark.parametrize(("asn", "field"), [(65010, "bgpAsn"), (4200000001, "bgpAsnExtended")])
def test_large_numbers_of_autonomous_systems_go_where_the_api_takes_them(asn: int, field: str):
    customer = record_primary({"customerGatewayAsn": asn}).one(CUSTOMER, "customer").properties
    assert customer[field] == str(asn)
    assert len({"bgpAsn", "bgpAsnExtended"} & set(customer)) == 1
