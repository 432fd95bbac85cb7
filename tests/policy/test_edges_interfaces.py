"""APIs, balancers, firewalls and permissions at the edges of what their rules allow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy.test_variants import refused

Json = dict[str, Any]
_ACCOUNT = "123456789012"
_OPEN = "requires no authorisation"

# fmt: off
CASES: list[tuple[str, str, Json, list[str]]] = [
    ("api-authorised", t.API_METHOD, {"httpMethod": "GET", "authorization": "AWS_IAM"}, []),
    ("api-authorised", t.API_METHOD, {"httpMethod": "GET", "authorization": "NONE"}, [_OPEN]),
    ("api-authorised", t.API_METHOD, {"httpMethod": "GET"}, [_OPEN]),
    ("api-authorised", t.API_METHOD, {"httpMethod": "PUT", "authorization": "NONE"}, [_OPEN]),
    ("api-authorised", t.API_METHOD, {"httpMethod": "OPTIONS", "authorization": "NONE"}, []),
    ("api-authorised", t.HTTP_ROUTE, {"routeKey": "GET /orders", "authorizationType": "JWT"}, []),
    ("api-authorised", t.HTTP_ROUTE, {"routeKey": "GET /orders", "authorizationType": "NONE"}, [_OPEN]),
    ("api-authorised", t.HTTP_ROUTE, {"routeKey": "PUT /orders"}, [_OPEN]),
    ("api-authorised", t.HTTP_ROUTE, {"routeKey": "OPTIONS /orders"}, []),
    ("api-authorised", t.HTTP_ROUTE, {"routeKey": "GET /health"}, []),
    ("api-authorised", t.HTTP_ROUTE, {"routeKey": "$default"}, [_OPEN]),
    ("api-traced", t.API_STAGE, {"xrayTracingEnabled": True}, []),
    ("api-traced", t.API_STAGE, {}, ["is not traced"]),
    ("api-logged", t.HTTP_STAGE, {"accessLogSettings": {"destinationArn": "arn:x"}}, []),
    ("api-logged", t.HTTP_STAGE, {}, ["has no access logs"]),
    ("api-logged", t.API_STAGE, {"stageName": "v1"}, ["has no access logs", "logs no errors"]),
    ("api-behind-firewall", t.API_STAGE, {}, ["has no web ACL"]),
    ("listener-tls", t.LISTENER, {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}, []),
    ("listener-tls", t.LISTENER, {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}, []),
    ("listener-tls", t.LISTENER, {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-0-2021-06"},
        ["its policy ELBSecurityPolicy-TLS13-1-0-2021-06 allows TLS before 1.2"]),
    ("listener-tls", t.LISTENER, {"protocol": "TLS"}, ["its policy (the default) allows TLS before 1.2"]),
    ("listener-tls", t.LISTENER, {"protocol": "TCP", "port": 5000}, ["passes TCP on unencrypted"]),
    ("listener-tls", t.LISTENER, {"protocol": "TCP", "port": 4000}, []),
    ("listener-tls", t.LISTENER, {"protocol": "UDP", "port": 5000}, []),
    ("listener-tls", t.LISTENER, {"port": 5000}, ["passes plain traffic on unencrypted"]),
    ("listener-tls", t.LISTENER, {}, []),
    ("listener-tls", t.LISTENER, {"protocol": "HTTP", "defaultActions": [{"type": "forward"}]},
        ["answers plain HTTP without a redirect"]),
    ("listener-tls", t.LISTENER,
        {"protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"protocol": "HTTPS"}}]}, []),
    ("listener-tls", t.LISTENER,
        {"protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"protocol": "#{protocol}"}}]},
        ["answers plain HTTP without a redirect"]),
    ("listener-tls", t.LISTENER,
        {"protocol": "HTTP", "defaultActions": [{"type": "weighted", "redirect": {"protocol": "HTTPS"}}]},
        ["answers plain HTTP without a redirect"]),
    ("api-domain-tls", t.API_DOMAIN, {"securityPolicy": "TLS_1_2"}, []),
    ("api-domain-tls", t.API_DOMAIN, {"securityPolicy": "TLS_1_0"},
        ["its security policy TLS_1_0 may allow TLS before 1.2"]),
    ("api-domain-tls", t.API_DOMAIN, {}, ["its security policy (the default) may allow TLS before 1.2"]),
    ("balancer-multi-zone", t.LOAD_BALANCER, {"loadBalancerType": "gateway"}, []),
    ("balancer-multi-zone", t.LOAD_BALANCER, {"subnets": ["subnet-1", "subnet-2"]}, []),
    ("balancer-multi-zone", t.LOAD_BALANCER, {"subnets": ["subnet-1"]}, ["has subnets in subnet-1 only"]),
    ("balancer-multi-zone", t.LOAD_BALANCER, {"subnetMappings": [{"subnetId": "subnet-1"}, {"subnetId": "subnet-2"}]},
        []),
    ("balancer-multi-zone", t.LOAD_BALANCER, {}, ["has subnets in no zone only"]),
    ("balancer-multi-zone", t.LOAD_BALANCER, {"loadBalancerType": "network", "subnets": ["s"]},
        ["has subnets in s only"]),
    ("balancer-multi-zone", t.LOAD_BALANCER, {"loadBalancerType": "app", "subnets": ["s"]}, ["has subnets in s only"]),
    ("balancer-logged", t.LOAD_BALANCER, {"accessLogs": {"enabled": True}}, []),
    ("balancer-logged", t.LOAD_BALANCER, {"accessLogs": {"bucket": "b"}}, ["logs nothing"]),
    ("balancer-deletion-protection", t.LOAD_BALANCER, {"enableDeletionProtection": True}, []),
    ("balancer-deletion-protection", t.LOAD_BALANCER, {}, ["has no deletion protection"]),
    ("balancer-strict-headers", t.LOAD_BALANCER, {"dropInvalidHeaderFields": True}, []),
    ("balancer-strict-headers", t.LOAD_BALANCER, {}, ["forwards malformed headers"]),
    ("balancer-strict-headers", t.LOAD_BALANCER, {"loadBalancerType": "network"}, []),
    ("balancer-strict-headers", t.LOAD_BALANCER,
        {"dropInvalidHeaderFields": True, "desyncMitigationMode": "monitor"}, ["forwards malformed requests"]),
    ("balancer-strict-headers", t.LOAD_BALANCER,
        {"dropInvalidHeaderFields": True, "desyncMitigationMode": "strictest"}, []),
    ("balancer-strict-headers", t.LOAD_BALANCER,
        {"dropInvalidHeaderFields": True, "desyncMitigationMode": "defensive"}, []),
]
# fmt: on


@pytest.mark.parametrize(
    ("rule", "type_", "properties", "said"), CASES, ids=[f"{case[0]}-{index}" for index, case in enumerate(CASES)]
)
def test_an_interface_at_the_edge_of_a_rule(rule: str, type_: str, properties: Json, said: list[str]) -> None:
    """One property on either side of what the rule allows."""
    parameters: Json = {"plain": [4000]} if rule == "listener-tls" else {}
    if rule == "api-authorised":
        parameters = {"open": ["/health"]}
    assert refused(rule, (type_, "x", properties), **parameters) == said


# APIs

_AUTHORIZER = {"x-amazon-apigateway-authorizer": {"type": "request"}}
_KEYED = {"type": "apiKey", "name": "x-api-key", "in": "header"}


def _body(operation: Json, *, method: str = "get", path: str = "/orders", **whole: Any) -> Json:
    schemes = {
        "checked": {**_KEYED, **_AUTHORIZER},
        "signed": {**_KEYED, "x-amazon-apigateway-authtype": "awsSigv4"},
        "pool": {**_KEYED, "x-amazon-apigateway-authtype": "cognito_user_pools"},
        "key": _KEYED,
        "odd": "text",
    }
    document = {"openapi": "3.0.1", "paths": {path: {method: operation}}, "components": {"securitySchemes": schemes}}
    return {"body": json.dumps({**document, **whole})}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (_body({"security": [{"checked": []}]}), None),
        (_body({"security": [{"signed": []}]}), None),
        (_body({"security": [{"pool": []}]}), None),
        (_body({"security": [{"checked": []}, {"signed": []}]}), None),
        (_body({"security": [{"key": [], "checked": []}]}), None),
        (_body({}, security=[{"checked": []}]), None),
        (_body({}), f"GET /orders {_OPEN}"),
        (_body({"security": []}, security=[{"checked": []}]), f"GET /orders {_OPEN}"),
        (_body({"security": [{}]}), f"GET /orders {_OPEN}"),
        (_body({"security": [{"checked": []}, {}]}), f"GET /orders {_OPEN}"),
        (_body({"security": [{"key": []}]}), "GET /orders asks for key alone, which authorises nobody"),
        (
            _body({"security": [{"checked": []}, {"key": []}]}),
            "GET /orders asks for key alone, which authorises nobody",
        ),
        (_body({"security": [{"odd": []}]}), "GET /orders asks for odd alone, which authorises nobody"),
        (_body({"security": [{"lost": []}]}), "GET /orders names the scheme lost, which is not defined"),
        (_body({}, method="options"), None),
        (_body({}, method="parameters"), None),
        (_body({}, method="x-amazon-apigateway-any-method"), f"X-AMAZON-APIGATEWAY-ANY-METHOD /orders {_OPEN}"),
        (_body({}, path="/health"), None),
        (
            {
                "body": json.dumps(
                    {
                        "swagger": "2.0",
                        "paths": {"/a": {"post": {"security": [{"checked": []}]}}},
                        "securityDefinitions": {"checked": {**_KEYED, **_AUTHORIZER}},
                    }
                )
            },
            None,
        ),
        ({}, None),
    ],
)
def test_operations_of_a_body_are_authorised(body: Json, said: str | None) -> None:
    """Of alternative requirements the weakest counts."""
    assert refused("api-authorised", (t.REST_API, "a", body), open=["/health"]) == ([said] if said else [])


_API = (t.REST_API, "api", {})
_ID = "${aws:apigateway/restApi:RestApi::api#id}"


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({"restApi": _ID, "stageName": "v1", "settings": {"loggingLevel": "ERROR"}}, 0),
        ({"restApi": _ID, "stageName": "v1", "settings": {"loggingLevel": "INFO"}}, 0),
        ({"restApi": _ID, "stageName": "v1", "settings": {"loggingLevel": "OFF"}}, 1),
        ({"restApi": _ID, "stageName": "v0", "settings": {"loggingLevel": "INFO"}}, 1),
        ({"restApi": _ID, "stageName": "v2", "settings": {"loggingLevel": "INFO"}}, 1),
        ({"restApi": "another", "stageName": "v1", "settings": {"loggingLevel": "INFO"}}, 1),
    ],
)
def test_execution_logs_are_those_of_the_stage(settings: Json, count: int) -> None:
    """Of the same API and of the same stage."""
    stage = (t.API_STAGE, "s", {"restApi": _ID, "stageName": "v1", "accessLogSettings": {"destinationArn": "arn:x"}})
    said = refused("api-logged", _API, stage, (t.API_METHOD_SETTINGS, "m", settings))
    assert said == ["logs no errors"] * count


@pytest.mark.parametrize(
    ("subnets", "said"),
    [
        ([{"availabilityZone": "us-east-1a"}, {"availabilityZone": "us-east-1b"}], []),
        ([{"availabilityZone": "us-east-1a"}, {"availabilityZone": "us-east-1a"}], ["has subnets in us-east-1a only"]),
        ([{"availabilityZoneId": "use1-az1"}, {"availabilityZoneId": "use1-az2"}], []),
        ([{"availabilityZoneId": "use1-az1"}, {"availabilityZoneId": "use1-az1"}], ["has subnets in use1-az1 only"]),
        ([{}, {}], []),
    ],
)
def test_a_balancer_stands_in_two_zones(subnets: list[Json], said: list[str]) -> None:
    """By name, by id, or by subnets of which the plan tells no zone."""
    entries = [(t.SUBNET, f"s{index}", subnet) for index, subnet in enumerate(subnets)]
    names = [f"${{aws:ec2/subnet:Subnet::s{index}#id}}" for index in range(len(subnets))]
    assert refused("balancer-multi-zone", *entries, (t.LOAD_BALANCER, "b", {"subnets": names})) == said


# Firewalls


@pytest.mark.parametrize(
    ("firewall", "said"),
    [
        ({"rules": [{"name": "a", "action": {"block": {}}}]}, []),
        ({"rules": [{"name": "a", "action": {"captcha": {}}}]}, []),
        ({"rules": [{"name": "a", "overrideAction": {"none": {}}}]}, []),
        ({"rules": [{"name": "a", "overrideAction": {"count": {}}}]}, ["rule 'a' only counts", "blocks nothing"]),
        ({"rules": [{"name": "a", "action": {"count": {}}}]}, ["rule 'a' only counts", "blocks nothing"]),
        (
            {"rules": [{"name": "a", "action": {"count": {}}}, {"name": "b", "action": {"block": {}}}]},
            ["rule 'a' only counts"],
        ),
        ({"rules": [{"name": "trial-a", "action": {"count": {}}}]}, ["blocks nothing"]),
        ({"rules": [{"name": "a", "action": {"allow": {}}}]}, ["blocks nothing"]),
        ({"rules": [{"name": "a", "action": {"allow": {}}}], "defaultAction": {"block": {}}}, []),
        ({"rules": [], "defaultAction": {"allow": {}}}, ["blocks nothing"]),
        ({"ruleJson": json.dumps([{"Name": "a", "Action": {"Block": {}}}])}, []),
        (
            {"ruleJson": json.dumps([{"Name": "a", "Action": {"Count": {}}}])},
            ["rule 'a' only counts", "blocks nothing"],
        ),
    ],
)
def test_a_firewall_blocks(firewall: Json, said: list[str]) -> None:
    """By a rule, a managed group or its default; the parameter names rules that may count."""
    assert refused("firewall-blocks", (t.WEB_ACL, "w", firewall), counting=["trial-*"]) == said


def test_a_stage_has_the_firewall_that_is_attached_to_it() -> None:
    """An association of another stage does not count."""
    stage = (t.API_STAGE, "s", {})
    own = (t.WEB_ACL_ASSOCIATION, "w", {"resourceArn": "${aws:apigateway/stage:Stage::s#arn}"})
    other = (t.WEB_ACL_ASSOCIATION, "w", {"resourceArn": "${aws:apigateway/stage:Stage::z#arn}"})
    assert refused("api-behind-firewall", stage, own) == []
    assert len(refused("api-behind-firewall", stage, other)) == 1


# Permissions


def _policy(*statements: Json) -> tuple[str, str, Json]:
    return t.ROLE_POLICY, "p", {"role": "r", "policy": json.dumps({"Statement": list(statements)})}


def _allow(action: Any, **more: Any) -> Json:
    return {"Sid": "Do", "Effect": "Allow", "Action": action, "Resource": "*", **more}


_FOUR = ["iam:PassRole", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:AttachUserPolicy"]


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        (["ssm:SendCommand"], "ssm:SendCommand"),
        (_FOUR, ", ".join(_FOUR)),
        ([*_FOUR, "iam:AttachRolePolicy"], f"{', '.join(_FOUR)} and 1 more"),
        (["ec2:DescribeInstances"], None),
        (["sns:AddPermission"], "sns:AddPermission"),
    ],
)
def test_findings_name_four_actions_and_count_the_others(actions: list[str], said: str | None) -> None:
    """The list of actions stays readable."""
    found = refused("iam-no-escalation", _policy(_allow(actions)))
    assert found == ([f"statement Do grants {said} on every resource"] if said else [])


def test_each_document_of_a_role_is_judged() -> None:
    """Full access in the first inline policy does not hide the second."""
    inline = [
        {"name": "a", "policy": json.dumps({"Statement": [_allow("*")]})},
        {"name": "b", "policy": json.dumps({"Statement": [_allow("kms:Decrypt")]})},
        {"name": "c", "policy": json.dumps({"Statement": [_allow("iam:PassRole")]})},
        {"name": "d"},
    ]
    role = (t.ROLE, "r", {"assumeRolePolicy": "{}", "inlinePolicies": inline})
    assert refused("iam-no-full-access", role) == ["statement Do grants * on *"]
    assert refused("iam-no-exfiltration", role) == ["statement Do grants kms:Decrypt on every resource"]
    assert refused("iam-no-escalation", role) == ["statement Do grants iam:PassRole on every resource"]


_PEOPLE = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{_ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        ]
    }
)
_WHO = f"people of arn:aws:iam::{_ACCOUNT}:root can assume it, and"


@pytest.mark.parametrize(
    ("boundary", "entries", "said"),
    [
        (None, [], f"{_WHO} it has no permissions boundary"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", [], None),
        ("arn:aws:iam::aws:policy/PowerUserAccess", [], f"{_WHO} its boundary is AWS's policy PowerUserAccess"),
        ("arn:aws:iam::aws:policy/AdministratorAccess", [], f"{_WHO} its boundary is AWS's policy AdministratorAccess"),
        (f"arn:aws:iam::{_ACCOUNT}:policy/desk", [], None),
        (
            "${aws:iam/policy:Policy::b#arn}",
            [(t.IAM_POLICY, "b", {"policy": json.dumps({"Statement": [_allow("*")]})})],
            f"{_WHO} its boundary b grants everything",
        ),
        (
            "${aws:iam/policy:Policy::b#arn}",
            [(t.IAM_POLICY, "b", {"policy": json.dumps({"Statement": [_allow("s3:*")]})})],
            None,
        ),
    ],
)
def test_roles_of_people_are_bounded(boundary: str | None, entries: list[Any], said: str | None) -> None:
    """By a policy of AWS or of the plan that leaves something out."""
    role = (t.ROLE, "r", {"assumeRolePolicy": _PEOPLE, "permissionsBoundary": boundary})
    assert refused("iam-human-boundary", role, *entries) == ([said] if said else [])
    program = json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    )
    assert refused("iam-human-boundary", (t.ROLE, "r", {"assumeRolePolicy": program})) == []
    denied = _PEOPLE.replace("Allow", "Deny")
    assert refused("iam-human-boundary", (t.ROLE, "r", {"assumeRolePolicy": denied})) == []


def test_each_statement_of_a_trust_policy_is_judged() -> None:
    """A statement for a program does not end the judgement."""
    program = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    both = json.loads(_PEOPLE)
    both["Statement"] = [program, *both["Statement"]]
    role = (t.ROLE, "r", {"assumeRolePolicy": json.dumps(both)})
    assert refused("iam-human-boundary", role) == [f"{_WHO} it has no permissions boundary"]


def test_a_boundary_grants_nothing() -> None:
    """The same policy is refused where it is attached, and let through where it bounds."""
    policy = (t.IAM_POLICY, "b", {"policy": json.dumps({"Statement": [_allow(["*", "s3:*", "iam:PassRole"])]})})
    bound = (t.ROLE, "r", {"assumeRolePolicy": "{}", "permissionsBoundary": "${aws:iam/policy:Policy::b#arn}"})
    user = ("aws:iam/user:User", "u", {"permissionsBoundary": "${aws:iam/policy:Policy::b#arn}"})
    for rule in ("iam-no-full-access", "iam-no-whole-services", "iam-no-escalation", "iam-no-exfiltration"):
        assert refused(rule, policy, bound) == []
        assert refused(rule, policy, user) == []
    assert len(refused("iam-no-full-access", policy)) == 1
    elsewhere = (t.USER_POLICY, "b", {"user": "u", "policy": policy[2]["policy"]})
    assert len(refused("iam-no-full-access", elsewhere, bound)) == 1
    set_ = (
        "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
        "b",
        {"inlinePolicy": policy[2]["policy"]},
    )
    assert len(refused("iam-no-full-access", set_)) == 1


@pytest.mark.parametrize(
    ("type_", "properties", "said"),
    [
        ("aws:iam/user:User", {"name": "ops"}, "is a user, not a role"),
        ("aws:iam/user:User", {"name": "glass-1"}, None),
        ("aws:iam/accessKey:AccessKey", {"user": "ops"}, "gives ops long-lived credentials"),
        ("aws:iam/accessKey:AccessKey", {"user": "ops", "status": "Inactive"}, None),
        ("aws:iam/accessKey:AccessKey", {"user": "ops", "status": "Active"}, "gives ops long-lived credentials"),
        ("aws:iam/accessKey:AccessKey", {"user": "ops", "status": "Zero"}, "gives ops long-lived credentials"),
        ("aws:iam/accessKey:AccessKey", {"user": "glass-1"}, None),
        ("aws:iam/sshKey:SshKey", {"username": "ops"}, "gives ops long-lived credentials"),
        ("aws:iam/signingCertificate:SigningCertificate", {"userName": "ops"}, "gives ops long-lived credentials"),
        ("aws:iam/userLoginProfile:UserLoginProfile", {}, "gives x long-lived credentials"),
    ],
)
def test_users_have_no_credentials_that_last(type_: str, properties: Json, said: str | None) -> None:
    """Each kind names its user under another property."""
    assert refused("iam-no-users", (type_, "x", properties), allowed=["glass-*"]) == ([said] if said else [])


@pytest.mark.parametrize(
    ("arn", "full", "broad"),
    [
        ("arn:aws:iam::aws:policy/AdministratorAccess", True, False),
        ("arn:aws:iam::aws:policy/AdministratorAccess-Amplify", True, False),
        ("arn:aws:iam::aws:policy/PowerUserAccess", False, True),
        ("arn:aws:iam::aws:policy/AmazonSQSFullAccess", False, True),
        ("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", False, False),
        (f"arn:aws:iam::{_ACCOUNT}:policy/AdministratorAccess", False, False),
    ],
)
def test_managed_policies_that_are_attached(arn: str, full: bool, broad: bool) -> None:
    """By AWS's name; a policy of one's own under the same name is another."""
    name = arn.rpartition("/")[2]
    said = [f"attaches AWS's policy {name}"]
    for entry in ((t.ROLE_ATTACHMENT, "a", {"policyArn": arn}), (t.ROLE, "r", {"managedPolicyArns": [arn]})):
        assert refused("iam-no-full-access", entry) == said * full
        assert refused("iam-no-broad-managed-policies", entry) == said * broad
