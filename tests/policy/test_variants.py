"""Variants of what a rule claims: other services, values and encodings, each with the verdict that is right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import check
from policy import tokens as t
from policy.catalogue import BY_ID
from tests.policy import documents as d

Json = dict[str, Any]
Entry = tuple[str, str, Json]

_ACCOUNT, _OTHER = "123456789012", "210987654321"
_PROVIDER: Entry = ("pulumi:providers:aws", "own", {"region": "us-east-1", "allowedAccountIds": [_ACCOUNT]})
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1"


def refused(rule: str, *entries: Entry, **parameters: Any) -> list[str]:
    """What the rule says of the entries, in the account and region of `_PROVIDER`; nothing may be left unevaluated."""
    document = d.blueprint(_PROVIDER, *entries)
    for entry in document["resources"][1:]:
        entry["provider"] = document["resources"][0]["urn"]
    config = {rule: parameters} if parameters else None
    report = check.evaluate([document], config, rules=[BY_ID[rule]])
    assert not report.errors
    assert not report.not_evaluated, [entry.text for entry in report.not_evaluated]
    assert not report.not_configured
    return [violation.message for violation in report.violations]


# Settings of a bucket as blocks of the bucket itself


@pytest.mark.parametrize(("enabled", "count"), [(True, 0), (False, 1)])
def test_versioning_may_be_a_block_of_the_bucket(enabled: bool, count: int) -> None:
    assert len(refused("bucket-versioned", (t.BUCKET, "b", {"versioning": {"enabled": enabled}}))) == count


def test_an_empty_versioning_block_is_suspended() -> None:
    assert refused("bucket-versioned", (t.BUCKET, "b", {"versioning": {}})) == ["keeps no versions"]


# Auto-named resources

_RETENTION = {"*-trades-*": 2192}


@pytest.mark.parametrize("name", ["website", "assets"])
def test_a_bucket_that_pulumi_names_is_no_record_by_default(name: str) -> None:
    for rule in ("records-object-lock", "records-not-expired"):
        assert not refused(rule, (t.BUCKET, name, {}), retention=_RETENTION)


def test_a_bucket_that_pulumi_names_is_found_by_its_logical_name() -> None:
    assert refused("records-object-lock", (t.BUCKET, "platform-trades", {}), retention=_RETENTION)


def test_a_bucket_that_pulumi_names_by_a_prefix_is_found_by_the_prefix() -> None:
    bucket = (t.BUCKET, "b", {"bucketPrefix": "platform-trades-"})
    assert refused("records-object-lock", bucket, retention=_RETENTION)


# The audit of an account


def test_a_stack_of_an_application_needs_no_recorder() -> None:
    assert not refused("config-records-everything", (t.QUEUE, "q", {}))


@pytest.mark.parametrize(
    "entry",
    [
        (t.TRAIL, "trail", {}),
        (t.GUARD_DETECTOR, "detector", {}),
        (t.PASSWORD_POLICY, "passwords", {}),
        (t.SECURITY_HUB, "hub", {}),
    ],
    ids=lambda entry: entry[1],
)
def test_a_stack_that_sets_up_the_audit_needs_a_recorder(entry: Entry) -> None:
    assert refused("config-records-everything", entry) == ["no recorder records the changes in us-east-1"]


# Pipelines


def _stage(name: str, *actions: Json) -> Json:
    return {"name": name, "actions": [{"name": f"{name}-{i}", **action} for i, action in enumerate(actions)]}


_DEPLOY: Json = {"category": "Deploy", "provider": "ECS"}
_APPROVAL: Json = {"category": "Approval", "provider": "Manual"}


def _build(project: str, category: str = "Build", **more: Any) -> Json:
    return {"category": category, "provider": "CodeBuild", "configuration": {"ProjectName": project}, **more}


@pytest.mark.parametrize(
    ("stages", "count"),
    [
        ([_stage("s", _DEPLOY)], 1),
        ([_stage("s", _APPROVAL, _DEPLOY)], 0),  # Without a run order, actions stand in their order.
        ([_stage("s", _DEPLOY, _APPROVAL)], 1),
        ([_stage("s", {**_DEPLOY, "runOrder": 2}, _APPROVAL)], 0),  # An action without a run order has 1.
        ([_stage("s", {**_DEPLOY, "runOrder": 2}, {**_APPROVAL, "runOrder": 3})], 1),
        ([_stage("s", {**_DEPLOY, "runOrder": 0}, {**_APPROVAL, "runOrder": 2})], 1),
        ([_stage("a", _DEPLOY), _stage("b", _APPROVAL)], 1),
        ([_stage("a", _DEPLOY), _stage("b", _DEPLOY)], 1),  # One message for a pipeline.
        ([_stage("s", _build("unit-tests", "Test"))], 0),
        ([_stage("s", {"category": "Test", "provider": "Anything"})], 1),
        ([_stage("s", _build("release-deploy", "Test"))], 1),  # Named as one that deploys.
        ([_stage("s", _build("app", outputArtifacts=["built"]))], 0),
        ([_stage("s", _build("app"))], 1),  # A build without an artifact carries something out.
        ([_stage("s", {"category": "Invoke", "provider": "Lambda"})], 1),
        ([_stage("s", {"category": "Compute", "provider": "Commands"})], 1),
        ([{"name": "empty"}], 0),
        # The project deploys after the approval, and runs as a test before it.
        ([_stage("a", _build("app", "Test")), _stage("b", _APPROVAL, _build("app"))], 1),
        # A test that runs on both sides does not deploy.
        ([_stage("a", _build("app", "Test")), _stage("b", _APPROVAL, _build("app", "Test"))], 0),
    ],
)
def test_approval_stands_before_whatever_deploys(stages: list[Json], count: int) -> None:
    assert len(refused("pipeline-approval", (t.PIPELINE, "p", {"stages": stages}))) == count


def test_builds_named_as_deploying_are_configured() -> None:
    stages = [_stage("s", _build("ship-it", "Test"))]
    assert refused("pipeline-approval", (t.PIPELINE, "p", {"stages": stages}), deploying=["ship-*"])


# Functions


@pytest.mark.parametrize(
    ("properties", "count"),
    [
        ({"principal": "*"}, 1),
        ({"principal": "*", "principalOrgId": "o-abcdef1234"}, 0),
        ({"principal": "*", "principalOrgId": "o-*"}, 1),
        ({"principal": "s3.amazonaws.com"}, 1),
        ({"principal": "s3.amazonaws.com", "sourceAccount": _ACCOUNT}, 0),
        ({"principal": "s3.amazonaws.com", "sourceArn": "arn:aws:s3:::bucket"}, 1),
        ({"principal": "s3.amazonaws.com", "sourceArn": "arn:aws:s3:::bucket", "sourceAccount": _ACCOUNT}, 0),
        ({"principal": "s3.amazonaws.com", "sourceAccount": _OTHER}, 1),
        ({"principal": "events.amazonaws.com", "sourceArn": "*"}, 1),
        ({"principal": "events.amazonaws.com", "sourceArn": "arn:aws:events:*:*:rule/*"}, 1),
        ({"principal": "events.amazonaws.com", "sourceArn": f"arn:aws:events:us-east-1:{_ACCOUNT}:rule/r"}, 0),
        ({"principal": "sns.amazonaws.com", "sourceArn": f"arn:aws:sns:us-east-1:{_OTHER}:t"}, 1),
        ({"principal": "sns.amazonaws.com.cn"}, 1),
        ({"principal": _ACCOUNT}, 0),
        ({"principal": f"arn:aws:iam::{_ACCOUNT}:role/r"}, 0),
        ({"principal": f"arn:aws:iam::{_OTHER}:root"}, 1),
        ({"principal": _OTHER}, 1),
    ],
)
def test_a_permission_is_tied_to_this_account(properties: Json, count: int) -> None:
    entry = (t.FUNCTION_PERMISSION, "p", {"function": "f", "action": "lambda:InvokeFunction", **properties})
    assert len(refused("function-not-public", entry)) == count


def test_accounts_that_may_invoke_are_configured() -> None:
    entry = (t.FUNCTION_PERMISSION, "p", {"function": "f", "principal": _OTHER})
    assert not refused("function-not-public", entry, accounts=[_OTHER])


@pytest.mark.parametrize(("kind", "count"), [("NONE", 1), ("AWS_IAM", 0)])
def test_a_url_asks_for_a_signature(kind: str, count: int) -> None:
    entry = (t.FUNCTION_URL, "u", {"functionName": "f", "authorizationType": kind})
    assert len(refused("function-not-public", entry)) == count


# Tables and their replicas


def test_each_replica_of_a_table_is_judged() -> None:
    good = {"regionName": "us-west-2", "pointInTimeRecovery": True}
    bad = {"regionName": "eu-west-1", "pointInTimeRecovery": False}
    table = {"pointInTimeRecovery": {"enabled": True}, "replicas": [good, bad]}
    found = refused("table-point-in-time-recovery", (t.TABLE, "t", table))
    assert found == ["its replica in eu-west-1 cannot be restored to a point in time"]
    replica = (t.TABLE_REPLICA, "r", {"pointInTimeRecovery": True, "replicas": [bad]})
    assert not refused("table-point-in-time-recovery", replica), "only a table has replicas"


# Volumes

_GOOD: Json = {"encrypted": "true", "kmsKeyId": _KEY}


@pytest.mark.parametrize(
    ("type_", "properties", "count"),
    [
        (t.LAUNCH_TEMPLATE, {}, 1),
        (t.LAUNCH_TEMPLATE, {"blockDeviceMappings": []}, 1),
        (t.LAUNCH_TEMPLATE, {"blockDeviceMappings": [{"virtualName": "ephemeral0"}]}, 1),
        (t.LAUNCH_TEMPLATE, {"blockDeviceMappings": [{"ebs": _GOOD}, {"virtualName": "ephemeral0"}]}, 0),
        (t.LAUNCH_TEMPLATE, {"blockDeviceMappings": [{"ebs": {**_GOOD, "encrypted": "false"}}]}, 1),
        (t.LAUNCH_TEMPLATE, {"blockDeviceMappings": [{"ebs": {**_GOOD, "encrypted": True}}]}, 0),
        (t.LAUNCH_TEMPLATE, {"blockDeviceMappings": [{"ebs": {"encrypted": "true"}}]}, 1),
        (t.LAUNCH_TEMPLATE, {"blockDeviceMappings": [{"ebs": _GOOD}, {"ebs": {"kmsKeyId": _KEY}}]}, 1),
        (t.INSTANCE, {"rootBlockDevice": _GOOD}, 0),
        (t.INSTANCE, {}, 1),
        (t.INSTANCE, {"launchTemplate": {"id": "lt-1"}}, 0),
        (t.INSTANCE, {"rootBlockDevice": _GOOD, "ebsBlockDevices": [{"encrypted": False}]}, 1),
        (t.LAUNCH_CONFIGURATION, {"rootBlockDevice": {"encrypted": True}}, 0),
        (t.LAUNCH_CONFIGURATION, {"rootBlockDevice": {"encrypted": False}}, 1),
        (t.VOLUME, {"encrypted": True, "kmsKeyId": _KEY}, 0),
        (t.VOLUME, {"encrypted": True}, 1),
        (t.VOLUME, {"kmsKeyId": _KEY}, 1),
    ],
)
def test_each_volume_is_encrypted_with_a_key_of_its_own(type_: str, properties: Json, count: int) -> None:
    assert len(refused("ebs-customer-key", (type_, "h", properties))) == count


# Health checks and failover

_CHECK: Json = {"type": "HTTPS", "fqdn": "api.example.com", "resourcePath": "/v1/health"}


@pytest.mark.parametrize(
    ("properties", "count"),
    [
        (_CHECK, 0),
        ({**_CHECK, "disabled": True}, 1),
        ({**_CHECK, "invertHealthcheck": True}, 1),
        ({"type": "TCP", "fqdn": "api.example.com", "invertHealthcheck": True}, 1),
        ({**_CHECK, "resourcePath": "/v1/standby", "invertHealthcheck": True}, 0),
        ({**_CHECK, "resourcePath": "/v1/standby"}, 1),
        ({"type": "CALCULATED", "childHealthchecks": ["a", "b"], "childHealthThreshold": 0}, 1),
        ({"type": "CALCULATED", "childHealthchecks": ["a", "b"], "childHealthThreshold": 1}, 0),
        ({"type": "CALCULATED", "childHealthchecks": ["a", "b"]}, 0),
    ],
)
def test_a_health_check_can_report_a_fault(properties: Json, count: int) -> None:
    found = refused("health-check-sound", (t.HEALTH_CHECK, "h", properties), inverted=["*/standby"])
    assert len(found) == count


def _side(name: str, side: str, place: str) -> Entry:
    alias = {"name": place, "zoneId": "z", "evaluateTargetHealth": True}
    routing = [{"type": side}]
    record = {"name": "api", "zoneId": "z", "type": "A", "aliases": [alias], "failoverRoutingPolicies": routing}
    return (t.DNS_RECORD, name, record)


@pytest.mark.parametrize(
    ("other", "count"), [("a.example.com", 1), ("A.Example.com.", 1), ("b.example.com", 0), ("a.example.org", 0)]
)
def test_both_sides_lead_to_one_name_however_it_is_written(other: str, count: int) -> None:
    sides = _side("one", "PRIMARY", "a.example.com"), _side("two", "SECONDARY", other)
    assert len(refused("failover-sides-apart", *sides)) == count


# APIs and firewalls

_SIGNED = {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"}
_KEYED = {"type": "apiKey", "in": "header", "name": "x-api-key"}


@pytest.mark.parametrize("type_", [t.REST_API, t.HTTP_API])
@pytest.mark.parametrize(
    ("operation", "scheme", "count"),
    [
        ({}, _SIGNED, 1),
        ({"security": []}, _SIGNED, 1),
        ({"security": [{"s": []}]}, _SIGNED, 0),
        ({"security": [{"s": []}, {}]}, _SIGNED, 1),
        ({"security": [{"s": []}]}, _KEYED, 1),
        ({"security": [{"undefined": []}]}, _SIGNED, 1),
    ],
)
def test_an_operation_asks_who_calls(type_: str, operation: Json, scheme: Json, count: int) -> None:
    body = {"paths": {"/orders": {"post": operation}}, "components": {"securitySchemes": {"s": scheme}}}
    assert len(refused("api-authorised", (type_, "api", {"body": json.dumps(body)}))) == count


@pytest.mark.parametrize(
    ("properties", "count"),
    [
        ({"rules": []}, 1),
        ({"rules": [], "defaultAction": {"block": {}}}, 0),
        ({"rules": [{"name": "r", "action": {"block": {}}}]}, 0),
        ({"rules": [{"name": "r", "action": {"count": {}}}]}, 2),
        ({"rules": [{"name": "r", "overrideAction": {"count": {}}}]}, 2),
        ({"ruleJson": json.dumps([{"Name": "r", "Action": {"Block": {}}}])}, 0),
        ({"ruleJson": json.dumps([{"Name": "r", "Action": {"Count": {}}}])}, 2),
        ({"ruleJson": json.dumps([{"Name": "r", "OverrideAction": {"Count": {}}}])}, 2),
        ({"ruleJson": "[]"}, 1),
    ],
)
def test_a_firewall_blocks_in_either_form_of_its_rules(properties: Json, count: int) -> None:
    entry = (t.WEB_ACL, "w", {"defaultAction": {"allow": {}}, "scope": "REGIONAL", **properties})
    assert len(refused("firewall-blocks", entry)) == count


# Rotations


@pytest.mark.parametrize(
    ("rules", "count"),
    [
        ({"automaticallyAfterDays": 91}, 1),
        ({"automaticallyAfterDays": 90}, 0),
        ({"scheduleExpression": "rate(91 days)"}, 1),
        ({"scheduleExpression": "rate(4 hours)"}, 0),
    ],
)
def test_a_rotation_is_judged_with_and_without_its_secret_in_the_plan(rules: Json, count: int) -> None:
    rotation = (t.SECRET_ROTATION, "r", {"secretId": f"${{{t.SECRET}::s#id}}", "rotationRules": rules})
    assert len(refused("secret-rotated", (t.SECRET, "s", {}), rotation)) == count
    elsewhere = (t.SECRET_ROTATION, "r", {"secretId": "another-stack", "rotationRules": rules})
    assert len(refused("secret-rotated", elsewhere)) == count


# Policy documents


def _granting(**condition: Any) -> Entry:
    statement = {"Effect": "Allow", "Action": "rds:*", "Resource": "*", "Condition": condition}
    return (t.ROLE_POLICY, "p", {"role": "r", "policy": json.dumps({"Version": "2012-10-17", "Statement": statement})})


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ({}, 1),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, 1),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1", "aws:ResourceTag/team": "x"}}, 0),
        ({"StringLike": {"AWS:requestedregion": ["us-*"]}}, 1),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, 1),
        ({"StringNotEquals": {"aws:ResourceTag/team": "x"}}, 1),
        ({"StringEquals": {"aws:ResourceTag/team": "x"}}, 0),
    ],
)
def test_a_condition_limits_a_whole_service_by_resource_and_not_by_region(condition: Json, count: int) -> None:
    assert len(refused("iam-no-whole-services", _granting(**condition))) == count
