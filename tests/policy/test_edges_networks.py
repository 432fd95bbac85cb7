"""Networks and databases at the edges of what their rules allow."""

from __future__ import annotations

from typing import Any

import pytest

from policy import tokens as t
from tests.policy.small import undecided
from tests.policy.test_variants import refused

Json = dict[str, Any]
_KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
_ADMIN, _WORLD = "no-world-ingress-to-administration", "world-ingress-authorised"
_CLOSED = "the default security group has"
_GROUP_ID = "${aws:ec2/securityGroup:SecurityGroup::g#id}"


def _rule(low: Any, high: Any, protocol: Any = "tcp", **source: Any) -> Json:
    given = {"fromPort": low, "toPort": high, "ipProtocol": protocol, **(source or {"cidrIpv4": "0.0.0.0/0"})}
    return {name: value for name, value in given.items() if value is not None}


# fmt: off
CASES: list[tuple[str, str, Json, list[str]]] = [
    # Security groups
    (_ADMIN, t.INGRESS_RULE, _rule(22, 22), ["the internet may connect to ports 22-22"]),
    (_ADMIN, t.INGRESS_RULE, _rule(3389, 3389), ["the internet may connect to ports 3389-3389"]),
    (_ADMIN, t.INGRESS_RULE, _rule(23, 3388), []),
    (_ADMIN, t.INGRESS_RULE, _rule(21, 22), ["the internet may connect to ports 21-22"]),
    (_ADMIN, t.INGRESS_RULE, _rule(0, 65535), ["the internet may connect to all ports"]),
    (_ADMIN, t.INGRESS_RULE, _rule(0, 65535, "udp"), ["the internet may connect to all ports"]),
    (_ADMIN, t.INGRESS_RULE, _rule(None, None, "-1"), ["the internet may connect to all ports"]),
    (_ADMIN, t.INGRESS_RULE, _rule(None, None, "all"), ["the internet may connect to all ports"]),
    (_ADMIN, t.INGRESS_RULE, _rule(None, None, "tcp"), ["the internet may connect to all ports"]),
    (_ADMIN, t.INGRESS_RULE, _rule(8, 0, "icmp"), []),
    (_ADMIN, t.INGRESS_RULE, _rule(22, 22, "icmpv6"), []),
    (_ADMIN, t.INGRESS_RULE, _rule(22, 22, 1.0), []),
    (_ADMIN, t.INGRESS_RULE, _rule(22, None), ["the internet may connect to ports 22-22"]),
    (_ADMIN, t.INGRESS_RULE, _rule(22, 22, cidrIpv6="::/0"), ["the internet may connect to ports 22-22"]),
    (_ADMIN, t.INGRESS_RULE, _rule(22, 22, cidrIpv4="10.0.0.0/8"), []),
    (_ADMIN, t.INGRESS_RULE, _rule(22, 22, referencedSecurityGroupId="sg-1"), []),
    (_ADMIN, t.CLASSIC_RULE,
        {"type": "ingress", "protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]},
        ["the internet may connect to ports 22-22"]),
    (_ADMIN, t.CLASSIC_RULE,
        {"type": "egress", "protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}, []),
    (_WORLD, t.INGRESS_RULE, _rule(443, 443), []),
    (_WORLD, t.INGRESS_RULE, _rule(80, 80), []),
    (_WORLD, t.INGRESS_RULE, _rule(8443, 8443),
        ["the internet may connect to ports 8443-8443, of which only [80, 443] are authorised"]),
    (_WORLD, t.INGRESS_RULE, _rule(443, 444),
        ["the internet may connect to ports 443-444, of which only [80, 443] are authorised"]),
    (_WORLD, t.INGRESS_RULE, _rule(22, 22), []),
    (_WORLD, t.INGRESS_RULE, _rule(None, None, "-1"), []),
    (_WORLD, t.INGRESS_RULE, _rule(8443, 8443, cidrIpv4="198.51.100.0/24"), []),
    ("egress-limited", t.EGRESS_RULE, _rule(None, None, "-1"), ["may connect to anywhere on all ports"]),
    ("egress-limited", t.EGRESS_RULE, _rule(0, 65535), ["may connect to anywhere on all ports"]),
    ("egress-limited", t.EGRESS_RULE, _rule(443, 443), []),
    ("egress-limited", t.EGRESS_RULE, _rule(None, None, "-1", cidrIpv4="10.0.0.0/8"), []),
    ("egress-limited", t.SECURITY_GROUP,
        {"egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]},
        ["may connect to anywhere on all ports"]),
    ("egress-limited", t.SECURITY_GROUP,
        {"ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]}, []),
    ("security-rules-described", t.INGRESS_RULE, {"description": "Clients"}, []),
    ("security-rules-described", t.INGRESS_RULE, {}, ["has no description"]),
    ("security-rules-described", t.CLASSIC_RULE, {}, ["has no description"]),
    ("security-rules-described", t.EGRESS_RULE, {}, ["has no description"]),
    ("security-rules-described", t.SECURITY_GROUP, {}, []),
    ("security-rules-described", t.SECURITY_GROUP,
        {"ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "description": "Clients"}]}, []),
    ("security-rules-described", t.SECURITY_GROUP,
        {"egress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443}]}, ["has an inline rule without description"]),
    # Networks
    ("attachments-accepted", t.TRANSIT_GATEWAY, {}, []),
    ("attachments-accepted", t.TRANSIT_GATEWAY, {"autoAcceptSharedAttachments": "disable"}, []),
    ("attachments-accepted", t.TRANSIT_GATEWAY, {"autoAcceptSharedAttachments": "enable"},
        ["accepts every attachment"]),
    ("attachments-accepted", t.ENDPOINT_SERVICE, {}, []),
    ("attachments-accepted", t.ENDPOINT_SERVICE, {"acceptanceRequired": False}, ["accepts every connection"]),
    ("attachments-accepted", t.ENDPOINT_SERVICE, {"autoAcceptSharedAttachments": "enable"}, []),
    ("no-automatic-public-addresses", t.SUBNET, {}, []),
    ("no-automatic-public-addresses", t.SUBNET, {"mapPublicIpOnLaunch": True},
        ["what is launched in the subnet gets a public address"]),
    ("no-automatic-public-addresses", t.SUBNET, {"assignIpv6AddressOnCreation": True},
        ["what is launched in the subnet gets an IPv6 address, which is public"]),
    # Databases
    ("rds-customer-key", t.RDS_INSTANCE, {"storageEncrypted": True, "kmsKeyId": _KEY}, []),
    ("rds-customer-key", t.RDS_INSTANCE, {"kmsKeyId": _KEY}, ["is not encrypted"]),
    ("rds-customer-key", t.RDS_CLUSTER, {"storageEncrypted": True}, ["kmsKeyId names no key, so AWS's own is used"]),
    ("rds-multi-az", t.RDS_INSTANCE, {"multiAz": True}, []),
    ("rds-multi-az", t.RDS_INSTANCE, {}, ["has no standby in another zone"]),
    ("rds-multi-az", t.RDS_INSTANCE, {"replicateSourceDb": "db"}, []),
    ("rds-private", t.RDS_INSTANCE, {}, []),
    ("rds-private", t.RDS_CLUSTER_INSTANCE, {"publiclyAccessible": True}, ["has a public address"]),
    ("rds-deletion-protection", t.RDS_INSTANCE, {"deletionProtection": True}, []),
    ("rds-deletion-protection", t.RDS_INSTANCE, {}, ["has no deletion protection"]),
    ("rds-deletion-protection", t.RDS_INSTANCE, {"replicateSourceDb": "elsewhere"}, ["has no deletion protection"]),
    ("rds-backups", t.RDS_INSTANCE, {"backupRetentionPeriod": 30}, []),
    ("rds-backups", t.RDS_INSTANCE, {"backupRetentionPeriod": 29}, ["is backed up for 29 days"]),
    ("rds-backups", t.RDS_INSTANCE, {}, ["is backed up for 0 days"]),
    ("rds-backups", t.RDS_INSTANCE, {"replicateSourceDb": "db"}, []),
    ("rds-backups", t.RDS_CLUSTER, {"replicationSourceIdentifier": "db"}, []),
    ("rds-backups", t.RDS_CLUSTER, {"replicateSourceDb": "db"}, ["is backed up for 0 days"]),
    ("rds-final-snapshot", t.RDS_INSTANCE, {}, []),
    ("rds-final-snapshot", t.RDS_INSTANCE, {"skipFinalSnapshot": True}, ["takes no final snapshot"]),
    ("rds-final-snapshot", t.RDS_INSTANCE, {"skipFinalSnapshot": True, "replicateSourceDb": "db"}, []),
    ("rds-iam-login", t.RDS_INSTANCE, {"engine": "postgres", "iamDatabaseAuthenticationEnabled": True}, []),
    ("rds-iam-login", t.RDS_INSTANCE, {"engine": "postgres"}, ["accepts only passwords"]),
    ("rds-iam-login", t.RDS_INSTANCE, {}, ["accepts only passwords"]),
    ("rds-iam-login", t.RDS_INSTANCE, {"engine": "oracle-ee"}, []),
    ("rds-iam-login", t.RDS_CLUSTER, {"engine": "aurora-mysql"}, ["accepts only passwords"]),
    ("rds-iam-login", t.RDS_INSTANCE, {"replicateSourceDb": "db"}, []),
    ("rds-iam-login", t.RDS_INSTANCE, {"replicateSourceDb": "db", "iamDatabaseAuthenticationEnabled": False},
        ["accepts only passwords"]),
    ("rds-logs-exported", t.RDS_INSTANCE, {"enabledCloudwatchLogsExports": ["postgresql"]}, []),
    ("rds-logs-exported", t.RDS_INSTANCE, {}, ["exports no logs"]),
    ("rds-logs-exported", t.RDS_INSTANCE, {"replicateSourceDb": "db"}, []),
    ("rds-logs-exported", t.RDS_INSTANCE, {"replicateSourceDb": "db", "enabledCloudwatchLogsExports": []},
        ["exports no logs"]),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engine": "postgres", "engineVersion": "15.4"}, []),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engine": "postgres", "engineVersion": "16"}, []),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engine": "postgres", "engineVersion": "14.9"},
        ["uses AWS's default parameters"]),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engine": "postgres"}, ["uses AWS's default parameters"]),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engine": "postgres", "parameterGroupName": "default.postgres17"}, []),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engine": "postgres", "parameterGroupName": "default.postgres13"},
        ["uses AWS's default parameters"]),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engine": "mysql", "engineVersion": "16"}, ["uses AWS's default parameters"]),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engineVersion": "16"}, []),
    ("rds-tls-forced", t.RDS_INSTANCE, {}, ["uses AWS's default parameters"]),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engine": "db2-se"}, []),
    ("rds-tls-forced", t.RDS_INSTANCE, {"engine": "oracle-ee"}, []),
    # Trading hours are 13:30 to 21:00 UTC from Monday to Friday.
    ("rds-maintenance-window", t.RDS_INSTANCE, {"maintenanceWindow": "sun:06:00-sun:07:00"}, []),
    ("rds-maintenance-window", t.RDS_INSTANCE, {"maintenanceWindow": "mon:21:00-mon:21:30"}, []),
    ("rds-maintenance-window", t.RDS_INSTANCE, {"maintenanceWindow": "mon:13:00-mon:13:30"}, []),
    ("rds-maintenance-window", t.RDS_INSTANCE, {"maintenanceWindow": "Mon:20:59-Mon:21:29"},
        ["is maintained Mon:20:59-Mon:21:29 UTC, during trading hours"]),
    ("rds-maintenance-window", t.RDS_INSTANCE, {"maintenanceWindow": "fri:13:01-fri:13:31"},
        ["is maintained fri:13:01-fri:13:31 UTC, during trading hours"]),
    ("rds-maintenance-window", t.RDS_INSTANCE, {"maintenanceWindow": "sat:14:00-sat:15:00"}, []),
    ("rds-maintenance-window", t.RDS_INSTANCE, {"maintenanceWindow": "sun:23:00-mon:14:00"},
        ["is maintained sun:23:00-mon:14:00 UTC, during trading hours"]),
    ("rds-maintenance-window", t.RDS_INSTANCE, {}, ["has no maintenance window, so that AWS chooses one"]),
    ("rds-maintenance-window", t.RDS_CLUSTER, {"preferredMaintenanceWindow": "wed:14:00-wed:14:30"},
        ["is maintained wed:14:00-wed:14:30 UTC, during trading hours"]),
    ("rds-maintenance-window", t.RDS_CLUSTER, {"maintenanceWindow": "sun:06:00-sun:07:00"},
        ["has no maintenance window, so that AWS chooses one"]),
]
# fmt: on


@pytest.mark.parametrize(
    ("rule", "type_", "properties", "said"), CASES, ids=[f"{case[0]}-{index}" for index, case in enumerate(CASES)]
)
def test_a_network_or_database_at_the_edge_of_a_rule(rule: str, type_: str, properties: Json, said: list[str]) -> None:
    """One property on either side of what the rule allows."""
    assert refused(rule, (type_, "x", properties)) == said


# Flow logs and the default group

_VPC = (t.VPC, "v", {"cidrBlock": "10.20.0.0/16"})
_VPC_ID = "${aws:ec2/vpc:Vpc::v#id}"


@pytest.mark.parametrize(
    ("log", "count"),
    [
        ({"vpcId": _VPC_ID, "trafficType": "ALL"}, 0),
        ({"vpcId": _VPC_ID, "trafficType": "REJECT"}, 1),
        ({"vpcId": _VPC_ID, "trafficType": "ACCEPT"}, 1),
        ({"vpcId": "vpc-other", "trafficType": "ALL"}, 1),
    ],
)
def test_flow_logs_are_of_the_vpc_and_of_all_traffic(log: Json, count: int) -> None:
    """A log of rejected traffic alone, or of another VPC, does not count."""
    assert len(refused("vpc-flow-logs", _VPC, (t.FLOW_LOG, "f", log))) == count


_DEFAULT = (t.DEFAULT_SECURITY_GROUP, "d", {"vpcId": _VPC_ID})
_DEFAULT_ID = "${aws:ec2/defaultSecurityGroup:DefaultSecurityGroup::d#id}"


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([_DEFAULT], []),
        ([], ["the VPC's default security group has the open rules that AWS creates"]),
        ([(t.DEFAULT_SECURITY_GROUP, "d", {"vpcId": _VPC_ID, "egress": [{"protocol": "-1"}]})],
            [f"{_CLOSED} egress rules"]),
        ([(t.DEFAULT_SECURITY_GROUP, "d", {"vpcId": _VPC_ID, "ingress": [{"protocol": "-1"}]})],
            [f"{_CLOSED} ingress rules"]),
        ([_DEFAULT, (t.EGRESS_RULE, "r", {"securityGroupId": _DEFAULT_ID})],
            [f"{_CLOSED} rules that are declared apart from it"]),
        ([_DEFAULT, (t.INGRESS_RULE, "r", {"securityGroupId": f"${{{t.VPC}::v#defaultSecurityGroupId}}"})],
            [f"{_CLOSED} rules that are declared apart from it"]),
        ([_DEFAULT, (t.INGRESS_RULE, "r", {"securityGroupId": "sg-other"})], []),
    ],
)  # fmt: skip
def test_the_default_group_has_no_rules(entries: list[Any], said: list[str]) -> None:
    """Neither its own, nor any that are declared apart from it."""
    assert refused("default-security-group-closed", _VPC, *entries) == said


# Access lists

_ACL_ID = "${aws:ec2/networkAcl:NetworkAcl::a#id}"


def _acl(*rules: tuple[int, str, str, Any]) -> list[Any]:
    entries = [
        {"ruleNo": number, "action": action, "protocol": "tcp", "fromPort": port, "toPort": port, "cidrBlock": cidr}
        for number, action, cidr, port in rules
    ]
    return [(t.NETWORK_ACL, "a", {"ingress": entries})]


@pytest.mark.parametrize(
    ("entries", "ports"),
    [
        (_acl((100, "allow", "0.0.0.0/0", 22)), [22]),
        (_acl((100, "allow", "0.0.0.0/0", 22), (110, "allow", "0.0.0.0/0", 3389)), [22, 3389]),
        (_acl((100, "allow", "0.0.0.0/0", 443)), []),
        (_acl((90, "deny", "0.0.0.0/0", 22), (100, "allow", "0.0.0.0/0", 22)), []),
        (_acl((110, "deny", "0.0.0.0/0", 22), (100, "allow", "0.0.0.0/0", 22)), [22]),
        (_acl((90, "deny", "0.0.0.0/1", 22), (100, "allow", "0.0.0.0/0", 22)), [22]),
        (_acl((90, "deny", "0.0.0.0/1", 22), (91, "deny", "128.0.0.0/1", 22), (100, "allow", "0.0.0.0/0", 22)), []),
        (_acl((100, "allow", "10.0.0.0/8", 22)), []),
        (_acl((100, "Allow", "0.0.0.0/0", None)), [22, 3389]),
        (_acl((100, "allow", "0.0.0.0/2", 22), (101, "allow", "64.0.0.0/2", 22)), [22]),
        (_acl((100, "allow", "198.51.100.0/24", 22)), []),
    ],
)
def test_an_access_list_decides_by_the_order_of_its_rules(entries: list[Any], ports: list[int]) -> None:
    """The first rule that fits an address decides, and ranges are read together."""
    said = refused("acl-no-world-administration", *entries)
    assert said == ([f"lets the internet reach {', '.join(f'port {port}' for port in ports)}"] if ports else [])


@pytest.mark.parametrize(("action", "egress", "count"), [("allow", False, 1), ("allow", True, 0), ("deny", False, 0)])
def test_rules_apart_from_the_access_list_count(action: str, egress: bool, count: int) -> None:
    """A rule of egress admits nobody."""
    rule = {"networkAclId": _ACL_ID, "ruleNumber": 100, "ruleAction": action, "egress": egress, "protocol": "-1",
        "cidrBlock": "0.0.0.0/0"}  # fmt: skip
    said = refused("acl-no-world-administration", (t.NETWORK_ACL, "a", {}), (t.NETWORK_ACL_RULE, "r", rule))
    assert len(said) == count


_OPEN: dict[str, Any] = {"ruleNo": 100, "action": "allow", "protocol": "tcp", "fromPort": 22, "toPort": 22}
_ALL4, _ALL6 = {"cidrBlock": "0.0.0.0/0"}, {"ipv6CidrBlock": "::/0"}


def _before(entry: dict[str, Any], denied: dict[str, Any]) -> list[str]:
    """What the rule says of an ACL in which a denial stands before the entry."""
    first = {"ruleNo": 90, "action": "deny", "protocol": "tcp", "fromPort": 22, "toPort": 22, **_ALL4, **denied}
    acl = (t.NETWORK_ACL, "a", {"ingress": [{**_OPEN, **_ALL4, **entry}, first]})
    return refused("acl-no-world-administration", acl)


@pytest.mark.parametrize(
    ("denied", "count"),
    [
        ({}, 0),
        ({"protocol": "6"}, 0),
        ({"protocol": 6.0}, 0),
        ({"protocol": "TCP"}, 0),
        ({"protocol": "-1", "fromPort": 0, "toPort": 0}, 0),
        ({"protocol": "all"}, 0),
        ({"protocol": "udp"}, 1),
        ({"protocol": "17"}, 1),
        ({"protocol": "icmp"}, 1),
        ({"protocol": "50", "fromPort": None, "toPort": None}, 1),
        ({"fromPort": 0, "toPort": 21}, 1),
        ({"fromPort": 23, "toPort": 65535}, 1),
        ({"fromPort": 0, "toPort": 65535}, 0),
        ({"ruleNo": 110}, 1),
        ({"ruleNo": 9}, 0),
        ({"cidrBlock": None, **_ALL6}, 1),
    ],
)
def test_a_denial_closes_its_own_protocol_ports_and_family(denied: dict[str, Any], count: int) -> None:
    """TCP 22 stays open behind a denial of UDP, of ICMP, of ESP, of other ports, of IPv6, or of a later number."""
    assert len(_before({}, denied)) == count


@pytest.mark.parametrize(
    ("entry", "denied", "count"),
    [
        ({"protocol": "udp"}, {}, 1),
        ({"protocol": "udp"}, {"protocol": "17"}, 0),
        ({"protocol": "-1"}, {}, 1),
        ({"protocol": "-1"}, {"protocol": "-1"}, 0),
        ({"protocol": "50", "fromPort": None, "toPort": None}, {"protocol": "icmp"}, 0),
        ({"protocol": "icmp"}, {"protocol": "udp"}, 0),
        ({"cidrBlock": None, **_ALL6}, {}, 1),
        ({"cidrBlock": None, **_ALL6}, {"cidrBlock": None, **_ALL6}, 0),
    ],
)
def test_an_opening_is_of_the_protocols_that_have_ports(
    entry: dict[str, Any], denied: dict[str, Any], count: int
) -> None:
    """Every protocol holds TCP and UDP; ICMP and ESP reach no port."""
    assert len(_before(entry, denied)) == count


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"action": "dney"}, ("action", "is neither allow nor deny but 'dney'")),
        ({"action": None}, ("action", "is neither allow nor deny but None")),
        ({"protocol": None}, ("protocol", "is not known")),
    ],
)
def test_a_malformed_entry_of_an_access_list_is_not_passed_over(entry: dict[str, Any], said: tuple[str, str]) -> None:
    """An entry that neither allows nor denies decides nothing that a rule could rely on."""
    acl = (t.NETWORK_ACL, "a", {"ingress": [{**_OPEN, **_ALL4, **entry}]})
    assert undecided("acl-no-world-administration", acl) == [said]


