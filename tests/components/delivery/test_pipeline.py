"""P1: the delivery pipeline of both stacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blueprint import Blueprint, record_dr, record_primary
from components.delivery.build import BUILDSPECS
from tests.components.security.graph import ACCOUNT, ROLE, ROLE_POLICY, listed, statement, statements

PIPELINE = "aws:codepipeline/pipeline:Pipeline"
PROJECT = "aws:codebuild/project:Project"
REPOSITORY = "aws:codecommit/repository:Repository"
CONNECTION = "aws:codestarconnections/connection:Connection"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
BUILDS = ("delivery-check", "delivery-preview", "delivery-deploy", "delivery-pull-request")
STATE = {
    "stateBackendUrl": "s3://trading-state?region=us-west-2",
    "stateKeyArn": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/mrk-1a2b",
}


@pytest.fixture(scope="module")
def with_state() -> Blueprint:
    """The primary, which knows where the state is."""
    return record_primary(STATE)


@pytest.fixture(scope="module")
def connected() -> Blueprint:
    """The primary with a repository of a code host."""
    return record_primary({"pipelineSource": "connection", "connectionRepository": "example/platform"})


def _stages(stack: Blueprint) -> list[dict[str, Any]]:
    return stack.one(PIPELINE, "delivery").properties["stages"]


def _action(stack: Blueprint, name: str) -> dict[str, Any]:
    (found,) = [action for stage in _stages(stack) for action in stage["actions"] if action["name"] == name]
    return found


def _project_of(stack: Blueprint, action: str) -> str:
    name = _action(stack, action)["configuration"]["ProjectName"]
    (found,) = [project.name for project in stack.of_type(PROJECT) if project.properties["name"] == name]
    return found


def _variables(stack: Blueprint, action: str) -> dict[str, str]:
    given = json.loads(_action(stack, action)["configuration"]["EnvironmentVariables"])
    return {variable["name"]: variable["value"] for variable in given}


def _allowed(stack: Blueprint, role: str) -> set[str]:
    return {action for each in statements(stack.one(ROLE_POLICY, role)) for action in listed(each["Action"])}


def test_only_the_primary_has_the_pipeline(primary: Blueprint, dr: Blueprint, dr_active: Blueprint):
    assert primary.one(PIPELINE, "delivery").properties["pipelineType"] == "V2"
    for stack in (dr, dr_active):
        assert not stack.of_type(PIPELINE, REPOSITORY), "one pipeline brings both stacks up"


def test_deployments_follow_tests_preview_and_approval(primary: Blueprint):
    order = [
        action["name"]
        for stage in _stages(primary)
        for action in sorted(stage["actions"], key=lambda action: action.get("runOrder") or 1)
    ]
    assert order == ["Source", "Check", "Preview", "Approve", "Primary", "Recovery", "Publish"]
    does = {name: _project_of(primary, name) for name in ("Check", "Preview", "Primary", "Recovery")}
    assert does == {
        "Check": "delivery-check",
        "Preview": "delivery-preview",
        "Primary": "delivery-deploy",
        "Recovery": "delivery-deploy",
    }


def test_one_stage_holds_preview_approval_and_deployment(primary: Blueprint):
    """A stage is held by one execution until it is through."""
    stages = {action["name"]: stage["name"] for stage in _stages(primary) for action in stage["actions"]}
    held = ("Preview", "Approve", "Primary", "Recovery", "Publish")
    assert len({stages[name] for name in held}) == 1, "another execution previews, or deploys, in between"
    (deploy,) = [stage for stage in _stages(primary) if stage["name"] == stages["Approve"]]
    orders = {action["name"]: action.get("runOrder") or 1 for action in deploy["actions"]}
    assert [orders[name] for name in held] == [1, 2, 3, 4, 5], "one after the other"
    assert primary.one(PIPELINE, "delivery").properties["executionMode"] == "SUPERSEDED", "what waits gives way"


def test_each_stack_is_deployed_by_its_own_deployer(primary: Blueprint):
    for action, stack in (("Primary", "primary"), ("Recovery", "dr")):
        assert _variables(primary, action) == {
            "PULUMI_STACK": f"organization/trading-platform/{stack}",
            "DEPLOYER_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/trading-{stack}-deployer",
        }


def test_the_pipelines_role_may_assume_the_deployers(primary: Blueprint, dr: Blueprint):
    role = primary.one(ROLE, "delivery-deploy").properties["name"]
    assert role == "trading-primary-deploy", "the name that the deployers trust"
    taken = statement(primary.one(ROLE_POLICY, "delivery-deploy"), "TakeDeployers")["Resource"]
    for stack in (primary, dr):
        deployer = stack.one(ROLE, "deployer")
        assert f"arn:aws:iam::{ACCOUNT}:role/{deployer.properties['name']}" in taken
        trusted = statement(deployer, "Pipeline", "assumeRolePolicy")["Condition"]["ArnEquals"]["aws:PrincipalArn"]
        assert trusted == f"arn:aws:iam::{ACCOUNT}:role/{role}", "that one role, by its whole name"


def test_the_deployed_program_is_published_for_the_scale_out_build(primary: Blueprint, dr: Blueprint):
    published = _action(primary, "Publish")["configuration"]
    assert published["BucketName"] == f"trading-primary-artifacts-{ACCOUNT}"
    assert published["Extract"] == "false", "as one archive"
    source = dr.one(PROJECT, "scale-out").properties["source"]["location"]
    assert source == f"trading-dr-artifacts-{ACCOUNT}/{published['ObjectKey']}"
    (rule,) = dr.one(REPLICATION, "artifacts-to-recovery").properties["rules"]
    assert rule["status"] == "Enabled"
    assert published["ObjectKey"].startswith(rule["filter"].get("prefix", "")), "S3 takes it to the recovery region"
    may = statement(primary.one(ROLE_POLICY, "pipeline"), "PublishTheProgram")["Resource"]
    assert may.endswith("/source/platform.zip"), "the pipeline writes that one object"


def test_artifacts_are_encrypted_and_expire(primary: Blueprint):
    (store,) = primary.one(PIPELINE, "delivery").properties["artifactStores"]
    assert "key" in store["encryptionKey"]["id"]
    assert "::records" in store["encryptionKey"]["id"], "under the platform's own key"
    rules = primary.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "pipeline").properties
    (kept,) = [rule["expiration"]["days"] for rule in rules["rules"] if rule["id"] == "pipeline"]
    assert kept > 60, "a deployment that waits as long as approval may take finds its artifacts"


def test_a_push_to_the_branch_starts_the_pipeline(primary: Blueprint):
    pattern = json.loads(primary.one(RULE, "delivery-push").properties["eventPattern"])
    assert pattern["detail"]["referenceName"] == ["main"]
    assert pattern["detail"]["referenceType"] == ["branch"], "a tag deploys nothing"
    assert _action(primary, "Source")["configuration"]["PollForSourceChanges"] == "false", "once, not twice"
    assert _allowed(primary, "delivery-push") == {"codepipeline:StartPipelineExecution"}


def test_a_code_host_is_a_source_by_connection(connected: Blueprint):
    source = _action(connected, "Source")
    assert source["provider"] == "CodeStarSourceConnection"
    assert source["configuration"]["FullRepositoryId"] == "example/platform"
    assert source["configuration"]["DetectChanges"] == "true", "a push starts the pipeline"
    assert connected.one(CONNECTION, "source").properties["providerType"] == "GitHub"
    assert not connected.of_type(REPOSITORY)
    assert "codeconnections:UseConnection" in _allowed(connected, "pipeline")
    assert not [r.name for r in connected.of_type(RULE) if r.name in ("delivery-push", "pull-request")]


def test_an_existing_connection_is_used():
    arn = f"arn:aws:codeconnections:us-east-1:{ACCOUNT}:connection/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"
    stack = record_primary(
        {"pipelineSource": "connection", "connectionRepository": "example/platform", "connectionArn": arn}
    )
    assert not stack.of_type(CONNECTION)
    assert _action(stack, "Source")["configuration"]["ConnectionArn"] == arn
    assert statement(stack.one(ROLE_POLICY, "pipeline"), "UseTheConnection")["Resource"] == arn


def test_approvals_and_failures_notify_approvers():
    stack = record_primary({"approverEmails": ["release@trading.example"], "approvalHours": 8})
    approve = _action(stack, "Approve")
    assert approve["timeoutInMinutes"] == 480
    topic = approve["configuration"]["NotificationArn"]
    assert topic == "${" + f"{TOPIC}::approvals#arn" + "}"
    subscribed = {s.properties["endpoint"] for s in stack.of_type(SUBSCRIPTION) if s.properties["topic"] == topic}
    assert subscribed == {"release@trading.example"}
    assert stack.one(TARGET, "delivery-failed").properties["arn"] == topic
    told = json.loads(stack.one(RULE, "delivery-failed").properties["eventPattern"])["detail"]["state"]
    assert told == ["CANCELED", "FAILED"], "one that changes the pipeline itself is cancelled, and leaves dr behind"


def test_operators_approve_if_there_are_no_approvers(primary: Blueprint):
    topic = _action(primary, "Approve")["configuration"]["NotificationArn"]
    subscribed = {s.properties["endpoint"] for s in primary.of_type(SUBSCRIPTION) if s.properties["topic"] == topic}
    assert subscribed == {"operations@trading.example"}


@pytest.mark.parametrize("name", BUILDS)
def test_a_build_is_bounded_encrypted_and_logged(primary: Blueprint, name: str):
    project = primary.one(PROJECT, name).properties
    assert project["source"]["buildspec"].startswith(f"{BUILDSPECS}/"), "what it does is a file of the repository"
    assert project["encryptionKey"]
    assert project["environment"]["privilegedMode"] is False
    assert 10 <= project["buildTimeout"] <= 480
    group = primary.one("aws:cloudwatch/logGroup:LogGroup", name).properties
    assert group["kmsKeyId"]
    assert group["retentionInDays"] == 365
    assert project["logsConfig"]["cloudwatchLogs"]["status"] == "ENABLED"


def test_deployments_never_run_concurrently(primary: Blueprint):
    assert primary.one(PROJECT, "delivery-deploy").properties["concurrentBuildLimit"] == 1


@pytest.mark.parametrize("name", ["delivery-check", "delivery-preview", "delivery-pull-request"])
def test_read_only_builds_are_queued(primary: Blueprint, name: str):
    """CodeBuild starts no build above a project's limit, and whoever pushed would hear of no preview."""
    assert primary.one(PROJECT, name).properties.get("concurrentBuildLimit") is None


