"""Addresses, names and ranges of one kind have one rule, whatever setting holds them."""

from __future__ import annotations

from typing import Any

import pytest

from components.settings import Settings, SettingsError

DR = {
    "role": "dr",
    "region": "us-west-2",
    "vpcCidr": "10.1.0.0/16",
    "availabilityZones": ["us-west-2a", "us-west-2b", "us-west-2c"],
    "transitGatewayAsn": 64513,
}
EMAILS, URLS = ("approverEmails", "operationsEmails"), ("operationsEndpoints", "tokenIssuer")


def refused(given: dict[str, Any], key: str) -> str:
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    lines = [line for line in str(refusal.value).splitlines() if line.startswith(f"trading-platform:{key} = ")]
    assert lines, str(refusal.value)
    assert all("; " in line for line in lines)
    return lines[0]


@pytest.mark.parametrize("key", EMAILS)
@pytest.mark.parametrize(
    "address",
    [
        *("a@b..example.com", "a,b@x.yz", "a<b@x.yz", "a@-x.example.com", "a@x-.example.com", "a..b@x.com", ".a@x.com"),
        *("a.@x.com", "a@x", "a@x.c", "a b@x.com", f"{'a' * 65}@x.com", f"a@{'x' * 64}.com", "a@@x.com", '"a"@x.com'),
        *("a@x.com,b@x.com", "<a@x.com>", "a@[192.0.2.1]", f"a@{'x.' * 130}com"),
    ],
)
def test_every_email_has_one_rule(key: str, address: str):
    assert "write it as name@domain" in refused({key: [address]}, key)


@pytest.mark.parametrize("key", EMAILS)
@pytest.mark.parametrize("address", ["desk@mycompany.com", "a.b+c_d-e@eu.mycompany.co.uk", "A1@x-y.io"])
def test_usual_emails_are_taken(key: str, address: str):
    Settings.parse({key: [address]})


@pytest.mark.parametrize("key", URLS)
@pytest.mark.parametrize(
    "end", [":99999/x", ":0/x", ":65536", ":/x", ":http/", "..com/x", "/a b", "/#x", "/{id}", "/a\\b", "/<x>"]
)
def test_every_https_address_has_one_rule(key: str, end: str):
    url = f"https://x.mycompany.com{end}"
    refused({key: [url] if key == "operationsEndpoints" else url}, key)


@pytest.mark.parametrize("key", URLS)
@pytest.mark.parametrize("end", ["", "/", ":443", ":65535/a/b", "/realms/x", "/a-b_c~d.e"])
def test_usual_https_addresses_are_taken(key: str, end: str):
    url = f"https://x.mycompany.com{end}"
    Settings.parse({key: [url] if key == "operationsEndpoints" else url})


def test_a_refusal_shows_the_part_that_is_wrong():
    """Without a user in it, a URL holds no secret, and hiding its end would hide what is wrong."""
    assert "'https://x.example/ '" in refused({"tokenIssuer": "https://x.example/ "}, "tokenIssuer")


@pytest.mark.parametrize(
    "bucket",
    [
        *("a", "ab", "b..x", "192.168.5.4", "my-bucket-", "-bucket", "xn--abc", "sthree-x", "amzn-s3-demo-bucket"),
        *("abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3", "Bucket", "a_b_c", "a" * 64, ""),
    ],
)
def test_a_bucket_has_a_name_that_s3_takes(bucket: str):
    refused({"stateBackendUrl": f"s3://{bucket}?region=us-west-2"}, "stateBackendUrl")


@pytest.mark.parametrize("bucket", ["abc", "trading-state", "a.b.c", "1st", "a" * 63])
def test_usual_buckets_are_taken(bucket: str):
    Settings.parse({"stateBackendUrl": f"s3://{bucket}/platform?region=us-west-2"})


@pytest.mark.parametrize("name", ["public", "none", "user", "current_user", "pg_x", "rds_x", "rdsadmin", "postgres"])
def test_a_role_has_a_name_that_postgresql_takes(name: str):
    refused({"dbUsername": name}, "dbUsername")


