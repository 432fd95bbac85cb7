"""Every policy of every state of the platform against AWS's Service Authorization Reference and the grammar."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest
from cfnlint.jsonschema import CfnTemplateValidator
from cfnlint.schema.resolver import RefResolver

from blueprint import Blueprint
from components.security.policies import PolicyError, trust_of_service
from components.security.trusts import SOURCE_ACCOUNT, SOURCE_ARN
from tests.permissions.authorization import actions_of, faults
from tests.permissions.documents import Document, Kind, documents
from tests.permissions.trusted import trust_faults


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def test_every_statement_holds_against_the_authorization_reference(stack: Blueprint):
    found = {
        f"{document.name} {statement.get('Sid')}: {fault}"
        for document in documents(stack)
        for statement in document.statements
        for fault in faults(statement)
    }
    assert not found, "\n" + "\n".join(sorted(found))


def _validator(kind: Kind) -> CfnTemplateValidator:
    """The schemas by which cfn-lint checks IAM policies (its rules E3510, E3511 and E3512)."""
    folder = resources.files("cfnlint.data.schemas.other.iam")
    names = {Kind.TRUST: "policy_trust", Kind.IDENTITY: "policy_identity", Kind.RESOURCE: "policy_resource"}
    schema, common = (json.loads((folder / f"{name}.json").read_text()) for name in (names[kind], "policy"))
    resolver = RefResolver.from_schema(schema, store={"policy": common, schema["$id"]: schema})
    return CfnTemplateValidator(schema).evolve(resolver=resolver, schema=schema)


def malformed(document: Document) -> list[str]:
    # References to what does not exist yet stand in the place of ARNs.
    text = json.dumps(document.content)
    text = re.sub(r"\$\{(aws:[a-z0-9]+/|pulumi:)[^}]*\}", "arn:aws:iam::123456789012:role/name", text)
    return [error.message for error in _validator(document.kind).iter_errors(json.loads(text))]


def test_no_document_is_malformed(stack: Blueprint):
    found = {f"{document.name}: {error}" for document in documents(stack) for error in malformed(document)}
    assert not found, "\n" + "\n".join(sorted(found))


@pytest.mark.parametrize(
    "content",
    [
        {"Version": "2012-10-17", "Statement": [{"Effect": "Permit", "Action": "s3:GetObject", "Resource": "*"}]},
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"}]},
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resources": "*"}]},
    ],
)
def test_a_malformed_document_is_found(content: dict):
    assert malformed(Document("made up", Kind.IDENTITY, content))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ({"Action": "kms:ListAliases", "Resource": "arn:aws:kms:us-west-2:1:*"}, "takes no resource but *"),
        ({"Action": "logs:StopQuery", "Resource": "arn:aws:logs:*:1:log-group:*"}, "takes no resource but *"),
        (
            {
                "Action": ["route53-recovery-cluster:ListRoutingControls"],
                "Resource": "arn:aws:route53-recovery-control::1:controlpanel/*",
            },
            "takes no resource but *",
        ),
        ({"Action": "dynamodb:InjectError", "Resource": "arn:aws:dynamodb:us-east-1:1:table/x"}, "no resource but *"),
        ({"Action": "s3:GetObjekt", "Resource": "*"}, "no such action"),
        ({"Action": "dynamo:GetItem", "Resource": "*"}, "no such action"),
        ({"Action": "sqs:SendMessage", "Resource": "arn:aws:sns:us-east-1:1:topic"}, "none of which is"),
        (
            {"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "s3"}}},
            "has this condition key",
        ),
        (
            {"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAcount": "1"}}},
            "no such condition key",
        ),
    ],
)
def test_a_statement_that_grants_nothing_is_found(statement: dict, fault: str):
    found = list(faults({"Effect": "Allow", **statement}))
    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ({"IpAddress": {"aws:SourceIp": "300.1.1.1/99"}}, "300.1.1.1/99 is no range of addresses"),
        ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "10.0.0"]}}, "10.0.0 is no range of addresses"),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "an hour"}}, "is no number"),
        ({"Bool": {"aws:SecureTransport": "yes"}}, "is neither true nor false"),
        ({"Null": {"aws:SourceVpc": "absent"}}, "is neither true nor false"),
    ],
)
def test_a_value_that_its_operator_does_not_have_is_found(condition: dict, fault: str):
    """A value of another type matches nothing, and a Deny with it denies nothing."""
    found = list(faults({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}))
    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalTag/team": "trading"}},
        {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]}},
        {"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": 3600}},
        {"Bool": {"aws:SecureTransport": False}},
    ],
)
def test_a_condition_that_aws_knows_passes(condition: dict):
    """IAM User Guide, "AWS global condition context keys": tags of the caller are keys of every request."""
    assert not list(faults({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}))


def test_patterns_of_actions_are_expanded():
    assert ("kinesis", "GetRecords") in actions_of("kinesis:Get*")
    assert not actions_of("kinesis:Fetch*")


def test_every_trust_of_a_service_asks_only_for_keys_that_the_service_sends(stack: Blueprint):
    """A condition on a key that a service does not send refuses the service: CloudTrail documents that it supports
    neither, S3 replication, AWS Backup, SNS delivery status and maintenance windows document none."""
    assert not {fault for document in documents(stack) for fault in trust_faults(document)}


@pytest.mark.parametrize(
    ("service", "keys", "fault"),
    [
        ("lakeformation.amazonaws.com", [], "lakeformation.amazonaws.com: no page of TRUSTS names this service"),
        ("backup.amazonaws.com", [SOURCE_ACCOUNT], "backup.amazonaws.com sends no aws:SourceAccount"),
        ("events.amazonaws.com", [SOURCE_ACCOUNT], ""),
    ],
)
def test_a_trust_that_the_service_does_not_meet_is_a_sentence(service: str, keys: list[str], fault: str):
    """A service without an entry is named, and so is a key that a service does not send."""
    condition = {"Condition": {"StringEquals": dict.fromkeys(keys, "123456789012")}} if keys else {}
    statement = {"Effect": "Allow", "Principal": {"Service": [service]}, "Action": "sts:AssumeRole", **condition}
    found = list(trust_faults(Document("made up", Kind.TRUST, {"Statement": [statement]})))
    assert [each for each in found if fault in each] if fault else not found


def test_a_trust_with_a_key_that_the_service_does_not_send_cannot_be_written():
    with pytest.raises(PolicyError, match=r"cloudtrail.*does not send aws:SourceArn.*remove the condition"):
        trust_of_service("cloudtrail.amazonaws.com", "123456789012", {"ArnEquals": {SOURCE_ARN: "arn:aws:x"}})
    with pytest.raises(PolicyError, match=r"backup.*does not send aws:SourceAccount"):
        trust_of_service("backup.amazonaws.com", "123456789012", {"StringEquals": {SOURCE_ACCOUNT: "1"}})
    with pytest.raises(PolicyError, match=r"unknown.amazonaws.com.*add the service to TRUSTS"):
        trust_of_service("unknown.amazonaws.com", "123456789012")
