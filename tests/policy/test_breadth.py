"""Conditions that look as if they narrowed a grant: each verdict was decided from the meaning of its operator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from policy.breadth import takes_in_most
from policy.documents import statements
from tests.policy.small import refused

Json = dict[str, Any]
_OWN = "123456789012"
_SERVICE = "iam:PassedToService"


def _escalation(condition: Json, action: str = "iam:PassRole") -> list[str]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return refused("iam-no-escalation", (t.ROLE_POLICY, "p", {"policy": document}))


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "*.amazonaws.com",
        "*.*.amazonaws.com",
        "*amazonaws.com",
        "*.us-east-1.amazonaws.com",
        "*.com",
        "e*.amazonaws.com",
        "?*.amazonaws.com",
        "??????.amazonaws.com",
        "*a*",
        ["ec2.amazonaws.com", "*.amazonaws.com"],
    ],
)
@pytest.mark.parametrize("key", [_SERVICE, "IAM:PASSEDTOSERVICE", "iam:AWSServiceName", "kms:ViaService"])
def test_a_pattern_of_every_service_narrows_nothing(key: str, value: Any) -> None:
    """Whoever passes a role to any service passes it to all."""
    assert len(_escalation({"StringLike": {key: value}})) == 1


@pytest.mark.parametrize(
    "value",
    [
        "ec2.amazonaws.com",
        "lambda.*",
        "ecs*.amazonaws.com",
        "ecs-*.amazonaws.com",
        "ec2.*.amazonaws.com",
        ["ec2.amazonaws.com", "lambda.amazonaws.com.cn"],
    ],
)
def test_a_pattern_of_one_service_narrows(value: Any) -> None:
    """A service by its whole name, in any region or partition, with the others that begin with that name."""
    assert _escalation({"StringLike": {_SERVICE: value}}) == []


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEqualsIfExists": {_SERVICE: "ec2.amazonaws.com"}},
        {"ForAllValues:StringEquals": {_SERVICE: "ec2.amazonaws.com"}},
        {"ForAllValues:StringLike": {_SERVICE: "ec2.amazonaws.com"}, "ForAllValues:Null": {_SERVICE: "false"}},
        {"StringEqualsIfExists": {_SERVICE: "ec2.amazonaws.com"}, "Null": {_SERVICE: "true"}},
        {"StringEqualsIfExists": {_SERVICE: "ec2.amazonaws.com"}, "Null": {_SERVICE: ["false", "true"]}},
        {"StringNotEquals": {_SERVICE: "ec2.amazonaws.com"}},
        {"StringNotLike": {_SERVICE: "ec2*"}},
        {"ArnNotLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}},
        {"Null": {_SERVICE: "false"}},
        {"Null": {_SERVICE: "true"}},
        {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"Bool": {"ec2:IsLaunchTemplateResource": ["true", "false"]}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
        {"StringEquals": {"ec2:Region": "us-east-1"}},
        {"StringEquals": {"aws:PrincipalTag/desk": "fills"}},
        {"StringEquals": {"s3:authType": "REST-HEADER"}},
        {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/*"}},
        {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}},
        {"ArnEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{_OWN}:policy/*"}},
        {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}},
        {"StringLike": {"aws:ResourceTag/desk": "?*"}},
        {"StringLike": {"aws:ResourceTag/desk": "*-*"}},
        {"StringLike": {"aws:ResourceTag/desk": "*e*"}},
        {"StringEquals": {_SERVICE: []}},
    ],
)
def test_a_condition_that_holds_of_nearly_every_request_narrows_nothing(condition: Json) -> None:
    """...IfExists, ForAllValues, Null, negations, keys of the caller, and patterns without a fixed part."""
    assert len(_escalation(condition)) == 1


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEqualsIfExists": {_SERVICE: "ec2.amazonaws.com"}, "Null": {_SERVICE: "False"}},
        {"ForAllValues:StringEquals": {_SERVICE: "ec2.amazonaws.com"}, "Null": {_SERVICE: False}},
        {"ForAnyValue:StringEquals": {_SERVICE: "ec2.amazonaws.com"}},
        {"StringEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{_OWN}:policy/boundary"}},
        {"ArnLike": {"iam:PolicyARN": f"arn:aws:iam::{_OWN}:policy/desk/*"}},
        {"StringLike": {"aws:ResourceTag/desk": "fills-*"}},
        {"StringEquals": {"aws:ResourceTag/desk": "${aws:PrincipalTag/desk}"}},
        {"StringNotEquals": {"aws:ResourceTag/desk": "x"}, "StringEquals": {_SERVICE: "ec2.amazonaws.com"}},
    ],
)
def test_a_condition_that_fixes_a_value_narrows(condition: Json) -> None:
    """The key is there, and its value is one of a few."""
    assert _escalation(condition) == []


def test_the_other_rules_on_broad_permissions_read_the_same_conditions() -> None:
    """A wildcard of kms:ViaService lets a role decrypt by every service."""
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    for value, count in (("*.us-east-1.amazonaws.com", 1), ("secretsmanager.us-east-1.amazonaws.com", 0)):
        document = json.dumps({"Statement": [{**statement, "Condition": {"StringLike": {"kms:ViaService": value}}}]})
        for rule in ("iam-no-whole-services", "iam-no-exfiltration"):
            assert len(refused(rule, (t.ROLE_POLICY, "p", {"policy": document}))) == count


@pytest.mark.parametrize(
    ("condition", "narrows"),
    [
        ({"StringEquals": {"aws:SourceAccount": _OWN}}, True),
        ({"StringEqualsIfExists": {"aws:SourceAccount": _OWN}}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": _OWN}, "Null": {"aws:SourceAccount": "FALSE"}}, True),
        (
            {"StringLikeIfExists": {"aws:SourceAccount": _OWN}, "ForAllValues:Null": {"aws:SourceAccount": "false"}},
            False,
        ),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}}, False),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-1/*"}}, False),
        ({"StringLike": {"aws:SourceAccount": "*"}}, False),
        ({"StringLike": {"aws:SourceAccount": "????????????"}}, False),
        ({"StringLike": {"aws:SourceAccount": "1*"}}, False),
        ({"StringNotEquals": {"aws:SourceAccount": "444455556666"}}, False),
        ({"Null": {"aws:SourceAccount": "false"}}, False),
        ({"StringEquals": {"aws:ResourceAccount": _OWN}}, False),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, False),
    ],
)
def test_what_narrows_a_resource_policy(condition: Json, narrows: bool) -> None:
    """A resource policy is narrowed by who calls, not by the account of the resource itself."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition}
    (read,) = statements({"Statement": statement})
    assert read.narrowed is narrows


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ({"StringEquals": {"aws:ResourceAccount": _OWN}}, 0),
        ({"StringNotEquals": {"aws:ResourceAccount": _OWN}}, 1),
        ({"StringLike": {"aws:ResourceAccount": "1*"}}, 1),
        ({"StringLike": {"aws:ResourceOrgID": "o-*"}}, 1),
        ({"Null": {"aws:ResourceAccount": "false"}}, 1),
        ({"StringEqualsIfExists": {"aws:ResourceAccount": _OWN}}, 1),
        ({"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-a1b2c3d4e5/*"}}, 0),
    ],
)
def test_an_endpoint_is_limited_to_fixed_accounts_of_resources(condition: Json, count: int) -> None:
    """A negation, a pattern or a mere presence of the resource's account limits nothing."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}
    endpoint = (t.VPC_ENDPOINT, "e", {"policy": json.dumps({"Statement": [statement]})})
    assert len(refused("endpoint-policy-limited", endpoint)) == count


@pytest.mark.parametrize(
    ("audience", "count"), [("us-east-1:1b2c", 0), ("us-east-1:*", 1), ("us-east-1:????", 1), ("?*", 1)]
)
def test_the_audience_of_a_shared_provider_has_no_wildcard(audience: str, count: int) -> None:
    """A question mark leaves the application open as a star does."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {"cognito-identity.amazonaws.com:aud": audience}},
    }
    role = (t.ROLE, "r", {"assumeRolePolicy": json.dumps({"Statement": [statement]})})
    assert len(refused("role-trust-limited", role)) == count


@pytest.mark.parametrize(
    ("value", "count"),
    [("o-a1b2c3d4e5", 0), ("o-*", 1), ("*", 1), ("${aws:iam/x:X::o#id}", 0)],
)
def test_a_bus_is_shared_with_one_organization(value: str, count: int) -> None:
    """A permission of an event bus for everybody needs the id of an organization."""
    condition = {"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": value}
    permission = ("aws:cloudwatch/eventPermission:EventPermission", "p", {"principal": "*", "condition": condition})
    assert len(refused("resource-own-accounts", permission)) == count


def test_a_reference_is_no_pattern() -> None:
    """A computed value is one value, whatever characters its reference has."""
    assert not takes_in_most("aws:resourcetag/desk", "${aws:ssm/parameter:Parameter::desk*#value}")