@pytest.mark.parametrize("claim", ["custom:", "https://", "https://x/", "a#", "https://u:p@x.example/account", "exp"])
def test_a_claim_has_a_name(claim: str):
    refused({"tokenAccountClaim": claim}, "tokenAccountClaim")


@pytest.mark.parametrize("stack", ["a/b/..", "../b/c", "a/./c", "a/.../c", "a/b", "a/b/c/d", "a//c"])
@pytest.mark.parametrize("key", ["primaryStack", "recoveryStack"])
def test_a_stack_has_a_full_name(key: str, stack: str):
    refused({key: stack}, key)


@pytest.mark.parametrize(
    ("zones", "way_out"),
    [
        (["use1-az1", "use1-az2", "use1-az3"], "takes no control plane of EKS; choose three of use1-az1"),
        (["us-east-1a", "use1-az2", "use1-az4"], "write all by id, such as use1-az2"),
        (["use1-az1", "use1-az2", "use1-az7"], "is not a zone of us-east-1"),
        (["use1-az1", "use1-az2", "use2-az1"], "is not a zone of us-east-1"),
    ],
)
def test_zones_by_id_are_ones_that_the_cluster_can_use(zones: list[str], way_out: str):
    assert way_out in refused({"availabilityZones": zones}, "availabilityZones")


def test_zones_by_id_are_taken():
    Settings.parse({"availabilityZones": ["use1-az1", "use1-az2", "use1-az6"]})


RANGES = ("vpcCidr", "onPremisesCidr", "drVpcCidr", "primaryVpcCidr", "kubernetesServiceCidr")


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"drVpcCidr": "192.168.0.0/16"}, "onPremisesCidr"),
        ({"drVpcCidr": "172.17.0.0/16"}, "drVpcCidr"),
        ({"drVpcCidr": "172.20.0.0/16"}, "drVpcCidr"),
        ({"drVpcCidr": "10.0.0.0/16"}, "vpcCidr"),
        ({"onPremisesCidr": "172.17.128.0/20"}, "onPremisesCidr"),
        ({"onPremisesCidr": "172.20.0.0/16"}, "onPremisesCidr"),
        ({"kubernetesServiceCidr": "172.17.0.0/16"}, "kubernetesServiceCidr"),
        ({"vpcCidr": "172.17.0.0/16", "primaryVpcCidr": "172.17.0.0/16"}, "vpcCidr"),
        ({**DR, "primaryVpcCidr": "192.168.0.0/16"}, "onPremisesCidr"),
        ({**DR, "primaryVpcCidr": "172.17.0.0/16"}, "primaryVpcCidr"),
        ({**DR, "primaryVpcCidr": "172.20.0.0/16"}, "primaryVpcCidr"),
        ({**DR, "vpcCidr": "10.0.0.0/16"}, "vpcCidr"),
        ({**DR, "vpcCidr": "172.20.0.0/16"}, "vpcCidr"),
    ],
)
def test_every_two_ranges_are_disjoint_in_either_role(given: dict[str, Any], key: str):
    """Those of VPCs, on premises, of services and of Docker; the message names one of the two and the other."""
    assert "overlaps" in refused(given, key)


@pytest.mark.parametrize("given", [{}, DR])
def test_the_defaults_are_disjoint(given: dict[str, Any]):
    Settings.parse(given)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("apiDomain", "api.bank.xn--p1ai"),
        ("tradingApiDomain", "orders.bank.xn--p1ai"),
        ("operationsEmails", ["desk@bank.xn--p1ai"]),
        ("operationsEndpoints", ["https://hooks.bank.xn--fiqs8s/alarms"]),
        ("tokenIssuer", "https://id.bank.xn--p1ai"),
    ],
)
def test_a_top_level_domain_of_another_script_is_taken(key: str, value: Any):
    """Internationalised top-level domains in Punycode (RFC 5890)."""
    assert Settings.parse({key: value})
