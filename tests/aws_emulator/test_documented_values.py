"""Values that AWS documents as wrong are refused over HTTP, and the right value beside each passes every check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from aws_emulator.server import ACCOUNT_ID
from aws_emulator.store import Call
from aws_emulator.strict import compute, documented, messages, ports, resource_schemas, schedules, tags
from aws_emulator.strict.constraints import CONSTRAINTS
from aws_emulator.strict.requests import validator_of
from aws_emulator.strict.schedules import fault_of
from tests.aws_emulator.conftest import ClientFactory
from tests.aws_emulator.test_strict import unchecked

REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/desk"
Params = Mapping[str, Any]


def faults(service: str, operation: str, params: Params) -> list[str]:
    """What the service model and the constraints that ask no state of the account say of a request."""
    model = get_service_model(service).operation_model(operation)
    found: list[str] = []
    validate = validator_of(service, operation)
    if validate is not None:
        validate(params, "", found)
    call = Call(model, ACCOUNT_ID, REGION, params)
    for constraint in CONSTRAINTS:
        if constraint.service == service and operation in constraint.operations:
            reason = constraint.broken(call)
            if reason:
                found.append(f"{constraint.name}: {reason}")
    return found


def rule(protocol: str = "tcp", low: int | None = 443, high: int | None = 443) -> Params:
    given = {"IpProtocol": protocol, "FromPort": low, "ToPort": high, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    return {"GroupId": "sg-01234567", "IpPermissions": [{key: v for key, v in given.items() if v is not None}]}


def entry(number: int = 100, low: int | None = 443, high: int = 443) -> Params:
    ports = {} if low is None else {"PortRange": {"From": low, "To": high}}
    return {"NetworkAclId": "acl-01234567", "RuleNumber": number, "Protocol": "6", "RuleAction": "allow",
            "Egress": False, "CidrBlock": "10.0.0.0/16", **ports}  # fmt: skip


def template(name: str = "desk", **ebs: Any) -> Params:
    devices = {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": ebs}]} if ebs else {"InstanceType": "c5n.large"}
    return {"LaunchTemplateName": name, "LaunchTemplateData": devices}


def task(**given: Any) -> Params:
    container = {"name": "engine", "image": "engine", "essential": True,
                 "mountPoints": [{"sourceVolume": given.pop("mounts", "scratch"), "containerPath": "/tmp"}],
                 "portMappings": [{"containerPort": 8443, "hostPort": given.pop("host_port", 8443)}],
                 "dependsOn": [{"containerName": given.pop("after", "engine"), "condition": "START"}]}  # fmt: skip
    return {"family": "engine", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "1024",
            "memory": "2048", "containerDefinitions": [container], "volumes": [{"name": "scratch"}], **given}  # fmt: skip


def function(**given: Any) -> Params:
    return {"FunctionName": "desk", "Role": ROLE, "Runtime": "python3.13", "Handler": "index.handler", "Timeout": 900,
            "Code": {"ZipFile": b"x"}, **given}  # fmt: skip


def alarm(**given: Any) -> Params:
    return {"AlarmName": "lag", "MetricName": "Lag", "Namespace": "Trading", "Period": 60, "EvaluationPeriods": 15,
            "Statistic": "Maximum", "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold", **given}  # fmt: skip


def database(**given: Any) -> Params:
    return {"DBInstanceIdentifier": "trades", "Engine": "postgres", "EngineVersion": "17", "AllocatedStorage": 500,
            "DBInstanceClass": "db.r6g.2xlarge", "BackupRetentionPeriod": 35, "MasterUsername": "owner", **given}  # fmt: skip


def backups(**given: Any) -> Params:
    backup_rule = {"RuleName": "daily", "TargetBackupVaultName": "vault", "StartWindowMinutes": 60,
                   "CompletionWindowMinutes": 360, "ScheduleExpression": "cron(0 1 2-31 * ? *)",
                   "Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 2192}, **given}  # fmt: skip
    return {"BackupPlan": {"BackupPlanName": "daily", "Rules": [backup_rule]}}


def queue(name: str = "orders", **attributes: str) -> Params:
    return {"QueueName": name, "Attributes": {"DelaySeconds": "0", "VisibilityTimeout": "30", **attributes}}


def lifecycle(days: int = 30, expires: int = 400, **more: Any) -> Params:
    a_rule = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": ""},
              "Transitions": [{"Days": days, "StorageClass": "STANDARD_IA"}], "Expiration": {"Days": expires}, **more}  # fmt: skip
    return {"Bucket": "desk-logs", "LifecycleConfiguration": {"Rules": [a_rule]}}


def noncurrent(days: int) -> Params:
    return lifecycle(NoncurrentVersionTransitions=[{"NoncurrentDays": days, "StorageClass": "ONEZONE_IA"}])


def balancer(**given: Any) -> Params:
    return {"Name": "trading-primary-api", "Type": "application", "Subnets": ["subnet-1", "subnet-2"], **given}


def target_group(**given: Any) -> Params:
    return {"Name": "api", "Protocol": "HTTPS", "Port": 8443, "VpcId": "vpc-1", "TargetType": "ip", **given}


def a_rule(expression: str) -> Params:
    return {"Name": "desk", "ScheduleExpression": expression}


def schedule(expression: str) -> Params:
    target = {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:desk", "RoleArn": ROLE}
    return {"Name": "desk", "ScheduleExpression": expression, "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}


def scaling(expression: str) -> Params:
    return {"ServiceNamespace": "ecs", "ScheduledActionName": "open", "ResourceId": "service/trading/engine",
            "ScalableDimension": "ecs:service:DesiredCount", "Schedule": expression}  # fmt: skip


def topic(**attributes: str) -> Params:
    return {"Name": "desk", "Attributes": attributes}


def attribute(name: str, value: str) -> Params:
    return {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:desk", "AttributeName": name, "AttributeValue": value}


def parameter(size: int, **given: Any) -> Params:
    return {"Name": "/trading/desk", "Value": "x" * size, "Type": "String", **given}


def table(name: str) -> Params:
    return {"TableName": name, "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}  # fmt: skip


# Service, operation, a request that AWS takes, and requests that it refuses.
CASES: list[tuple[str, str, Params, list[Params]]] = [
    ("ec2", "AuthorizeSecurityGroupIngress", rule(),
     [rule(low=443, high=70_000), rule(low=444, high=443), rule(low=None, high=None), rule("icmp", 300, 0)]),
    ("ec2", "AuthorizeSecurityGroupEgress", rule("-1", None, None), [rule("udp", 70_000, 70_000)]),
    ("ec2", "CreateSecurityGroup", {"GroupName": "trading-primary-engines", "Description": "d", "VpcId": "vpc-1"},
     [{"GroupName": name, "Description": "d", "VpcId": "vpc-1"} for name in ("sg-abc", "a" * 256, "ä")]),
    ("ec2", "CreateNetworkAclEntry", entry(),
     [entry(40_000), entry(0), entry(low=None), entry(low=9, high=8), entry(low=1, high=70_000)]),
    ("ec2", "CreateNetworkAclEntry", {**entry(low=None), "Protocol": "-1"}, [{**entry(low=None), "Protocol": "1"}]),
    ("ec2", "CreateLaunchTemplate", template(VolumeType="gp3", VolumeSize=64, Iops=3000, Throughput=125),
     [template("ab"), template("desk!"), template(VolumeType="gp3", VolumeSize=1, Iops=50_000),
      template(VolumeType="gp3", VolumeSize=64, Iops=2999), template(VolumeType="gp3", VolumeSize=64, Throughput=900)]),
    ("ec2", "CreateVolume", {"VolumeType": "gp3", "Size": 500, "Iops": 12_000, "AvailabilityZone": "us-east-1a"},
     [{"VolumeType": "gp3", "Size": 1, "Iops": 50_000, "AvailabilityZone": "us-east-1a"}]),
    ("ecs", "RegisterTaskDefinition", task(),
     [task(cpu="300"), task(cpu="256", memory="8192"), task(networkMode="bridge"), task(mounts="nowhere"),
      task(host_port=443), task(after="nobody")]),
    ("lambda", "CreateFunction", function(Environment={"Variables": {"LEVEL": "INFO"}}),
     [function(Environment={"Variables": {"AWS_REGION": "x"}}), function(Runtime="python3.6"), function(Timeout=1000)]),
    ("lambda", "UpdateFunctionConfiguration", {"FunctionName": "desk", "Timeout": 3},
     [{"FunctionName": "desk", "Timeout": 901}, {"FunctionName": "desk", "Runtime": "python2.7"}]),
    ("events", "PutRule", a_rule("rate(1 hour)"),
     [a_rule("rate(1 hours)"), a_rule("rate(2 hour)"), a_rule("cron(0 12 * * *)"), a_rule("cron(0 12 * * * *)"),
      a_rule("every day"), a_rule("at(2026-01-01T00:00:00)"), a_rule("cron(0 25 * * ? *)")]),
    ("scheduler", "CreateSchedule", schedule("at(2027-01-01T00:00:00)"),
     [schedule("rate(1 minutes)"), schedule("at(tomorrow)")]),
    ("application-autoscaling", "PutScheduledAction", scaling("cron(0 13 ? * MON-FRI *)"), [scaling("cron(0 13 * * *)")]),
    ("logs", "PutRetentionPolicy", {"logGroupName": "g", "retentionInDays": 400},
     [{"logGroupName": "g", "retentionInDays": 42}]),
    ("cloudwatch", "PutMetricAlarm", alarm(),
     [alarm(Period=7), alarm(Period=90), alarm(Period=3600, EvaluationPeriods=400), alarm(EvaluationPeriods=1441)]),
    ("cloudwatch", "PutMetricAlarm", alarm(Period=10, EvaluationPeriods=3), []),
    ("cloudwatch", "PutMetricAlarm", alarm(Period=86_400, EvaluationPeriods=1), []),
    ("rds", "CreateDBInstance", database(),
     [database(EngineVersion="99.1"), database(DBInstanceClass="db.zz.large"), database(BackupRetentionPeriod=50)]),
    ("rds", "ModifyDBInstance", {"DBInstanceIdentifier": "trades", "BackupRetentionPeriod": 0},
     [{"DBInstanceIdentifier": "trades", "BackupRetentionPeriod": 50},
      {"DBInstanceIdentifier": "trades", "PerformanceInsightsRetentionPeriod": 8}]),
    ("backup", "CreateBackupPlan", backups(),
     [backups(StartWindowMinutes=10), backups(ScheduleExpression="every day"), backups(CompletionWindowMinutes=90),
      backups(Lifecycle={"MoveToColdStorageAfterDays": 10, "DeleteAfterDays": 20}),
      backups(CopyActions=[{"DestinationBackupVaultArn": f"arn:aws:backup:us-west-2:{ACCOUNT_ID}:backup-vault:v",
                            "Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 100}}])]),
    ("sqs", "CreateQueue", queue(),
     [queue(DelaySeconds="9999"), queue(VisibilityTimeout="99999"), queue(FifoThroughputLimit="perQueue"),
      queue(FifoQueue="true"), queue("orders.fifo"), queue(RedrivePolicy="{}"), queue(DelaySeconds="soon"),
      queue(RedrivePolicy='{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:d","maxReceiveCount":5000}')]),
    ("sqs", "CreateQueue", queue("orders.fifo", FifoQueue="true", DeduplicationScope="messageGroup"), []),
    ("sns", "CreateTopic", topic(SignatureVersion="2", SQSSuccessFeedbackSampleRate="10"),
     [topic(SignatureVersion="3"),
      *(topic(**{f"{name}SuccessFeedbackSampleRate": "200"}) for name in ("HTTP", "SQS", "Lambda", "Firehose"))]),
    ("sns", "SetTopicAttributes", attribute("SignatureVersion", "2"),
     [attribute("SignatureVersion", "3"), attribute("HTTPSuccessFeedbackSampleRate", "200")]),
    ("kms", "ScheduleKeyDeletion", {"KeyId": "k", "PendingWindowInDays": 30}, [{"KeyId": "k", "PendingWindowInDays": 3}]),
    ("kms", "CreateAlias", {"AliasName": "alias/trading-primary", "TargetKeyId": "k"},
     [{"AliasName": name, "TargetKeyId": "k"} for name in ("alias/aws/x", "trading")]),
    ("s3", "CreateBucket", {"Bucket": "trading-primary-trades-123456789012"},
     [{"Bucket": name} for name in ("Abc_D", "ab", "a..b", "-ab", "a" * 64)]),
    ("s3", "PutBucketLifecycleConfiguration", lifecycle(), [lifecycle(days=10), lifecycle(expires=20), noncurrent(5)]),
    ("s3", "PutBucketLifecycleConfiguration", noncurrent(30), []),
    ("elbv2", "CreateLoadBalancer", balancer(),
     [balancer(Name="a" * 40), balancer(Name="-api"), balancer(Name="internal-api"), balancer(Subnets=["subnet-1"])]),
    ("elbv2", "CreateLoadBalancer", balancer(Type="network", Subnets=["subnet-1"]), []),
    ("elbv2", "CreateTargetGroup", target_group(),
     [target_group(Name="a" * 33), target_group(TargetType="lambda")]),
    ("eks", "UpdateClusterVersion", {"name": "c", "version": "1.35"}, [{"name": "c", "version": "1.99"}]),
    ("secretsmanager", "CreateSecret", {"Name": "trading/database"}, [{"Name": "a b#"}]),
    ("ssm", "PutParameter", parameter(4096),
     [parameter(5000), parameter(10, Name="/aws/desk"), parameter(10, Name="SSM-desk"), parameter(10, Name="a b")]),
    ("ssm", "PutParameter", parameter(5000, Tier="Advanced"), [parameter(9000, Tier="Advanced")]),
    ("elasticache", "CreateReplicationGroup",
     {"ReplicationGroupId": "cache", "ReplicationGroupDescription": "d", "ReplicasPerNodeGroup": 2},
     [{"ReplicationGroupId": "cache", "ReplicationGroupDescription": "d", "ReplicasPerNodeGroup": 9}]),
    ("kinesis", "CreateStream", {"StreamName": "orders", "ShardCount": 13}, [{"StreamName": "orders", "ShardCount": 100_001}]),
    ("dynamodb", "CreateTable", table("trading-orders"), [table("ab"), table("a b")]),
]  # fmt: skip
REFUSED = [(service, operation, params) for service, operation, _, wrong in CASES for params in wrong]


@pytest.mark.parametrize(("service", "operation", "params"), [case[:3] for case in CASES])
def test_what_aws_takes_passes_every_check(service: str, operation: str, params: Params) -> None:
    """A rule that refuses its own right value is no rule of AWS."""
    assert faults(service, operation, params) == []


@pytest.mark.parametrize(("service", "operation", "params"), REFUSED)
def test_what_aws_documents_as_wrong_is_refused(
    client: ClientFactory, service: str, operation: str, params: Params
) -> None:
    """Over HTTP, with an error code and a sentence; moto accepts each of these requests."""
    made = unchecked(client(service))
    with pytest.raises(ClientError) as refused:
        made._make_api_call(operation, dict(params))
    error = refused.value.response["Error"]
    assert any(fault.partition(": ")[2] in error["Message"] or fault in error["Message"]
               for fault in faults(service, operation, params)), error  # fmt: skip


STATELESS = (documented, resource_schemas, ports, compute, messages, schedules)
# Asked in other tests, with what exists in the account.
OF_STATE = {"a cluster's subnets stand in two zones", "targets of a rule"}


def test_each_rule_refuses_something() -> None:
    """A rule without a refused request could be no check at all."""
    unrefused = {
        constraint.name
        for module in STATELESS
        for constraint in module.CONSTRAINTS
        if not any(
            constraint.service == service
            and operation in constraint.operations
            and constraint.broken(
                Call(get_service_model(service).operation_model(operation), ACCOUNT_ID, REGION, params)
            )
            for service, operation, params in REFUSED
        )
    }
    assert unrefused - OF_STATE == set()


def test_a_rule_has_five_targets(client: ClientFactory) -> None:
    """In one request and in two; a target that is written again counts once."""
    events = client("events")
    events.put_rule(Name="of-five", ScheduleExpression="rate(1 day)")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:desk"
    five = [{"Id": str(number), "Arn": arn} for number in range(5)]
    events.put_targets(Rule="of-five", Targets=five)
    events.put_targets(Rule="of-five", Targets=five[:1])
    with pytest.raises(ClientError, match="LimitExceededException"):
        events.put_targets(Rule="of-five", Targets=[{"Id": "sixth", "Arn": arn}])


def test_a_cluster_needs_subnets_in_two_zones_and_a_version_of_eks(client: ClientFactory) -> None:
    """One zone is refused, and so is a version that EKS does not have."""
    ec2, eks = client("ec2"), client("eks")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
    wanted = {"name": "desk", "roleArn": ROLE, "resourcesVpcConfig": {"subnetIds": subnets}, "version": "1.35"}
    for wrong in ({"resourcesVpcConfig": {"subnetIds": subnets[:1]}}, {"version": "1.99"}):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            eks.create_cluster(**wanted | wrong)
    eks.create_cluster(**wanted)


@pytest.mark.parametrize(
    ("service_name", "accepted"),
    [
        ("com.amazonaws.us-east-1.ecr.dkr", True),
        ("com.amazonaws.us-east-1.kinesis-streams", True),
        ("com.amazonaws.us-east-1.logs", True),
        ("com.amazonaws.us-east-1.nosuch", False),
        ("com.amazonaws.us-west-2.logs", False),
        ("com.example.logs", False),
    ],
)
def test_an_endpoint_is_for_a_service_of_its_region(
    client: ClientFactory, service_name: str, accepted: bool
) -> None:
    """A name that no service of AWS has, or that is of another region, is refused."""
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    wanted = {"VpcId": vpc, "ServiceName": service_name, "VpcEndpointType": "Interface"}
    if accepted:
        ec2.delete_vpc_endpoints(VpcEndpointIds=[ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]["VpcEndpointId"]])
    else:
        with pytest.raises(ClientError, match="InvalidServiceName"):
            ec2.create_vpc_endpoint(**wanted)


@pytest.mark.parametrize(
    "expression",
    ["rate(5 minutes)", "rate(1 day)", "cron(0 6 ? * SUN *)", "cron(0 1 2-31 * ? *)", "cron(0/15 8-18 ? * MON-FRI *)",
     "cron(0 9 ? * 2#1 *)", "cron(0 8 L * ? *)", "cron(0 8 15W * ? *)", "cron(0 10 ? * 6L 2026-2030)"],
)  # fmt: skip
def test_schedules_of_the_documentation_are_valid(expression: str) -> None:
    """The forms that the EventBridge User Guide shows."""
    assert fault_of(expression, ("rate", "cron")) is None


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [("Desk", "x" * 256, True), ("aws:foo", "x", False), ("Desk", "x" * 300, False), ("k" * 129, "x", False)],
)
@pytest.mark.parametrize(
    ("service", "operation", "tagged"),
    [
        ("ec2", "CreateTags", lambda key, value: {"Resources": ["vpc-1"], "Tags": [{"Key": key, "Value": value}]}),
        ("ec2", "CreateVpc", lambda key, value: {
            "CidrBlock": "10.0.0.0/16",
            "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": key, "Value": value}]}]}),
        ("sqs", "CreateQueue", lambda key, value: {"QueueName": "q", "tags": {key: value}}),
        ("kms", "TagResource", lambda key, value: {"KeyId": "k", "Tags": [{"TagKey": key, "TagValue": value}]}),
        ("s3", "PutBucketTagging", lambda key, value: {
            "Bucket": "desk", "Tagging": {"TagSet": [{"Key": key, "Value": value}]}}),
        ("rds", "AddTagsToResource", lambda key, value: {"ResourceName": "a", "Tags": [{"Key": key, "Value": value}]}),
        ("lambda", "TagResource", lambda key, value: {"Resource": "arn", "Tags": {key: value}}),
    ],
)  # fmt: skip
def test_tags_of_every_form_have_awss_limits(
    service: str, operation: str, tagged: Callable[[str, str], Params], key: str, value: str, accepted: bool
) -> None:
    """A list of pairs, a map, specifications of tags and S3's own form, under each name of the members."""
    assert get_service_model(service).operation_model(operation).input_shape.members.keys() >= tagged(key, value).keys()
    assert (tags.fault_of(tagged(key, value)) is None) == accepted


def test_reserved_tags_are_refused_over_http(client: ClientFactory) -> None:
    """With the code of the service."""
    vpc = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*reserved for internal use"):
        client("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "aws:foo", "Value": "x"}])