def test_ipv6_of_an_access_list_is_judged_by_itself() -> None:
    """A denial of IPv4 takes nothing from IPv6."""
    rule = {"ruleNo": 100, "action": "allow", "protocol": "tcp", "fromPort": 22, "toPort": 22}
    deny = {**rule, "ruleNo": 90, "action": "deny"}
    for denied, count in (
        ({"cidrBlock": "0.0.0.0/0"}, 1),
        ({"ipv6CidrBlock": "::/0"}, 0),
        ({"ipv6CidrBlock": "::/1"}, 0),
    ):
        acl = (t.NETWORK_ACL, "a", {"ingress": [{**rule, "ipv6CidrBlock": "::/0"}, {**deny, **denied}]})
        assert len(refused("acl-no-world-administration", acl)) == count


# Routes and endpoints


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ({"destinationCidrBlock": "10.20.4.0/24", "transitGatewayId": "tgw-1"}, ["10.20.4.0/24"]),
        ({"destinationCidrBlock": "10.0.0.0/8", "gatewayId": "vgw-1"}, ["10.0.0.0/8"]),
        ({"destinationCidrBlock": "10.21.0.0/16", "transitGatewayId": "tgw-1"}, []),
        ({"destinationCidrBlock": "0.0.0.0/0", "transitGatewayId": "tgw-1"}, []),
        ({"destinationCidrBlock": "10.20.4.0/24", "natGatewayId": "nat-1"}, []),
        ({"destinationCidrBlock": "2001:db8::/32", "coreNetworkArn": "arn:x"}, []),
    ],
)
def test_a_vpc_is_clear_of_what_it_routes_to(route: Json, said: list[str]) -> None:
    """Routes that lead away to an overlapping network; the default route is none."""
    found = refused("vpc-clear-of-routes", _VPC, (t.ROUTE, "r", route))
    assert found == [f"10.20.0.0/16 overlaps {network}, to which a route leads away" for network in said]


