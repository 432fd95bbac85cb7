"""S3: least privilege, for people and for workloads."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from blueprint import Blueprint, record_primary
from blueprint.references import references_in
from tests.components.security.graph import (
    ACCOUNT,
    POLICY,
    ROLE,
    ROLE_POLICY,
    document,
    every_statement,
    listed,
    own,
    statement,
    statements,
)

PEOPLE = ("auditor", "deployer", "operator", "trader")


def _actions(stack: Blueprint, role: str) -> list[str]:
    return [
        action
        for each in statements(stack.one(ROLE_POLICY, role))
        if each["Effect"] == "Allow"
        for action in listed(each["Action"])
    ]


def _may(stack: Blueprint, role: str, action: str) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in _actions(stack, role))


def test_people_have_four_roles_named_after_the_stack(stack: Blueprint):
    side = "primary" if stack.stack == "primary" else "dr"
    names = {name: stack.one(ROLE, name).properties["name"] for name in PEOPLE}
    assert names == {name: f"trading-{side}-{name}" for name in PEOPLE}


def test_every_role_has_a_boundary(stack: Blueprint):
    for role in stack.of_type(ROLE):
        kind = "people" if role.name in PEOPLE else "workloads"
        boundary = role.properties.get("permissionsBoundary")
        assert boundary == f"${{{POLICY}::boundary-{kind}#arn}}", f"{role.name} is not bound as {kind} are"


def test_nothing_is_allowed_everything(stack: Blueprint):
    for resource, each in every_statement(stack):
        if each["Effect"] == "Allow":
            assert "*" not in listed(each.get("Action", [])), f"{resource.urn}: {each.get('Sid')} allows every action"
            assert "NotAction" not in each, f"{resource.urn}: {each.get('Sid')} allows whatever it does not name"


def test_a_role_is_taken_with_a_second_factor_for_a_few_hours(stack: Blueprint):
    for name in PEOPLE:
        role = stack.one(ROLE, name)
        trust = statement(role, "PeopleWithMfa", "assumeRolePolicy")
        assert trust["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        assert trust["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true"}, f"{name} needs no second factor"
        assert role.properties["maxSessionDuration"] == 4 * 3600


def test_only_the_deployer_is_taken_by_the_pipeline(stack: Blueprint):
    for name in PEOPLE:
        sids = [each["Sid"] for each in statements(stack.one(ROLE, name), "assumeRolePolicy")]
        assert ("Pipeline" in sids) == (name == "deployer")
    pipeline = statement(stack.one(ROLE, "deployer"), "Pipeline", "assumeRolePolicy")
    trusted = pipeline["Condition"]["ArnEquals"]["aws:PrincipalArn"]
    assert trusted == f"arn:aws:iam::{ACCOUNT}:role/trading-primary-deploy"


def test_a_trader_trades_through_the_api_and_changes_no_record(stack: Blueprint):
    assert _may(stack, "trader", "execute-api:Invoke")
    for action in ("dynamodb:PutItem", "dynamodb:UpdateItem", "kinesis:PutRecord", "s3:GetObject", "iam:GetRole"):
        assert not _may(stack, "trader", action), f"a trader may {action}, past the API"


def test_an_operator_recovers_and_reads_no_trading_data(stack: Blueprint):
    for action in ("rds:PromoteReadReplica", "sqs:StartMessageMoveTask", "lambda:InvokeFunction", "ecs:UpdateService"):
        assert _may(stack, "operator", action), f"the runbook needs {action}"
    for action in ("s3:GetObject", "secretsmanager:GetSecretValue", "kinesis:PutRecord", "iam:PassRole"):
        assert not _may(stack, "operator", action), f"an operator may {action}"
    streams = statement(stack.one(ROLE_POLICY, "operator"), "NameOrdersOfTheLostStream")["Resource"]
    assert streams.endswith(":stream/trading-*-orders"), "an operator reads the records of orders, to name them, alone"
    lease = statement(stack.one(ROLE_POLICY, "operator"), "HoldTheLease")
    assert lease["Resource"].endswith(":table/trading-control"), "an operator writes to the control table alone"


def test_an_auditor_only_reads(stack: Blueprint):
    reading = ("Get", "List", "Describe", "Lookup", "Select", "Filter", "StartQuery", "StopQuery", "Decrypt")
    writing = [action for action in _actions(stack, "auditor") if not action.split(":")[1].startswith(reading)]
    assert not writing, f"an auditor changes what is audited: {writing}"


def test_a_deployer_makes_only_roles_that_are_bound(stack: Blueprint):
    policy = stack.one(ROLE_POLICY, "deployer")
    change = statement(policy, "ChangeBoundedRoles")
    assert len(change["Condition"]["StringEquals"]["iam:PermissionsBoundary"]) == 2
    unbound = {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"}
    for each in statements(policy):
        if each["Sid"] != "ChangeBoundedRoles":
            assert not unbound & set(listed(each["Action"])), f"{each['Sid']} makes roles that exceed every boundary"
    boundary = stack.one(POLICY, "boundary-people")
    assert "iam:CreatePolicyVersion" in statement(boundary, "KeepBoundaries")["Action"], "a boundary could be lifted"


@pytest.mark.parametrize("kind", ["people", "workloads"])
def test_nobody_destroys_evidence(stack: Blueprint, kind: str):
    denied = statement(stack.one(POLICY, f"boundary-{kind}"), "KeepEvidence")
    assert denied["Effect"] == "Deny"
    assert denied["Resource"] == "*"
    for action in ("cloudtrail:StopLogging", "config:StopConfigurationRecorder", "s3:BypassGovernanceRetention"):
        assert action in denied["Action"], f"{kind} may {action}"


def test_a_boundary_allows_what_the_roles_within_it_are_allowed(stack: Blueprint):
    by_physical_name = {role.properties["name"]: role.name for role in stack.of_type(ROLE)}
    patterns = {
        kind: [
            action
            for each in statements(stack.one(POLICY, f"boundary-{kind}"))
            if each["Effect"] == "Allow"
            for action in listed(each["Action"])
        ]
        for kind in ("people", "workloads")
    }
    for policy in stack.of_type(ROLE_POLICY):
        attached = policy.properties["role"]
        role = next((reference.name for reference in references_in(attached)), None) or by_physical_name[attached]
        kind = "people" if role in PEOPLE else "workloads"
        for each in statements(policy):
            for action in listed(each["Action"]):
                assert any(fnmatchcase(action, pattern) for pattern in patterns[kind]), (
                    f"{role} is allowed {action}, which boundary-{kind} takes away in silence"
                )


def test_policies_fit_into_iam(stack: Blueprint):
    # IAM User Guide, "IAM and AWS STS quotas": white space is not counted.
    for policy in stack.of_type(POLICY):
        assert len("".join(policy.properties["policy"].split())) <= 6_144, policy.name
    for policy in stack.of_type(ROLE_POLICY):
        assert len("".join(policy.properties["policy"].split())) <= 10_240, policy.name


def test_taking_over_changes_no_role(dr: Blueprint, dr_active: Blueprint):
    assert own(dr, ROLE, ROLE_POLICY, POLICY) == own(dr_active, ROLE, ROLE_POLICY, POLICY), (
        "IAM is changed in us-east-1, which is gone"
    )


def test_people_come_by_saml_where_an_identity_provider_is_set():
    provider = f"arn:aws:iam::{ACCOUNT}:saml-provider/corporate"
    stack = record_primary(overrides={"samlProviderArn": provider})
    for name in PEOPLE:
        trust = statement(stack.one(ROLE, name), "PeopleBySaml", "assumeRolePolicy")
        assert trust["Principal"] == {"Federated": provider}
        assert trust["Action"] == "sts:AssumeRoleWithSAML"
        sids = [each["Sid"] for each in statements(stack.one(ROLE, name), "assumeRolePolicy")]
        assert "PeopleWithMfa" not in sids, "there is one way in"


def test_only_the_principals_that_are_named_take_a_role():
    named = [f"arn:aws:iam::{ACCOUNT}:role/desk", f"arn:aws:iam::{ACCOUNT}:user/on-call"]
    stack = record_primary(overrides={"trustedPrincipals": named})
    trust = statement(stack.one(ROLE, "operator"), "PeopleWithMfa", "assumeRolePolicy")
    assert trust["Principal"] == {"AWS": named}


@pytest.mark.parametrize("role", ["primary", "dr"])
def test_policies_of_roles_are_as_reviewed(role: str, request: pytest.FixtureRequest, golden):
    stack = request.getfixturevalue(role)
    golden.matches(
        f"iam-policies-{role}",
        {
            "boundaries": {policy.name: document(policy) for policy in own(stack, POLICY)},
            "trust": {each.name: document(each, "assumeRolePolicy") for each in own(stack, ROLE)},
            "permissions": {policy.name: document(policy) for policy in own(stack, ROLE_POLICY)},
        },
    )
