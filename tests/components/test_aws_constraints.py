"""What AWS refuses, or accepts and carries out differently: each test names the fact and where AWS documents it."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from blueprint import Blueprint, record_primary
from components.network.aws_buckets import patch_buckets
from components.network.flows import Flow, Group, Outside
from components.settings import REGIONS

INSTANCE = "aws:rds/instance:Instance"


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def _statements(stack: Blueprint, type_: str, name: str, key: str = "policy") -> list[dict[str, Any]]:
    return json.loads(stack.one(type_, name).properties[key])["Statement"]


def _policy(stack: Blueprint, role: str) -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for each in _statements(stack, "aws:iam/rolePolicy:RolePolicy", role)}


def test_descriptions_of_groups_and_rules_are_of_the_letters_that_ec2_takes(stack: Blueprint):
    """EC2 API Reference, IpRange and CreateSecurityGroup: an apostrophe is refused, for one."""
    taken = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
    for resource in stack.resources:
        if resource.type.startswith(("aws:vpc/securityGroup", "aws:ec2/securityGroup")):
            description = resource.properties.get("description")
            assert description is None or taken.fullmatch(description), f"{resource.name}: {description}"


@pytest.mark.parametrize("why", ["Each region's monitoring", "Größe", "a > b", "x" * 256, ""])
def test_a_flow_with_a_description_that_ec2_refuses_cannot_be_written(why: str):
    with pytest.raises(ValueError, match="reword it"):
        Flow(Outside("x", cidr="10.0.0.0/8"), Group.SERVICES, 443, why)


def test_a_refresh_is_not_rolled_back_to_an_image_that_is_a_parameter(stack: Blueprint):
    """Auto Scaling API Reference, RollbackInstanceRefresh: not where the image is an SSM parameter."""
    images = {
        each.properties["imageId"]
        for each in stack.of_type("aws:ec2/launchTemplate:LaunchTemplate")
        if "imageId" in each.properties
    }
    assert all(image.startswith("resolve:ssm:") for image in images)
    for group in stack.of_type("aws:autoscaling/group:Group"):
        assert not group.properties["instanceRefresh"]["preferences"]["autoRollback"]


def test_flow_logs_may_be_written_where_hive_prefixes_put_them(stack: Blueprint):
    """VPC User Guide, "Flow log files": with Hive-compatible prefixes, below AWSLogs/aws-account-id=<account>/."""
    (log,) = (
        each for each in stack.of_type("aws:ec2/flowLog:FlowLog") if each.properties["logDestinationType"] == "s3"
    )
    assert log.properties["destinationOptions"]["hiveCompatiblePartitions"]
    policy = {each["Sid"]: each for each in _statements(stack, "aws:s3/bucketPolicy:BucketPolicy", "logs")}
    assert policy["FlowLogsWrite"]["Resource"].endswith("/flow-logs/AWSLogs/aws-account-id=123456789012/*")


def test_patching_reaches_hosts_and_hosts_reach_the_buckets_of_patching(stack: Blueprint):
    """Systems Manager User Guide, "Reference: Amazon S3 buckets for patching operations": documents are fetched from a
    bucket whose name ends in a suffix of the region."""
    region = "us-east-1" if stack.stack == "primary" else "us-west-2"
    arns = {f"arn:aws:s3:::{bucket}/*" for bucket in patch_buckets(region)}
    endpoint = json.loads(stack.one("aws:ec2/vpcEndpoint:VpcEndpoint", "s3").properties["policy"])["Statement"]
    assert arns <= {arn for each in endpoint if isinstance(each["Resource"], list) for arn in each["Resource"]}
    assert arns <= {*_policy(stack, "engine")["ReadPatches"]["Resource"]}


def test_the_buckets_of_patching_are_known_in_every_region_of_the_platform():
    names = [name for region in REGIONS for name in patch_buckets(region)]
    assert len(names) == len({*names}) == 2 * len(REGIONS)


def test_operators_keep_to_their_own_sessions_as_a_role(stack: Blueprint):
    """Systems Manager User Guide, "Sample IAM policies for Session Manager": `aws:username` is of users alone."""
    policy = _policy(stack, "operator")
    own = policy["KeepToOwnSessions"]
    assert own["Resource"].endswith("session/${aws:userid}-*")
    assert "ssmmessages:OpenDataChannel" in own["Action"]
    documents = policy["OpenSessionsWithDocuments"]["Resource"]
    assert any(document.endswith("document/SSM-SessionManagerRunShell") for document in documents)


def test_the_execution_role_pulls_the_agent_of_guardduty(stack: Blueprint):
    """GuardDuty User Guide, "Prerequisites for AWS Fargate (Amazon ECS only) support"."""
    pulled = _policy(stack, "services-execution")["PullGuardDutyAgent"]
    assert pulled["Resource"].endswith(":repository/aws-guardduty-agent-fargate")
    assert {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"} == {*pulled["Action"]}


def test_eventbridge_makes_log_streams_without_a_condition(stack: Blueprint):
    """EventBridge User Guide, "Using resource-based policies": the source belongs to PutLogEvents alone; streams are
    made on nobody's behalf (aws-samples/serverless-patterns, pull request 618)."""
    document = json.loads(
        stack.one("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", "events").properties["policyDocument"]
    )
    for statement in document["Statement"]:
        assert ("Condition" in statement) == (statement["Action"] == "logs:PutLogEvents"), statement["Sid"]
    assert {each["Action"] for each in document["Statement"]} == {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_sns_may_make_the_group_of_its_delivery_status(stack: Blueprint):
    """SNS Developer Guide, "Prerequisites for message delivery status"."""
    (statement,) = _policy(stack, "sns-delivery-status").values()
    assert "logs:CreateLogGroup" in statement["Action"]


def test_the_reader_grows_as_its_source_does(primary: Blueprint, dr_active: Blueprint):
    """RDS User Guide, "Managing capacity automatically with storage autoscaling": a replica has a limit of its own."""
    for stack in (primary, dr_active):
        limits = {each.name: each.properties.get("maxAllocatedStorage") for each in stack.of_type(INSTANCE)}
        assert limits == {"trade-history": 2000, "trade-history-reader": 2000}


def test_the_database_does_not_ask_back_for_a_minor_version_that_rds_has_retired(primary: Blueprint):
    """A major version alone matches each of its minor versions (AWS provider, `engine_version`); RDS upgrades from a
    minor version at the end of its standard support."""
    assert primary.one(INSTANCE, "trade-history").properties["engineVersion"] == "17"


@pytest.mark.parametrize("service", ["autoscaling", "config"])
def test_each_service_linked_role_is_made_or_found_by_itself(service: str):
    """IAM API Reference, CreateServiceLinkedRole: there is one for each service, and a second is refused."""
    key = {"autoscaling": "createAutoscalingRole", "config": "createConfigRole"}[service]
    made = {each.name for each in record_primary({key: "false"}).of_type("aws:iam/serviceLinkedRole:ServiceLinkedRole")}
    assert made == {"autoscaling", "config"} - {service}


def test_a_backup_that_never_starts_is_reported(stack: Blueprint):
    """AWS Backup API Reference, BackupJob, State: a job that is not started within its window is EXPIRED."""
    rule = stack.one("aws:cloudwatch/eventRule:EventRule", "backup-not-made").properties
    assert set(json.loads(rule["eventPattern"])["detail"]["state"]) == {"FAILED", "EXPIRED", "ABORTED"}


def test_a_fleet_of_an_image_without_an_engine_is_judged_by_ec2(primary: Blueprint):
    """Nothing answers on the FIX port of Amazon's own image: by the load balancer's check, hosts are replaced for ever
    (Auto Scaling User Guide, "Health checks for instances in an Auto Scaling group")."""
    with_engine = record_primary({"engineImageParameter": "/images/engine"})
    for stack, expected in ((primary, "EC2"), (with_engine, "ELB")):
        assert stack.one("aws:autoscaling/group:Group", "engines").properties["healthCheckType"] == expected


def test_a_region_is_bootstrapped_without_images_and_from_outside_its_vpc():
    """A service whose image does not exist fails its deployment (ECS API Reference, DeploymentCircuitBreaker), and a
    private API of Kubernetes is not reached from outside the VPC."""
    stack = record_primary({"bootstrap": "true"})
    assert not stack.of_type("aws:ecs/service:Service", "aws:appautoscaling/target:Target")
    assert not [each for each in stack.resources if each.type.startswith("kubernetes:")]
    assert stack.one("aws:ecs/taskDefinition:TaskDefinition", "services")


def test_records_of_certificates_and_name_servers_are_logged_while_the_update_waits(caplog: pytest.LogCaptureFixture):
    """Outputs are shown when an update has ended, and ACM's validation lasts until the records are there (AWS provider,
    aws_acm_certificate_validation, default timeout 75 minutes)."""
    caplog.set_level(logging.INFO)
    record_primary({"dnsZoneId": ""})
    messages = [record.getMessage() for record in caplog.records]
    records = [message for message in messages if "create the DNS record" in message]
    assert any("api.trading.example" in record for record in records), messages
    assert any(message.startswith("zone trading.example: delegate it to") for message in messages), messages


def test_zones_can_be_named_by_id():
    """us-east-1a is another place in each account, and one of them serves no EKS: an id is the same place for all (EC2
    User Guide, "Availability Zone IDs"; EKS API Reference, CreateCluster, UnsupportedAvailabilityZoneException)."""
    stack = record_primary({"availabilityZones": json.dumps(["use1-az1", "use1-az4", "use1-az6"])})
    subnets = [each.properties for each in stack.of_type("aws:ec2/subnet:Subnet")]
    assert {each["availabilityZoneId"] for each in subnets} == {"use1-az1", "use1-az4", "use1-az6"}
    assert not any("availabilityZone" in each for each in subnets)
    reserved = stack.one("aws:ec2/capacityReservation:CapacityReservation", "engines").properties["availabilityZone"]
    assert "app-use1-az1#availabilityZone}" in reserved