def test_a_pull_request_build_fetches_its_commit(primary: Blueprint):
    """It is named by its id alone, which a shallow clone need not hold."""
    assert not primary.one(PROJECT, "delivery-pull-request").properties["source"].get("gitCloneDepth")


def test_tests_write_nothing_to_aws(primary: Blueprint):
    assert _allowed(primary, "delivery-check") == {
        "kms:Decrypt",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetObject",
        "s3:GetObjectVersion",
    }


@pytest.mark.parametrize("name", ["delivery-preview", "delivery-pull-request"])
def test_a_preview_reads_state_and_settings_and_changes_neither(with_state: Blueprint, name: str):
    writes = {
        "codecommit:PostCommentForPullRequest",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    reads = ("Get", "List", "Describe", "Decrypt", "GitPull", "BatchGet")
    allowed = _allowed(with_state, name)
    assert {a for a in allowed if not a.split(":")[1].startswith(reads)} <= writes, f"{name} changes something"
    read = statement(with_state.one(ROLE_POLICY, name), "ReadTheState")
    assert listed(read["Action"]) == ["s3:GetObject"]
    assert read["Resource"] == "arn:aws:s3:::trading-state/*"
    decrypted = statement(with_state.one(ROLE_POLICY, name), "DecryptTheState")
    assert decrypted["Resource"] == STATE["stateKeyArn"], "secrets in the state are under that key"
    (audit,) = [a for a in with_state.of_type(ATTACHMENT) if a.name == name]
    assert audit.properties["policyArn"].endswith(":policy/SecurityAudit"), "settings of services, and no data"


@pytest.mark.parametrize("name", BUILDS)
def test_no_build_has_role_or_administrator_permissions(with_state: Blueprint, name: str):
    for action in _allowed(with_state, name):
        assert not action.startswith("iam:")
        assert not action.endswith(":*")


def test_a_deployment_only_assumes_deployers(with_state: Blueprint):
    own = {action for action in _allowed(with_state, "delivery-deploy") if not action.startswith("ec2:")}
    assert own == {
        "kms:Decrypt",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "sts:AssumeRole",
    }


def test_only_deployments_run_in_the_vpc(primary: Blueprint, dr: Blueprint):
    inside = {p.name for p in primary.of_type(PROJECT) if p.properties.get("vpcConfig")}
    assert inside == {"delivery-deploy"}
    assert dr.one(PROJECT, "scale-out").properties["vpcConfig"], "the API of its cluster is private as well"
    for stack, name in ((primary, "delivery-deploy"), (dr, "scale-out")):
        config = stack.one(PROJECT, name).properties["vpcConfig"]
        assert len(config["subnets"]) == 3
        assert all("::delivery#" in group for group in config["securityGroupIds"])


def test_the_pipelines_network_reaches_both_clusters(dr: Blueprint):
    rules = dr.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    opened = [
        r
        for r in rules
        if r.properties.get("cidrIpv4") == "10.0.0.0/16" and "::control-plane#" in r.properties["securityGroupId"]
    ]
    assert [r.properties["fromPort"] for r in opened] == [443], "the recovery region's cluster, from the primary's VPC"


def test_builds_have_the_state_backend(with_state: Blueprint):
    for name in ("delivery-preview", "delivery-deploy", "delivery-pull-request"):
        variables = with_state.one(PROJECT, name).properties["environment"]["environmentVariables"]
        found = {v["name"]: v["value"] for v in variables}
        assert found["PULUMI_BACKEND_URL"] == STATE["stateBackendUrl"], name
        assert not [v for v in found if "TOKEN" in v or "PASSPHRASE" in v], "no secret in the clear"


def test_the_export_has_the_values_for_a_code_host(primary: Blueprint):
    delivery = primary.outputs["delivery"]
    assert delivery["deployerRoles"]["dr"] == f"arn:aws:iam::{ACCOUNT}:role/trading-dr-deployer"
    assert delivery["repository"]


def test_the_repository_is_protected(primary: Blueprint):
    repository = primary.one(REPOSITORY, "platform")
    assert repository.options["protect"] is True
    assert repository.properties["kmsKeyId"], "under a key of the platform"


def test_the_recovery_stack_can_have_another_name(primary: Blueprint):
    stack = record_primary({"recoveryStack": "acme/trading-platform/west"})
    assert _variables(stack, "Recovery")["PULUMI_STACK"] == "acme/trading-platform/west"
    assert record_dr(primary, overrides={"recoveryStack": "acme/trading-platform/west"})
