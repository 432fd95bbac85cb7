"""Security groups."""

from __future__ import annotations

from blueprint import Blueprint, record_primary
from components.network.flows import Group
from components.settings.network import ADMIN_PORTS
from tests.components.network.graph import EGRESS, GROUP, INGRESS, group_rules, name_of

WORLD = "0.0.0.0/0"
PUBLIC_PORTS = {80, 443}


def _admitted(stack: Blueprint, group: Group) -> list[dict]:
    return [
        dict(rule.properties)
        for rule in stack.of_type(INGRESS)
        if not rule.name.startswith(("dr-", "primary-")) and name_of(rule.properties["securityGroupId"]) == group.value
    ]


def test_the_default_group_admits_nobody_and_lets_nobody_out(stack: Blueprint):
    default = stack.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default").properties
    assert default["ingress"] == default["egress"] == []


def test_every_rule_says_why_it_is_there(stack: Blueprint):
    for rule in group_rules(stack):
        assert rule.properties.get("description"), f"{rule.name} is not described"
    for group in stack.of_type(GROUP):
        assert group.properties.get("description"), f"{group.name} is not described"


def test_no_rule_admits_the_world_on_administrative_or_on_all_ports(stack: Blueprint):
    for rule in stack.of_type(INGRESS):
        properties = rule.properties
        if properties.get("cidrIpv4") != WORLD and "cidrIpv6" not in properties:
            continue
        assert properties["ipProtocol"] == "tcp", f"{rule.name} admits the world on every protocol"
        ports = range(properties["fromPort"], properties["toPort"] + 1)
        assert set(ports) <= PUBLIC_PORTS, f"{rule.name} admits the world on {ports}"


def test_nobody_is_admitted_on_a_port_that_administers_hosts(stack: Blueprint):
    for rule in stack.of_type(INGRESS):
        ports = range(rule.properties["fromPort"], rule.properties["toPort"] + 1)
        assert not set(ports) & set(ADMIN_PORTS), f"{rule.name}: hosts are managed by Systems Manager"


def test_only_the_public_load_balancer_admits_the_world(stack: Blueprint):
    open_to_all = {
        name_of(rule.properties["securityGroupId"])
        for rule in stack.of_type(INGRESS)
        if rule.properties.get("cidrIpv4") == WORLD
    }
    assert open_to_all == {Group.LOAD_BALANCER.value}


def test_clients_can_be_narrowed_to_known_ranges():
    stack = record_primary({"clientCidrs": '["198.51.100.0/24", "192.0.2.0/24"]'})
    admitted = {rule["cidrIpv4"] for rule in _admitted(stack, Group.LOAD_BALANCER)}
    assert admitted == {"198.51.100.0/24", "192.0.2.0/24"}


def test_stores_are_reached_by_named_groups_only(stack: Blueprint):
    for store in (Group.DATABASE, Group.CACHE, Group.FILE_SYSTEM):
        rules = _admitted(stack, store)
        assert rules, f"nobody reaches the {store}"
        assert all("referencedSecurityGroupId" in rule for rule in rules), f"the {store} admits addresses"


def test_stores_and_endpoints_open_no_connection(stack: Blueprint):
    callers = {name_of(rule.properties["securityGroupId"]) for rule in stack.of_type(EGRESS)}
    for silent in (Group.DATABASE, Group.CACHE, Group.FILE_SYSTEM, Group.ENDPOINTS):
        assert silent.value not in callers, f"the {silent} opens connections"


def test_functions_and_build_jobs_admit_nobody(stack: Blueprint):
    for group in (Group.FUNCTIONS, Group.DELIVERY):
        assert _admitted(stack, group) == [], f"{group} are invoked by AWS, not over the network"


def test_compliance_admits_nobody_but_the_monitoring(stack: Blueprint):
    assert {rule["fromPort"] for rule in _admitted(stack, Group.COMPLIANCE)} == {9464}


def test_trading_engines_never_call_the_internet(stack: Blueprint):
    for rule in stack.of_type(EGRESS):
        if rule.properties.get("cidrIpv4") == WORLD:
            group = name_of(rule.properties["securityGroupId"])
            assert group in {Group.CLUSTER_NODES, Group.DELIVERY}, f"{group} may call the whole internet"
            assert rule.properties["fromPort"] == rule.properties["toPort"] == 443


def test_every_rule_opens_one_port(stack: Blueprint):
    for rule in group_rules(stack):
        assert rule.properties["fromPort"] == rule.properties["toPort"], f"{rule.name} opens a range"
        assert rule.properties["ipProtocol"] in ("tcp", "udp")


def test_what_one_group_may_open_the_other_group_admits(stack: Blueprint):
    def pairs(type_: str) -> set[tuple[str, str, int, str]]:
        found = set()
        for rule in stack.of_type(type_):
            if "referencedSecurityGroupId" in rule.properties:
                near = name_of(rule.properties["securityGroupId"])
                far = name_of(rule.properties["referencedSecurityGroupId"])
                source, target = (near, far) if type_ == EGRESS else (far, near)
                found.add((source, target, rule.properties["fromPort"], rule.properties["ipProtocol"]))
        return found

    assert pairs(EGRESS) == pairs(INGRESS) != set()


def test_market_data_arrives_from_the_premises_by_udp_alone(stack: Blueprint):
    feeds = [rule for rule in _admitted(stack, Group.MARKET_DATA) if rule.get("cidrIpv4") == "192.168.0.0/16"]
    assert [(rule["ipProtocol"], rule["fromPort"]) for rule in feeds] == [("udp", 31001)]


def test_no_group_has_a_name_that_aws_refuses(stack: Blueprint):
    for group in stack.of_type(GROUP):
        assert not group.properties["name"].startswith("sg-")
