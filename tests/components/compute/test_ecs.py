"""The trading services on Fargate."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blueprint import Blueprint, record_dr, record_primary
from blueprint.references import references_in

SERVICE = "aws:ecs/service:Service"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
CLUSTER = "aws:ecs/cluster:Cluster"
TARGET = "aws:appautoscaling/target:Target"
POLICY = "aws:appautoscaling/policy:Policy"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def container(stack: Blueprint) -> dict[str, Any]:
    (definition,) = json.loads(stack.one(TASK, "services").properties["containerDefinitions"])
    return definition


def names(value: Any) -> list[str]:
    return [reference.name for reference in references_in(value)]


def test_the_cluster_is_watched_down_to_the_task(stack: Blueprint):
    assert stack.one(CLUSTER, "services").properties["settings"] == [{"name": "containerInsights", "value": "enhanced"}]


def test_tasks_run_in_every_zone_without_a_public_address(stack: Blueprint):
    network = stack.one(SERVICE, "services").properties["networkConfiguration"]
    subnets = names(network["subnets"])
    assert len(set(subnets)) == 3
    assert all(subnet.startswith("app-") for subnet in subnets)
    assert network["assignPublicIp"] is False
    assert names(network["securityGroups"]) == ["services"]


def test_a_deployment_that_does_not_come_up_is_rolled_back(stack: Blueprint):
    service = stack.one(SERVICE, "services").properties
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["deploymentMinimumHealthyPercent"] == 100
    assert service["availabilityZoneRebalancing"] == "ENABLED"


def test_nobody_opens_a_shell_in_a_task(stack: Blueprint):
    assert stack.one(SERVICE, "services").properties["enableExecuteCommand"] is False


def test_a_container_is_nobody_in_particular_and_writes_nothing_but_scratch(stack: Blueprint):
    definition = container(stack)
    assert definition["readonlyRootFilesystem"] is True
    assert definition["privileged"] is False
    assert not definition["user"].startswith("0"), "never root"
    assert definition["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    assert [mount["containerPath"] for mount in definition["mountPoints"]] == ["/tmp"]


def test_the_image_is_a_release_in_the_platforms_own_repository(stack: Blueprint):
    image = container(stack)["image"]
    assert names(image) == ["trading-engine"]
    assert image.endswith(":1.0.0")


def test_what_is_secret_is_not_in_the_environment(stack: Blueprint):
    definition = container(stack)
    secrets = {entry["name"]: entry["valueFrom"] for entry in definition["secrets"]}
    assert set(secrets) == {"DATABASE_PASSWORD", "DATABASE_USER"}
    for value in secrets.values():
        assert value.startswith("arn:aws:secretsmanager:us-")
        assert ":secret:trading-database:" in value
    assert not {entry["name"] for entry in definition["environment"]} & set(secrets)


def test_logs_are_encrypted_and_an_order_never_waits_for_one(stack: Blueprint):
    options = container(stack)["logConfiguration"]["options"]
    assert options["mode"] == "non-blocking"
    assert names(options["awslogs-group"]) in (["services"], [])
    group = stack.one("aws:cloudwatch/logGroup:LogGroup", "services").properties
    assert names(group["kmsKeyId"]) == ["logs"]
    assert group["retentionInDays"] >= 365


def test_the_load_balancer_finds_the_tasks_once_it_listens(stack: Blueprint):
    service = stack.one(SERVICE, "services")
    (balancer,) = service.properties["loadBalancers"]
    assert balancer["containerPort"] == 8443
    assert names(balancer["targetGroupArn"]) == ["services"]
    listener = stack.one("aws:lb/listener:Listener", "api-https").urn
    assert listener in service.dependencies, "ECS refuses a target group that no load balancer uses"


@pytest.mark.parametrize(("fixture", "least"), [("primary", 4), ("dr", 0), ("dr_active", 4)])
def test_services_have_their_size(fixture: str, least: int, request: pytest.FixtureRequest):
    stack = request.getfixturevalue(fixture)
    target = stack.one(TARGET, "services").properties
    assert (target["minCapacity"], target["maxCapacity"]) == (least, 40)
    assert stack.one(SERVICE, "services").properties["desiredCount"] == least


def test_a_pilot_light_can_keep_some_tasks_hot():
    stack = record_dr(overrides={"serviceTasksMin": 2})
    assert stack.one(SERVICE, "services").properties["desiredCount"] == 2


def test_scaling_is_not_undone_by_a_deployment_but_a_takeover_starts_tasks(primary: Blueprint, dr_active: Blueprint):
    assert primary.one(SERVICE, "services").options["ignoreChanges"] == ["desiredCount"]
    assert "ignoreChanges" not in dr_active.one(SERVICE, "services").options


def test_services_grow_with_cpu(stack: Blueprint):
    configuration = stack.one(POLICY, "services-cpu").properties["targetTrackingScalingPolicyConfiguration"]
    assert configuration["predefinedMetricSpecification"]["predefinedMetricType"] == "ECSServiceAverageCPUUtilization"
    assert configuration["scaleOutCooldown"] < configuration["scaleInCooldown"]


def test_services_grow_with_what_waits_for_each_task(stack: Blueprint):
    configuration = stack.one(POLICY, "services-queue-depth").properties["targetTrackingScalingPolicyConfiguration"]
    metrics = {metric["id"]: metric for metric in configuration["customizedMetricSpecification"]["metrics"]}
    returned = [id_ for id_, metric in metrics.items() if metric["returnData"]]
    assert returned == ["depth"]
    queues = [id_ for id_ in metrics if id_.startswith("waiting")]
    assert len(queues) == 3, "one for the queue of each venue"
    for queue in queues:
        assert queue in metrics["depth"]["expression"]
        stat = metrics[queue]["metricStat"]["metric"]
        assert (stat["namespace"], stat["metricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    tasks = metrics["tasks"]["metricStat"]["metric"]
    assert (tasks["namespace"], tasks["metricName"]) == ("ECS/ContainerInsights", "RunningTaskCount")
    assert {dimension["name"] for dimension in tasks["dimensions"]} == {"ClusterName", "ServiceName"}


@pytest.mark.parametrize("role", ["services-execution", "services-task"])
def test_a_role_of_the_services_is_narrow(role: str, stack: Blueprint):
    policy = json.loads(stack.one(ROLE_POLICY, role).properties["policy"])
    everywhere = {statement["Sid"] for statement in policy["Statement"] if statement["Resource"] == "*"}
    assert everywhere <= {"LogInToRegistry", "PublishMetrics", "Trace"}, "only what has no resource is allowed on all"
    trust = json.loads(stack.one("aws:iam/role:Role", role).properties["assumeRolePolicy"])["Statement"][0]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


def test_a_digest_names_an_image_for_good():
    digest = f"sha256:{'0' * 64}"
    stack = record_primary({"serviceImageVersion": digest, "serviceImage": "registry.example/engine"})
    assert container(stack)["image"] == f"registry.example/engine@{digest}"
