"""Evaluation of policies: the cases of the IAM User Guide."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.permissions.conditions import UnknownOperatorError, holds
from tests.permissions.evaluation import Request, Verdict, decide

ROLE = "arn:aws:iam::123456789012:role/engine"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
CONTEXT = {
    "aws:principalaccount": "123456789012",
    "aws:principalarn": ROLE,
    "aws:securetransport": "true",
    "aws:userid": "AROA:session",
    "aws:sourcevpc": "vpc-1",
    "aws:sourceip": "10.0.1.2",
    "aws:tagkeys": ("Team", "Cost"),
    "aws:multifactorauthage": "600",
    "aws:currenttime": "2026-11-28T12:00:00Z",
}
REQUEST = Request("sqs:SendMessage", QUEUE, ROLE, CONTEXT)


def verdict(*statements: dict[str, Any]) -> Verdict:
    return decide([{"Version": "2012-10-17", "Statement": list(statements)}], REQUEST).verdict


def allow(**parts: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", **parts}


DENY = {**allow(), "Effect": "Deny"}


def test_a_denial_wins_over_an_allowance_in_any_order():
    """Policy evaluation logic: an explicit denial in any policy overrides every allowance."""
    assert verdict(allow()) is Verdict.ALLOWED
    assert verdict(allow(), DENY) is Verdict.DENIED
    assert verdict(DENY, allow()) is Verdict.DENIED
    assert verdict() is Verdict.SILENT


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "SQS:sendmessage"}, True),
        ({"Action": "sqs:Send*"}, True),
        ({"Action": ["sqs:Receive*", "s3:*"]}, False),
        ({"Resource": "arn:aws:sqs:us-east-1:*:orders"}, True),
        ({"Resource": "arn:aws:sqs:us-east-1:*:Orders"}, False),
        ({"Resource": "arn:aws:sqs:us-east-1:*:order?"}, True),
        ({"Resource": "arn:aws:sqs:us-east-1:123456789012:${aws:userid}"}, False),
        ({"Resource": ["arn:aws:sns:*", QUEUE]}, True),
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, True),
        ({"Principal": {"AWS": "123456789012"}}, True),
        ({"Principal": {"AWS": ["arn:aws:iam::1:root", ROLE]}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::999999999999:root"}}, False),
        ({"Principal": {"Service": "events.amazonaws.com"}}, False),
    ],
)
def test_a_statement_is_about_a_request(statement: dict[str, Any], expected: bool):
    """Actions ignore case, resources do not; the account stands for its roles."""
    assert (verdict(allow(**statement)) is Verdict.ALLOWED) == expected


def test_exclusions():
    """NotAction, NotResource and NotPrincipal match everything else."""
    base = {"Effect": "Allow", "Resource": "*"}
    assert verdict({**base, "NotAction": "sqs:*"}) is Verdict.SILENT
    assert verdict({**base, "NotAction": "s3:*"}) is Verdict.ALLOWED
    assert verdict({"Effect": "Allow", "Action": "*", "NotResource": QUEUE}) is Verdict.SILENT
    assert verdict({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}) is Verdict.ALLOWED
    assert verdict({**DENY, "NotPrincipal": {"AWS": ROLE}}) is Verdict.SILENT
    assert verdict({**DENY, "NotPrincipal": {"AWS": f"{ROLE}s"}}) is Verdict.DENIED


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringEquals", "aws:PrincipalAccount", "123456789012", True),
        ("StringEquals", "aws:PrincipalAccount", ["1", "123456789012"], True),
        ("StringEquals", "aws:ResourceAccount", "123456789012", False),
        ("StringEqualsIfExists", "aws:ResourceAccount", "123456789012", True),
        ("StringEqualsIfExists", "aws:PrincipalAccount", "999999999999", False),
        ("StringNotEquals", "aws:SourceVpce", "vpce-1", True),
        ("StringNotEquals", "aws:SourceVpc", ["vpc-1", "vpc-2"], False),
        ("StringNotEqualsIfExists", "aws:SourceVpc", "vpc-2", True),
        ("StringEqualsIgnoreCase", "aws:SourceVpc", "VPC-1", True),
        ("StringLike", "aws:SourceVpc", "vpc-*", True),
        ("StringEquals", "aws:SourceVpc", "vpc-*", False),
        ("StringNotLike", "aws:SourceVpc", "vpc-*", False),
        ("StringLike", "aws:userid", "*:${aws:userid}", False),
        ("StringEquals", "aws:userid", "${aws:userid}", True),
        ("StringEquals", "aws:userid", "${aws:username}", False),
        ("StringEquals", "aws:SourceVpc", "${aws:username, 'vpc-1'}", True),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/engine", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:*", False),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", False),
        ("Bool", "aws:SecureTransport", "true", True),
        ("Bool", "aws:SecureTransport", False, False),
        ("Bool", "aws:MultiFactorAuthPresent", "true", False),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "true", True),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "3600", True),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "600", False),
        ("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", 600, True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", True),
        ("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", False),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/16", True),
        ("NotIpAddress", "aws:SourceIp", ["192.168.0.0/16", "10.0.0.0/16"], False),
        ("Null", "aws:SourceVpc", "false", True),
        ("Null", "aws:SourceVpce", "true", True),
        ("Null", "aws:SourceVpc", "true", False),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["Team", "Cost", "Other"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["Team"], False),
        ("ForAllValues:StringEquals", "dynamodb:LeadingKeys", ["x"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["Team"], True),
        ("ForAnyValue:StringEquals", "dynamodb:LeadingKeys", ["x"], False),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["Team"], True),
    ],
)
def test_conditions(operator: str, key: str, value: Any, expected: bool):
    """Condition operators: a missing key satisfies negated operators, IfExists and ForAllValues."""
    assert holds({operator: {key: value}}, CONTEXT) == expected


def test_operators_and_keys_are_joined_by_and():
    """Conditions with multiple context keys or values."""
    both = {"StringEquals": {"aws:SourceVpc": "vpc-1"}, "Bool": {"aws:SecureTransport": "false"}}
    assert not holds(both, CONTEXT)


def test_an_unknown_operator_is_an_error():
    with pytest.raises(UnknownOperatorError, match="StringSame"):
        holds({"StringSame": {"aws:SourceVpc": "x"}}, CONTEXT)
    with pytest.raises(UnknownOperatorError, match="ForEach"):
        holds({"ForEach:StringEquals": {"aws:SourceVpc": "x"}}, CONTEXT)


def test_a_service_is_not_the_account():
    """The account as a principal stands for its own callers, and `*` for everyone."""
    service = Request("sqs:SendMessage", QUEUE, "events.amazonaws.com", {})
    names = [
        {"AWS": "arn:aws:iam::123456789012:root"},
        {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]},
        "*",
    ]
    answers = [decide([{"Statement": allow(Principal=name)}], service).allowed for name in names]
    assert answers == [False, True, True]


@pytest.mark.parametrize("effects", [("Allow", "Allow", "Deny"), ("Allow", "Allow"), ("Deny",)])
def test_the_order_of_statements_does_not_count(effects: tuple[str, ...]):
    """Each order of the same statements has one answer."""
    answers = {verdict(*order) for order in permutations([{**allow(), "Effect": each} for each in effects])}
    assert answers == {Verdict.DENIED if "Deny" in effects else Verdict.ALLOWED}
