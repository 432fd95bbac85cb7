"""Each workload reaches what it must, in every state, and nothing else is open."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from ipaddress import IPv4Network

import pytest

from blueprint import Blueprint, Resource
from tests.golden import Golden
from tests.reachability.network import LINUX_EPHEMERAL, Network, Rule
from tests.reachability.reach import obstacles
from tests.reachability.workloads import Workload, actions, workloads

STATES = ("primary", "dr", "dr_active")
# The tier in which the members of each group stand.
TIERS = {"load-balancer": "public", "database": "data", "cache": "data", "file-system": "data"}
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


@pytest.fixture(params=STATES)
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def unreachable(stack: Blueprint) -> set[str]:
    network = Network(stack)
    return {
        f"{workload.name} calls {action}: {obstacle}"
        for workload in workloads(stack)
        for action in actions(stack, workload)
        for obstacle in obstacles(network, workload.group, action)
    }


def test_every_workload_reaches_every_api_that_its_role_may_call(stack: Blueprint):
    found = unreachable(stack)
    assert not found, "\n" + "\n".join(sorted(found))


def test_the_workloads_of_each_state_are_those_that_run_there(primary: Blueprint, dr: Blueprint, dr_active: Blueprint):
    kinds = [{workload.name.split()[0] for workload in workloads(state)} for state in (primary, dr, dr_active)]
    assert kinds[0] == {"engine", "task", "agent", "function", "build", "node", "pod"}
    assert kinds[1] == {"function", "build", "node", "pod"}, "engines and tasks come with a takeover"
    assert kinds[2] == kinds[0]


def test_who_opens_a_connection_is_admitted_at_the_other_end_and_gets_its_answers(stack: Blueprint):
    network = Network(stack)
    groups = {each.name for each in stack.of_type("aws:ec2/securityGroup:SecurityGroup")}
    for rule in network.egress:
        if rule.peer not in groups:
            continue
        mirrored = dataclasses.replace(rule, group=rule.peer, peer=rule.group)
        assert mirrored in network.ingress, f"{rule.group} opens {rule.first} to {rule.peer}, which does not admit it"
        if rule.protocol == "tcp":
            _passes_between(network, rule)
    for rule in network.ingress:
        if rule.peer in groups:
            mirrored = dataclasses.replace(rule, group=rule.peer, peer=rule.group)
            assert mirrored in network.egress, f"{rule.group} admits {rule.peer} on {rule.first}, which may not call"


def _passes_between(network: Network, rule: Rule) -> None:
    here, there = TIERS.get(rule.group, "app"), TIERS.get(rule.peer, "app")
    port = (rule.first, rule.last)
    for near in _ranges(network, here):
        for far in _ranges(network, there):
            what = f"{rule.group} ({near}) to {rule.peer} ({far}) on {rule.first}"
            assert network.acl_passes(here, "out", port, far), f"{what}: cannot leave the {here} tier"
            assert network.acl_passes(there, "in", port, near), f"{what}: cannot enter the {there} tier"
            assert network.acl_passes(there, "out", LINUX_EPHEMERAL, near), f"{what}: answers cannot leave"
            assert network.acl_passes(here, "in", LINUX_EPHEMERAL, far), f"{what}: answers cannot return"


def _ranges(network: Network, tier: str) -> list[IPv4Network]:
    return [IPv4Network(each.properties["cidrBlock"]) for each in network.subnets(tier)]


@pytest.mark.parametrize("state", STATES)
def test_nothing_else_is_open(state: str, request: pytest.FixtureRequest, golden: Golden):
    network = Network(request.getfixturevalue(state))

    def lines(rules: tuple[Rule, ...], arrow: str) -> list[str]:
        return sorted(f"{r.group} {arrow} {r.peer} {r.protocol} {r.first}-{r.last}" for r in rules)

    golden.matches(f"openings-{state}", {"opens": lines(network.egress, "->"), "admits": lines(network.ingress, "<-")})


def _without(stack: Blueprint, gone: Callable[[Resource], bool]) -> Blueprint:
    return Blueprint(stack.stack, tuple(each for each in stack.resources if not gone(each)), stack.outputs)


def _changed(stack: Blueprint, type_: str, name: str, **properties: object) -> Blueprint:
    def change(each: Resource) -> Resource:
        if (each.type, each.name) != (type_, name):
            return each
        return dataclasses.replace(each, properties={**each.properties, **properties})

    return Blueprint(stack.stack, tuple(map(change, stack.resources)), stack.outputs)


DENIED = json.dumps({"Statement": [{"Effect": "Allow", "Action": "kinesis:ListStreams", "Resource": "*"}]})
FAULTS: dict[str, tuple[Callable[[Blueprint], Blueprint], str]] = {
    "an endpoint that is not there": (
        lambda stack: _without(stack, lambda each: (each.type, each.name) == (ENDPOINT, "autoscaling")),
        "engine calls autoscaling:CompleteLifecycleAction: autoscaling: there is no endpoint",
    ),
    "an endpoint without the service's name": (
        lambda stack: _changed(stack, ENDPOINT, "sqs", privateDnsEnabled=False),
        "does not answer to the service's name",
    ),
    "an endpoint whose policy leaves the action out": (
        lambda stack: _changed(stack, ENDPOINT, "kinesis-streams", policy=DENIED),
        "the endpoint's policy does not allow kinesis:GetRecords",
    ),
    "a gateway endpoint that a subnet has no route to": (
        lambda stack: _changed(stack, ENDPOINT, "dynamodb", routeTableIds=[]),
        "has no route to the gateway endpoint",
    ),
    "a group that may not call": (
        lambda stack: _without(stack, lambda each: each.name == "services-to-vpc-443" and "Egress" in each.type),
        "the group services may not open 443",
    ),
    "endpoints that admit nobody": (
        lambda stack: _without(stack, lambda each: each.name == "vpc-to-endpoints-443"),
        "do not admit trading-engines",
    ),
    "an ACL that drops answers": (
        lambda stack: _without(stack, lambda each: each.name == "app-in-900"),
        "the ACL of the app tier drops answers",
    ),
    "a node without a way out": (
        lambda stack: _without(stack, lambda each: "-internet" in each.name and each.name.startswith("app-")),
        "has no route to a NAT gateway",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_way_that_is_cut_is_found(fault: str, primary: Blueprint):
    cut, message = FAULTS[fault]
    assert any(message in each for each in unreachable(cut(primary)))


def test_calls_that_a_service_makes_are_not_the_workloads(primary: Blueprint):
    called = actions(primary, Workload("engine", "trading-engines", ("engine",)))
    assert "kms:Decrypt" not in called, "DynamoDB and Kinesis call KMS for it"
    assert "ssmmessages:OpenDataChannel" in called


def test_every_group_of_a_workload_is_declared(stack: Blueprint):
    groups = {each.name for each in stack.of_type("aws:ec2/securityGroup:SecurityGroup")}
    assert {workload.group for workload in workloads(stack)} <= groups
