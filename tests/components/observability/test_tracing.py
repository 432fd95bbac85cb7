"""X-Ray: sampling, groups, encryption and notifications."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from blueprint import Blueprint, Resource, record_primary
from components.recovery.switch_document import PATH, PRIMARY_PATH
from components.recovery.switch_document import STAGE as SWITCH_STAGE
from functions.api.document import load, operations

RULE = "aws:xray/samplingRule:SamplingRule"
GROUP = "aws:xray/group:Group"
API = "aws:apigateway/restApi:RestApi"
STAGE = "aws:apigateway/stage:Stage"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
API_STAGE = "AWS::ApiGateway::Stage"


def stages(stack: Blueprint) -> dict[str, str]:
    """The names by which the stack's API stages call themselves in traces, by the API's logical name."""
    found = {}
    for stage in stack.of_type(STAGE):
        (api,) = (api for api in stack.of_type(API) if str(api.reference("id")) == stage.properties["restApi"])
        found[api.name] = f"{api.properties['name']}/{stage.properties['stageName']}"
    return found


def decided(stack: Blueprint, service: str, method: str, path: str, kind: str = API_STAGE) -> Resource:
    """The rule by which a request is sampled, as X-Ray chooses it."""
    wanted = {"serviceName": service, "serviceType": kind, "httpMethod": method, "urlPath": path, "host": "a.example"}
    for rule in sorted(stack.of_type(RULE), key=lambda rule: rule.properties["priority"]):
        if all(fnmatchcase(value, rule.properties[key]) for key, value in wanted.items()):
            return rule
    raise AssertionError(f"no rule for {method} {path} of {service}")


def test_order_sampling_follows_the_settings():
    stack = record_primary({"tracedOrdersPerSecond": 7, "tracedOrdersPercent": 3})
    api = stages(stack)["trading-api"]
    for method, path in (("POST", "/v1/orders"), ("POST", "/orders"), ("DELETE", "/v1/orders/A-17")):
        rule = decided(stack, api, method, path)
        assert (rule.properties["reservoirSize"], rule.properties["fixedRate"]) == (7, 0.03), f"{method} {path}"


def test_fix_orders_are_sampled_by_the_engine_rule(stack: Blueprint):
    rule = decided(stack, "trading_engine", "", "", kind="AWS::EC2::Instance")
    assert (rule.properties["reservoirSize"], rule.properties["fixedRate"]) == (10, 0.05)


def test_health_checks_are_never_traced(stack: Blueprint):
    checks = [(stages(stack)["trading-api"], "/v1/health")]
    if "switch" in stages(stack):
        checks += [(stages(stack)["switch"], f"/{SWITCH_STAGE}{path}") for path in (PATH, PRIMARY_PATH)]
    for service, path in checks:
        rule = decided(stack, service, "GET", path)
        assert (rule.properties["reservoirSize"], rule.properties["fixedRate"]) == (0, 0), path


def test_other_requests_are_sampled_rarely(stack: Blueprint):
    for method, path in operations(load()).values():
        rule = decided(stack, stages(stack)["trading-api"], method.upper(), f"/v1{path}")
        if method == "get" and path != "/health":
            assert (rule.properties["reservoirSize"], rule.properties["fixedRate"]) == (1, 0.01), path


def test_sampling_rules_match_existing_services(stack: Blueprint):
    for rule in stack.of_type(RULE):
        service = rule.properties["serviceName"]
        assert service == "trading_engine" or any(fnmatchcase(name, service) for name in stages(stack).values()), (
            f"{rule.name}: nothing of this stack calls itself {service}"
        )


def test_sampling_rules_have_unique_priorities(stack: Blueprint):
    priorities = [rule.properties["priority"] for rule in stack.of_type(RULE)]
    assert len(set(priorities)) == len(priorities)
    assert all(1 <= priority <= 9999 for priority in priorities)


def test_names_stay_within_x_rays_limit_for_any_prefix():
    """X-Ray API Reference, SamplingRule and CreateGroup: 32 characters; ServiceName: 64."""
    stack = record_primary({"namePrefix": "twelveletter"})
    for rule in stack.of_type(RULE):
        assert len(rule.properties["ruleName"]) <= 32
        assert len(rule.properties["serviceName"]) <= 64
    assert all(len(group.properties["groupName"]) <= 32 for group in stack.of_type(GROUP))


def expressions(stack: Blueprint) -> dict[str, str]:
    return {group.name: group.properties["filterExpression"] for group in stack.of_type(GROUP)}


def test_orders_slow_orders_and_faults_are_groups(stack: Blueprint):
    side = "primary" if stack.stack == "primary" else "dr"
    api = f'service(id(name: "trading-{side}-api/v1", type: "AWS::ApiGateway::Stage"))'
    orders = f'{api} {{ http.method = "POST" OR http.method = "DELETE" }}'
    assert expressions(stack) == {
        "orders": orders,
        "slow": f'{orders} AND service(id(name: "trading-{side}-order-intake", type: "AWS::Lambda::Function")) '
        "{ responsetime > 0.1 }",
        "faults": f'{api} {{ fault = true }} OR service("trading_engine") {{ fault = true }}',
    }
    function = stack.one("aws:lambda/function:Function", "order-intake")
    assert function.properties["name"] == f"trading-{side}-order-intake"


def test_an_order_is_slow_when_it_misses_the_objective():
    stack = record_primary({"orderLatencyObjective": 250})
    assert "{ responsetime > 0.25 }" in expressions(stack)["slow"]


def test_insights_notify_operators(stack: Blueprint):
    on = {group.name for group in stack.of_type(GROUP) if group.properties["insightsConfiguration"]["insightsEnabled"]}
    assert on == {"faults"}
    rule = stack.one("aws:cloudwatch/eventRule:EventRule", "trace-insights")
    pattern = json.loads(rule.properties["eventPattern"])
    assert pattern["source"] == ["aws.xray"]
    assert pattern["detail"] == {"GroupName": [stack.one(GROUP, "faults").properties["groupName"]]}
    target = stack.one("aws:cloudwatch/eventTarget:EventTarget", "trace-insights")
    assert "Topic::operations#arn" in target.properties["arn"]
    assert "::undelivered-events#arn" in target.properties["deadLetterConfig"]["arn"]
    policy = json.loads(stack.one("aws:sns/topicPolicy:TopicPolicy", "operations").properties["policy"])
    assert {"Service": "events.amazonaws.com"} in [statement["Principal"] for statement in policy["Statement"]]


def test_traced_topics_may_send_segments(stack: Blueprint):
    (policy,) = stack.of_type("aws:xray/resourcePolicy:ResourcePolicy")
    (statement,) = json.loads(policy.properties["policyDocument"])["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    pattern = statement["Condition"]["StringLike"]["aws:SourceArn"]
    region = "us-east-1" if stack.stack == "primary" else "us-west-2"
    for topic in stack.of_type("aws:sns/topic:Topic"):
        if topic.properties.get("tracingConfig") == "Active":
            assert fnmatchcase(f"arn:aws:sns:{region}:123456789012:{topic.properties['name']}", pattern)


def test_traces_are_encrypted_with_the_platforms_key(stack: Blueprint):
    (encryption,) = stack.of_type("aws:xray/encryptionConfig:EncryptionConfig")
    assert encryption.properties["type"] == "KMS"
    assert "::logs#arn" in encryption.properties["keyId"]


def test_the_key_admits_x_ray(primary: Blueprint):
    policy = json.loads(primary.one("aws:kms/key:Key", "logs").properties["policy"])
    by_sid = {statement["Sid"]: statement for statement in policy["Statement"]}
    for sid in ("UseThroughItsServices", "GrantToItsServices"):
        assert "xray.us-east-1.amazonaws.com" in by_sid[sid]["Condition"]["StringEquals"]["kms:ViaService"]


def test_a_landing_zone_keeps_its_own_encryption_of_traces():
    stack = record_primary({"accountBaseline": False})
    assert not stack.of_type("aws:xray/encryptionConfig:EncryptionConfig")
    assert stack.of_type(RULE), "rules and groups are the platform's in any case"


def statements(stack: Blueprint, policy: str) -> list[dict[str, Any]]:
    return json.loads(stack.one(ROLE_POLICY, policy).properties["policy"])["Statement"]


@pytest.mark.parametrize("policy", ["engine", "services-task"])
def test_order_workloads_may_send_segments_and_read_sampling_rules(stack: Blueprint, policy: str):
    (statement,) = (statement for statement in statements(stack, policy) if statement["Sid"] == "Trace")
    assert {"xray:PutTraceSegments", "xray:GetSamplingRules", "xray:GetSamplingTargets"} <= set(statement["Action"])


@pytest.mark.parametrize("state", ["primary", "dr_active"])
def test_x_ray_has_a_private_endpoint_where_engines_run(state: str, request: pytest.FixtureRequest):
    stack: Blueprint = request.getfixturevalue(state)
    endpoint = stack.one("aws:ec2/vpcEndpoint:VpcEndpoint", "xray")
    assert endpoint.properties["privateDnsEnabled"] is True


def test_operators_can_read_encrypted_traces(primary: Blueprint):
    found = [
        statement
        for policy in primary.of_type(ROLE_POLICY)
        if "operator" in policy.name
        for statement in json.loads(policy.properties["policy"])["Statement"]
        if statement["Sid"] == "ReadTraces"
    ]
    assert [statement["Action"] for statement in found] == ["kms:Decrypt"]


def test_a_takeover_changes_no_tracing(dr: Blueprint, dr_active: Blueprint):
    kinds = (RULE, GROUP, "aws:xray/resourcePolicy:ResourcePolicy", "aws:xray/encryptionConfig:EncryptionConfig")
    standing, active = ({entry.urn: entry.properties for entry in stack.of_type(*kinds)} for stack in (dr, dr_active))
    assert standing == active