@pytest.mark.parametrize(
    ("endpoint", "count"),
    [
        ({"serviceName": "com.amazonaws.us-east-1.sqs", "vpcEndpointType": "Interface", "privateDnsEnabled": True}, 0),
        ({"serviceName": "com.amazonaws.us-east-1.sqs", "vpcEndpointType": "Interface"}, 1),
        ({"serviceName": "com.amazonaws.us-east-1.sqs", "vpcEndpointType": "Gateway"}, 0),
        ({"serviceName": "com.amazonaws.us-east-1.sns", "vpcEndpointType": "Gateway"}, 1),
    ],
)
def test_services_have_private_endpoints(endpoint: Json, count: int) -> None:
    """An interface endpoint counts with private DNS; a plan without a VPC needs none."""
    queue = (t.QUEUE, "q", {"name": "q"})
    said = refused("private-endpoints", _VPC, (t.VPC, "w", {}), queue, (t.VPC_ENDPOINT, "e", endpoint))
    assert said == ["the stack uses sqs, and no endpoint leads there"] * count
    assert refused("private-endpoints", queue) == []


# Parameters of databases


@pytest.mark.parametrize(
    ("engine", "parameters", "count"),
    [
        ("postgres", [{"name": "rds.force_ssl", "value": "1"}], 0),
        ("postgres", [{"name": "rds.force_ssl", "value": "0"}], 1),
        ("postgres", [], 1),
        ("mysql", [{"name": "require_secure_transport", "value": "ON"}], 0),
        ("mysql", [{"name": "require_secure_transport", "value": "OFF"}], 1),
        ("mysql", [{"name": "max_connections", "value": "1"}], 1),
    ],
)
def test_parameters_force_tls(engine: str, parameters: list[Json], count: int) -> None:
    """By the parameter of the engine, in a group of the plan."""
    group = (t.RDS_PARAMETERS, "g", {"parameters": parameters})
    name = "${aws:rds/parameterGroup:ParameterGroup::g#name}"
    database = (t.RDS_INSTANCE, "d", {"engine": engine, "engineVersion": "14", "parameterGroupName": name})
    assert refused("rds-tls-forced", group, database) == ["accepts connections without TLS"] * count
    newer = (t.RDS_INSTANCE, "d", {"engine": engine, "engineVersion": "16", "parameterGroupName": name})
    off = any(entry["value"] in ("0", "OFF") for entry in parameters)
    assert len(refused("rds-tls-forced", group, newer)) == (count if off or engine == "mysql" else 0)


def test_a_replica_takes_the_engine_of_its_source() -> None:
    """Of a Db2 source nothing is asked."""
    source = (t.RDS_INSTANCE, "s", {"engine": "db2-se"})
    reader = (t.RDS_INSTANCE, "r", {"replicateSourceDb": "${aws:rds/instance:Instance::s#identifier}"})
    assert refused("rds-tls-forced", source, reader) == []
    other = (t.RDS_INSTANCE, "s", {"engine": "postgres", "engineVersion": "16"})
    assert len(refused("rds-tls-forced", other, reader)) == 1
    protected = refused("rds-deletion-protection", (t.RDS_INSTANCE, "s", {"deletionProtection": True}), reader)
    assert protected == [], "a reader of the same stack needs no protection of its own"
