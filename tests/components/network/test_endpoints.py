"""Private ways to AWS services."""

from __future__ import annotations

import json

from blueprint import Blueprint, Resource
from tests.components.network.graph import ENDPOINT, INGRESS, ROUTE_TABLE, name_of, subnets

ACCOUNT = "123456789012"
NEEDED_BY_ALL = {
    "kinesis-streams", "kinesis-firehose", "sqs", "sns", "kms", "secretsmanager", "sts", "ecr.api", "ecr.dkr", "logs",
    "events", "monitoring", "ssm", "ssmmessages", "ec2messages",
}  # fmt: skip
NEEDED_TO_TAKE_ORDERS = {
    "kinesis-streams", "sqs", "sns", "kms", "secretsmanager", "sts", "logs", "monitoring", "events",
}  # fmt: skip


def _endpoints(stack: Blueprint, kind: str) -> dict[str, Resource]:
    return {e.name: e for e in stack.of_type(ENDPOINT) if e.properties["vpcEndpointType"] == kind}


def _statements(endpoint: Resource) -> list[dict]:
    return json.loads(endpoint.properties["policy"])["Statement"]


def test_the_primary_reaches_every_service_it_uses_privately(primary: Blueprint):
    assert set(_endpoints(primary, "Interface")) >= NEEDED_BY_ALL


def test_a_standing_region_has_the_endpoints_that_taking_orders_needs_and_no_others(dr: Blueprint):
    assert set(_endpoints(dr, "Interface")) == NEEDED_TO_TAKE_ORDERS


def test_a_region_that_has_taken_over_has_the_primarys_endpoints(primary: Blueprint, dr_active: Blueprint):
    assert set(_endpoints(dr_active, "Interface")) == set(_endpoints(primary, "Interface"))


def test_endpoints_are_those_of_the_stacks_own_region(stack: Blueprint):
    region = stack.outputs["region"]
    for endpoint in stack.of_type(ENDPOINT):
        assert endpoint.properties["serviceName"] == f"com.amazonaws.{region}.{endpoint.name}"


def test_s3_and_dynamodb_are_routed_privately_from_every_private_subnet(stack: Blueprint):
    private = {t.name for t in stack.of_type(ROUTE_TABLE) if t.name.startswith(("app", "data"))}
    gateways = _endpoints(stack, "Gateway")
    assert set(gateways) == {"s3", "dynamodb"}
    for endpoint in gateways.values():
        assert {name_of(table) for table in endpoint.properties["routeTableIds"]} == private


def test_interface_endpoints_stand_in_every_zone_and_take_over_the_public_names(stack: Blueprint):
    app = {subnet.name for subnet in subnets(stack, "app")}
    for endpoint in _endpoints(stack, "Interface").values():
        assert {name_of(subnet) for subnet in endpoint.properties["subnetIds"]} == app
        assert endpoint.properties["privateDnsEnabled"] is True
        assert [name_of(group) for group in endpoint.properties["securityGroupIds"]] == ["endpoints"]


def test_endpoints_admit_https_from_their_vpc_and_nothing_else(stack: Blueprint):
    admitted = [
        (rule.properties.get("cidrIpv4"), rule.properties["fromPort"], rule.properties["toPort"])
        for rule in stack.of_type(INGRESS)
        if name_of(rule.properties["securityGroupId"]) == "endpoints"
    ]
    cidr = stack.one("aws:ec2/vpc:Vpc", "vpc").properties["cidrBlock"]
    assert admitted == [(cidr, 443, 443)]


def test_an_endpoint_serves_this_account_and_this_accounts_resources(stack: Blueprint):
    for endpoint in stack.of_type(ENDPOINT):
        own = _statements(endpoint)[0]
        assert own["Condition"]["StringEquals"] == {"aws:PrincipalAccount": ACCOUNT}, endpoint.name
        assert own["Condition"]["StringEqualsIfExists"] == {"aws:ResourceAccount": ACCOUNT}, endpoint.name


def test_no_endpoint_lets_anyone_do_anything(stack: Blueprint):
    for endpoint in stack.of_type(ENDPOINT):
        for statement in _statements(endpoint):
            assert statement["Action"] not in ("*", ["*"]), f"{endpoint.name} allows every action"
            unlimited = "Condition" not in statement and statement["Resource"] == "*"
            assert not unlimited, f"{endpoint.name} allows anyone on any resource"


def test_data_cannot_be_carried_into_another_accounts_bucket(stack: Blueprint):
    own, shared = _statements(_endpoints(stack, "Gateway")["s3"])
    assert own["Condition"]["StringEqualsIfExists"]["aws:ResourceAccount"] == ACCOUNT
    assert shared["Action"] == "s3:GetObject", "what AWS owns is only read"


def test_images_of_aws_can_be_pulled_but_nothing_pushed_to_another_account(primary: Blueprint):
    for registry in ("ecr.api", "ecr.dkr"):
        _, shared = _statements(_endpoints(primary, "Interface")[registry])
        assert not any("Put" in action or "Upload" in action for action in shared["Action"])
        assert "ecr:BatchGetImage" in shared["Action"]
