"""Each workload reaches what it must, in every state, and nothing else is open."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from ipaddress import IPv4Network

import pytest

from blueprint import Blueprint, Resource
from tests.golden import Golden
from tests.reachability.authority import ROLE, Authority
from tests.reachability.calls import calls
from tests.reachability.network import LINUX_EPHEMERAL, TIERS, Network, Rule
from tests.reachability.reach import obstacles
from tests.reachability.routes import Regions, unrouted
from tests.reachability.sessions import broken_sessions, starters
from tests.reachability.workloads import Workload, calls_of, workloads

STATES = ("primary", "dr", "dr_active")
ROLE_POLICY, KEY = "aws:iam/rolePolicy:RolePolicy", "aws:kms/key:Key"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


@pytest.fixture(params=STATES)
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def unreachable(stack: Blueprint) -> set[str]:
    """Calls of workloads that a policy or the network stops."""
    authority, network = Authority(stack), Network(stack)
    return {
        f"{workload.name} calls {call}: {obstacle}"
        for workload in workloads(stack)
        for role, call in calls_of(authority, workload)
        for obstacle in (*authority.refusals(role, call), *obstacles(network, workload.group, call))
    }


def unauthorized(stack: Blueprint) -> set[str]:
    """Calls of any role that its own policies are about and another policy refuses."""
    authority = Authority(stack)
    return {
        f"{role.name} calls {call}: {refusal}"
        for role in stack.of_type(ROLE)
        for call in calls(authority, role.name, attached=False)
        for refusal in authority.refusals(role.name, call)
    }


def unrouted_in(primary: Blueprint, recovery: Blueprint) -> set[str]:
    """Ranges of addresses without a way there and back, in either region."""
    regions = Regions(primary, recovery)
    return {found for network in regions.networks for found in unrouted(regions, network)}


def test_every_role_may_do_what_its_policies_allow(stack: Blueprint):
    """The boundary, the resource's policy and the key's policy let pass what a role's own policies allow."""
    found = unauthorized(stack)
    assert not found, "\n" + "\n".join(sorted(found))


def test_every_range_of_addresses_is_reached_and_answers_return(
    primary: Blueprint, dr: Blueprint, dr_active: Blueprint
):
    """Addresses on premises and in the other region, by the routes of subnets, the hub and the peering."""
    assert not unrouted_in(primary, dr)
    assert not unrouted_in(primary, dr_active)


def test_operators_open_sessions_on_every_host(stack: Blueprint):
    """The operators' role, the document, and the hosts' side of Session Manager."""
    assert starters(Authority(stack)) == ["operator"]
    assert not list(broken_sessions(stack))


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


def _added(stack: Blueprint, type_: str, name: str, **statement: object) -> Blueprint:
    """A copy in which the policy of a resource has one more statement."""
    document = json.loads(stack.one(type_, name).properties["policy"])
    whole = {"Principal": "*", "Resource": "*", **statement}
    if type_ == ROLE_POLICY:
        del whole["Principal"]
    return _changed(stack, type_, name, policy=json.dumps({**document, "Statement": [*document["Statement"], whole]}))


def _narrowed(stack: Blueprint, type_: str, name: str, old: str, new: str) -> Blueprint:
    text = stack.one(type_, name).properties["policy"]
    assert old in text
    return _changed(stack, type_, name, policy=text.replace(old, new))


def _deny(**parts: object) -> dict[str, object]:
    return {"Effect": "Deny", **parts}


def _without_sid(policy: str, sid: str) -> str:
    document = json.loads(policy)
    return json.dumps({**document, "Statement": [each for each in document["Statement"] if each["Sid"] != sid]})


OWN = {"AWS": "arn:aws:iam::123456789012:root"}
TLS = {"Bool": {"aws:SecureTransport": "true"}}
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:other"
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
        "engine calls kinesis:GetRecords: kinesis-streams: the endpoint's policy does not allow it",
    ),
    "an endpoint whose policy denies the own account": (
        lambda stack: _added(
            stack,
            ENDPOINT,
            "autoscaling",
            **_deny(Action="*", Condition={"StringEquals": {"aws:PrincipalAccount": "123456789012"}}),
        ),
        "engine calls autoscaling:CompleteLifecycleAction: autoscaling: the endpoint's policy denies it by statement 2",
    ),
    "an endpoint whose policy denies one action": (
        lambda stack: _added(
            stack, ENDPOINT, "autoscaling", **_deny(Sid="NoHooks", Action="autoscaling:CompleteLifecycleAction")
        ),
        "the endpoint's policy denies it by NoHooks",
    ),
    "an endpoint whose policy names resources of another service": (
        lambda stack: _narrowed(stack, ENDPOINT, "autoscaling", '"Resource": "*"', f'"Resource": "{QUEUE_ARN}"'),
        "autoscaling: the endpoint's policy does not allow it",
    ),
    "an endpoint whose policy admits another account": (
        lambda stack: _narrowed(stack, ENDPOINT, "s3", "123456789012", "999999999999"),
        "s3: the endpoint's policy does not allow it",
    ),
    "an endpoint whose policy denies everything": (
        lambda stack: _added(stack, ENDPOINT, "ssm", **_deny(Action="*")),
        "ssm: the endpoint's policy denies it",
    ),
    "an endpoint whose policy leaves the registry's bucket out": (
        lambda stack: _narrowed(stack, ENDPOINT, "s3", "starport-layer-bucket", "other-bucket"),
        "agent of a task calls s3:GetObject: s3: the endpoint's policy does not allow it",
    ),
    "a queue whose policy denies what is encrypted on its way": (
        lambda stack: _added(
            stack, "aws:sqs/queuePolicy:QueuePolicy", "execution-xnys", **_deny(Action="sqs:*", Condition=TLS)
        ),
        "task calls sqs:ReceiveMessage: the policy of arn:aws:sqs:us-east-1:123456789012:",
    ),
    "a role that is denied what it is allowed": (
        lambda stack: _added(stack, ROLE_POLICY, "engine", **_deny(Action="kinesis:Get*")),
        "engine calls kinesis:GetRecords: its policies: denies it",
    ),
    "a boundary that is narrower than the role": (
        lambda stack: _narrowed(stack, "aws:iam/policy:Policy", "boundary-workloads", '"kinesis:*"', '"kinesis:List*"'),
        "engine calls kinesis:GetRecords: its boundary: does not allow it",
    ),
    "a key that is denied to the account": (
        lambda stack: _added(stack, KEY, "streams", **_deny(Action="kms:Decrypt", Principal=OWN)),
        "task calls kms:Decrypt through sqs.us-east-1.amazonaws.com: the policy of arn:aws:kms:",
    ),
    "a key that its role may not use": (
        lambda stack: _changed(
            stack,
            ROLE_POLICY,
            "services-task",
            policy=_without_sid(stack.one(ROLE_POLICY, "services-task").properties["policy"], "UseTheQueuesKey"),
        ),
        "task calls kms:Decrypt through sqs.us-east-1.amazonaws.com: its policies: does not allow it",
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


def test_a_bucket_that_denies_every_request_is_found(primary: Blueprint):
    """`Deny s3:*` where the request is encrypted: every request is."""
    bucket = "aws:s3/bucketPolicy:BucketPolicy"
    denied = _added(primary, bucket, "artifacts", **_deny(Action="s3:*", Condition=TLS))
    assert any(
        "trading-primary-artifacts-123456789012" in each and "denies it" in each for each in unauthorized(denied)
    )


HOP = "aws:ec2transitgateway/routeTablePropagation:RouteTablePropagation"
CUT: dict[str, tuple[str, Callable[[Resource], bool], str]] = {
    "a subnet without the route to the premises": (
        "primary",
        lambda each: each.name == "app-us-east-1b-on-premises",
        "trading-engines calls 192.168.0.0/16: app-us-east-1b sends 192.168.0.0/16 to nat-us-east-1b",
    ),
    "a hub that does not know the VPC": (
        "primary",
        lambda each: (each.type, each.name) == (HOP, "vpc-core"),
        "gets no answers: the hub does not know the VPC on vpn",
    ),
    "a hub that does not know the line": (
        "primary",
        lambda each: (each.type, each.name) == (HOP, "direct-connect-core"),
        "reaches a hub that sends nothing to direct-connect",
    ),
    "a VPC without an attachment": (
        "primary",
        lambda each: each.type == "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
        "has no attachment of the hub in its zone",
    ),
    "a recovery region without the route to the primary": (
        "dr",
        lambda each: each.name == "dr-app-1-to-primary",
        "app-us-west-2b sends 10.0.0.0/16 to nat-us-west-2a",
    ),
    "a primary without the route back": (
        "dr",
        lambda each: each.name == "primary-app-2-to-dr",
        "gets no answers: app-us-east-1c has no route back to 10.1.0.0/16",
    ),
    "a peering that nobody accepts": (
        "dr",
        lambda each: each.type == "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter",
        "has a route to the peering primary, which nobody accepts",
    ),
}


@pytest.mark.parametrize("cut", CUT)
def test_a_range_that_is_cut_off_is_found(cut: str, primary: Blueprint, dr: Blueprint):
    """Each hop on the way to other addresses, and on the way back."""
    side, gone, message = CUT[cut]
    stacks = {"primary": primary, "dr": dr}
    stacks[side] = _without(stacks[side], gone)
    assert any(message in each for each in unrouted_in(stacks["primary"], stacks["dr"]))


SESSIONS: dict[str, tuple[Callable[[Blueprint], Blueprint], str]] = {
    "a document that does not exist": (
        lambda stack: _narrowed(stack, ROLE_POLICY, "operator", 'AWS-StartPortForwardingSession"', 'SSM-Nope"'),
        "the document SSM-Nope is neither declared nor AWS's own",
    ),
    "a document that operators may not use": (
        lambda stack: _narrowed(stack, ROLE_POLICY, "operator", "SSM-SessionManagerRunShell", "SSM-Nope"),
        "ssm:StartSession on arn:aws:ssm:us-east-1:123456789012:document/SSM-SessionManagerRunShell",
    ),
    "operators without the data channel": (
        lambda stack: _narrowed(stack, ROLE_POLICY, "operator", ', "ssmmessages:OpenDataChannel"', ""),
        "sessions of operator: ssmmessages:OpenDataChannel",
    ),
    "sessions named after users": (
        lambda stack: _narrowed(stack, ROLE_POLICY, "operator", "${aws:userid}", "${aws:username}"),
        "sessions of operator: ssm:ResumeSession",
    ),
    "hosts without the agent's permissions": (
        lambda stack: _without(stack, lambda each: each.name == "engine-session-manager"),
        "sessions on engine: ssmmessages:OpenDataChannel: its policies: does not allow it",
    ),
    "hosts without a way to the channels": (
        lambda stack: _without(stack, lambda each: (each.type, each.name) == (ENDPOINT, "ssmmessages")),
        "sessions on engine: ssmmessages:OpenDataChannel: ssmmessages: there is no endpoint",
    ),
    "hosts whose tags operators may not touch": (
        lambda stack: _narrowed(stack, ROLE_POLICY, "operator", '"aws:ResourceTag/ManagedBy": "pulumi"', '"x:y": "z"'),
        "ssm:StartSession on arn:aws:ec2:us-east-1:123456789012:instance/sample",
    ),
    "a log that hosts may not write": (
        lambda stack: _with_preferences(stack, s3BucketName="trading-primary-logs-123456789012"),
        "sessions on engine: s3:PutObject: its policies: does not allow it",
    ),
}


def _with_preferences(stack: Blueprint, **inputs: str) -> Blueprint:
    role = stack.one(ROLE, "engine")
    content = json.dumps({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs})
    document = dataclasses.replace(
        role,
        type="aws:ssm/document:Document",
        properties={"name": "SSM-SessionManagerRunShell", "documentType": "Session", "content": content},
    )
    return Blueprint(stack.stack, (*stack.resources, document), stack.outputs)


@pytest.mark.parametrize("fault", SESSIONS)
def test_a_session_that_cannot_be_opened_is_found(fault: str, primary: Blueprint):
    """The operator's side, the document, the host's side, and where the session's log goes."""
    broken, message = SESSIONS[fault]
    assert any(message in each for each in broken_sessions(broken(primary)))


def test_calls_that_a_service_makes_are_told_from_the_workloads_own(primary: Blueprint):
    """DynamoDB and Kinesis call KMS for an engine; the agent opens its own channel."""
    engine = Workload("engine", "trading-engines", ("engine",))
    made = {str(call) for _, call in calls_of(Authority(primary), engine)}
    assert "kms:Decrypt through dynamodb.us-east-1.amazonaws.com" in made
    assert "kms:Decrypt" not in made
    assert "ssmmessages:OpenDataChannel" in made


def test_every_group_of_a_workload_is_declared(stack: Blueprint):
    groups = {each.name for each in stack.of_type("aws:ec2/securityGroup:SecurityGroup")}
    assert {workload.group for workload in workloads(stack)} <= groups
