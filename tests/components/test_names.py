"""Names at their longest fit what AWS takes: every name of a recorded graph is held against the model of its service.

The models are botocore's: the shape of the member that carries the name in the call which makes the resource.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
import regex
from botocore.model import StringShape

from blueprint import Blueprint, Resource, record_dr, record_primary

# Everything of the settings that becomes part of a name, at its longest.
LONGEST = {
    "namePrefix": "abcdefghijkl",
    "instrumentClasses": ["c" * 20],
    "apiClients": ["c" * 31],
    "orderConsumers": ["c" * 41],
    "marketDataConsumers": ["c" * 41],
    "cacheEnabled": "true",
    "trustedPrincipals": [f"arn:aws:iam::314159265358:role/{number:02d}{'r' * 62}" for number in range(9)],
    "githubRepository": f"{'o' * 39}/{'r' * 100}",
}
# Resource, property, and the member of a call of botocore's models; `!` instead of a model is a documented limit, where
# the model has none.
_MEMBERS: tuple[tuple[str, str, str], ...] = (
    ("accessanalyzer/analyzer", "analyzerName", "accessanalyzer.CreateAnalyzer.analyzerName"),
    ("appautoscaling/policy", "name", "application-autoscaling.PutScalingPolicy.PolicyName"),
    ("appautoscaling/target", "resourceId", "application-autoscaling.RegisterScalableTarget.ResourceId"),
    ("autoscaling/group", "name", "autoscaling.CreateAutoScalingGroup.AutoScalingGroupName"),
    ("autoscaling/policy", "name", "autoscaling.PutScalingPolicy.PolicyName"),
    ("backup/selection", "name", "backup.CreateBackupSelection.BackupSelection.SelectionName"),
    ("backup/vault", "name", "backup.CreateBackupVault.BackupVaultName"),
    ("budgets/budget", "name", "budgets.CreateBudget.Budget.BudgetName"),
    ("cfg/conformancePack", "name", "config.PutConformancePack.ConformancePackName"),
    ("cfg/recorder", "name", "config.PutConfigurationRecorder.ConfigurationRecorder.name"),
    ("cfg/rule", "name", "config.PutConfigRule.ConfigRule.ConfigRuleName"),
    ("cloudwatch/compositeAlarm", "alarmName", "cloudwatch.PutCompositeAlarm.AlarmName"),
    ("cloudwatch/eventArchive", "name", "events.CreateArchive.ArchiveName"),
    ("cloudwatch/eventBus", "name", "events.CreateEventBus.Name"),
    ("cloudwatch/eventRule", "name", "events.PutRule.Name"),
    ("cloudwatch/eventTarget", "targetId", "events.PutTargets.Targets.Id"),
    ("cloudwatch/logGroup", "name", "logs.CreateLogGroup.logGroupName"),
    ("cloudwatch/logMetricFilter", "name", "logs.PutMetricFilter.filterName"),
    ("cloudwatch/logStream", "name", "logs.CreateLogStream.logStreamName"),
    ("cloudwatch/metricAlarm", "name", "cloudwatch.PutMetricAlarm.AlarmName"),
    ("codebuild/project", "name", "codebuild.CreateProject.name"),
    ("codecommit/repository", "repositoryName", "codecommit.CreateRepository.repositoryName"),
    ("codepipeline/pipeline", "name", "codepipeline.CreatePipeline.pipeline.name"),
    ("costexplorer/anomalyMonitor", "name", "ce.CreateAnomalyMonitor.AnomalyMonitor.MonitorName"),
    ("costexplorer/anomalySubscription", "name", "ce.CreateAnomalySubscription.AnomalySubscription.SubscriptionName"),
    ("dynamodb/table", "name", "dynamodb.CreateTable.TableName"),
    ("ecr/repository", "name", "ecr.CreateRepository.repositoryName"),
    ("eks/cluster", "name", "eks.CreateCluster.name"),
    ("iam/instanceProfile", "name", "iam.CreateInstanceProfile.InstanceProfileName"),
    ("iam/policy", "name", "iam.CreatePolicy.PolicyName"),
    ("iam/role", "name", "iam.CreateRole.RoleName"),
    ("iam/rolePolicy", "name", "iam.PutRolePolicy.PolicyName"),
    ("kinesis/firehoseDeliveryStream", "name", "firehose.CreateDeliveryStream.DeliveryStreamName"),
    ("kinesis/stream", "name", "kinesis.CreateStream.StreamName"),
    ("kinesis/streamConsumer", "name", "kinesis.RegisterStreamConsumer.ConsumerName"),
    ("kms/alias", "name", "kms.CreateAlias.AliasName"),
    ("lambda/alias", "name", "lambda.CreateAlias.Name"),
    ("lambda/function", "name", "lambda.CreateFunction.FunctionName"),
    ("scheduler/schedule", "name", "scheduler.CreateSchedule.Name"),
    ("scheduler/scheduleGroup", "name", "scheduler.CreateScheduleGroup.Name"),
    ("secretsmanager/secret", "name", "secretsmanager.CreateSecret.Name"),
    ("ssm/maintenanceWindow", "name", "ssm.CreateMaintenanceWindow.Name"),
    ("ssm/maintenanceWindowTarget", "name", "ssm.RegisterTargetWithMaintenanceWindow.Name"),
    ("ssm/maintenanceWindowTask", "name", "ssm.RegisterTaskWithMaintenanceWindow.Name"),
    ("ssm/patchBaseline", "name", "ssm.CreatePatchBaseline.Name"),
    ("wafv2/webAcl", "name", "wafv2.CreateWebACL.Name"),
    ("wafv2/ipSet", "name", "wafv2.CreateIPSet.Name"),
    ("xray/group", "groupName", "xray.CreateGroup.GroupName"),
    ("xray/samplingRule", "ruleName", "xray.CreateSamplingRule.SamplingRule.RuleName"),
    ("xray/samplingRule", "serviceName", "xray.CreateSamplingRule.SamplingRule.ServiceName"),
    # Elastic Load Balancing API Reference, CreateLoadBalancer and CreateTargetGroup, `Name`.
    ("lb/loadBalancer", "name", r"!(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?"),
    ("lb/targetGroup", "name", r"![A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?"),
    # Amazon S3 User Guide, "General purpose bucket naming rules".
    ("s3/bucket", "bucket", r"!(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    # Amazon RDS API Reference, CreateDBInstance, CreateDBParameterGroup, CreateDBSubnetGroup.
    ("rds/instance", "identifier", r"!(?!.*--)[a-z][a-z0-9-]{0,61}[a-z0-9]"),
    ("rds/instance", "finalSnapshotIdentifier", r"!(?!.*--)[A-Za-z][A-Za-z0-9-]{0,253}[A-Za-z0-9]"),
    ("rds/parameterGroup", "name", r"!(?!.*--)[a-z][a-z0-9-]{0,253}[a-z0-9]"),
    ("rds/subnetGroup", "name", r"![a-z0-9._ -]{1,255}"),
    # Amazon ElastiCache API Reference, CreateReplicationGroup, CreateUser, CreateCacheSubnetGroup.
    ("elasticache/replicationGroup", "replicationGroupId", r"!(?!.*--)[a-z][a-z0-9-]{0,38}[a-z0-9]"),
    ("elasticache/user", "userId", r"![a-zA-Z][a-zA-Z0-9-]{0,119}"),
    ("elasticache/userGroup", "userGroupId", r"![a-zA-Z][a-zA-Z0-9-]{0,119}"),
    ("elasticache/subnetGroup", "name", r"![a-z0-9-]{1,255}"),
    ("elasticache/parameterGroup", "name", r"!(?!.*--)[a-z][a-z0-9-]{0,253}[a-z0-9]"),
    # Amazon SQS and SNS API References, CreateQueue and CreateTopic.
    ("sqs/queue", "name", r"![A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo"),
    ("sns/topic", "name", r"![A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo"),
    # Amazon EKS API Reference, CreateNodegroup.
    ("eks/nodeGroup", "nodeGroupName", r"![A-Za-z0-9][A-Za-z0-9_-]{0,62}"),
    # Amazon ECS API Reference, CreateCluster, CreateService, RegisterTaskDefinition.
    *((f"ecs/{kind}", key, r"![A-Za-z0-9_-]{1,255}")
      for kind, key in (("cluster", "name"), ("service", "name"), ("taskDefinition", "family"))),
    # Amazon EC2 API Reference, CreateSecurityGroup, CreatePlacementGroup and CreateLaunchTemplate.
    ("ec2/launchTemplate", "name", r"![A-Za-z0-9()./_-]{3,128}"),
    ("ec2/securityGroup", "name", r"!(?!sg-)[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}"),
    ("ec2/placementGroup", "name", r"![\x20-\x7e]{1,255}"),
    # CloudTrail and CloudWatch API References, CreateTrail and PutDashboard.
    ("cloudtrail/trail", "name", r"![A-Za-z0-9](?:[A-Za-z0-9._-]{1,126}[A-Za-z0-9])"),
    ("cloudwatch/dashboard", "dashboardName", r"![A-Za-z0-9_-]{1,255}"),
    # API Gateway: names have 1,024 characters at most (API Gateway quotas for REST APIs).
    *((f"apigateway/{kind}", "name", r"![\x20-\x7e]{1,1024}") for kind in ("apiKey", "restApi", "usagePlan")),
    # AWS Backup API Reference, BackupPlanInput; Direct Connect API Reference, CreateDirectConnectGateway.
    ("backup/plan", "name", r"![A-Za-z0-9_.-]{1,50}"),
    ("directconnect/gateway", "name", r"![\w \-/]{1,200}"),
    ("xray/resourcePolicy", "policyName", r"![\w+=,.@-]{1,128}"),
    ("cloudwatch/logResourcePolicy", "policyName", r"![\x20-\x7e]{1,255}"),
)  # fmt: skip
# Names that AWS gives, and those of things that another resource names.
_OTHERS = frozenset(
    ("acm/certificate", "apigateway/basePathMapping", "apigateway/domainName", "apigateway/methodSettings",
     "apigateway/stage", "backup/vaultLockConfiguration", "cfg/deliveryChannel", "cfg/recorderStatus",
     "cloudwatch/eventBusPolicy", "eks/addon", "eks/podIdentityAssociation", "guardduty/detectorFeature",
     "lambda/functionEventInvokeConfig", "route53/record", "route53/zone", "s3/accountPublicAccessBlock")
)  # fmt: skip
# Settings of a bucket, each of which names it.
_OF_A_BUCKET = re.compile(r"s3/bucket[A-Z]\w+")
_NAMES = ("name", "bucket", "identifier", "family", "analyzerName", "alarmName", "dashboardName", "groupName")


@pytest.fixture(scope="module")
def longest() -> list[Blueprint]:
    """Both stacks with the longest names; the recovery region has taken over, so that it has everything."""
    primary = record_primary(LONGEST)
    return [primary, record_dr(primary, active=True, overrides=LONGEST)]


def _kind(resource: Resource) -> str:
    return resource.type.removeprefix("aws:").partition(":")[0]


def test_every_name_at_its_longest_is_one_that_aws_takes(longest: list[Blueprint]):
    wrong = [
        f"{resource.urn}: {key} = {value!r} is not {what}"
        for graph in longest
        for resource in graph.resources
        for kind, key, member in _MEMBERS
        if _kind(resource) == kind and isinstance(value := resource.properties.get(key), str) and "${" not in value
        for what in _violations(value, member)
    ]
    assert not wrong, "\n".join(wrong)


def test_trust_policies_at_their_longest_are_taken(longest: list[Blueprint]):
    """IAM User Guide, "IAM and AWS STS quotas": 2,048 characters of a role's trust policy, without white space."""
    for graph in longest:
        for role in graph.of_type("aws:iam/role:Role"):
            policy = json.dumps(json.loads(role.properties["assumeRolePolicy"]), separators=(",", ":"))
            assert len(policy) <= 2048, f"{role.urn}: {len(policy)}"


def test_no_kind_of_resource_with_a_name_is_left_out(longest: list[Blueprint]):
    """A new kind of resource has to be given its call, or said to be named by others."""
    known = {kind for kind, _, _ in _MEMBERS} | _OTHERS
    named = {
        _kind(resource)
        for graph in longest
        for resource in graph.resources
        if resource.type.startswith("aws:") and any(isinstance(resource.properties.get(key), str) for key in _NAMES)
    }
    left_out = {kind for kind in named - known if not _OF_A_BUCKET.fullmatch(kind)}
    assert not left_out


def test_every_model_has_a_limit():
    """A member without one would let every name pass; its limit then stands in the table, with its source."""
    for _, _, member in _MEMBERS:
        assert member.startswith("!") or {"max", "pattern"} & _shape(member).metadata.keys(), member


@pytest.mark.parametrize(
    ("member", "wrong"),
    [
        ("iam.CreateRole.RoleName", "r" * 65),
        ("lambda.CreateFunction.FunctionName", "a b"),
        ("events.PutRule.Name", "r" * 65),
        ({kind: member for kind, _, member in _MEMBERS}["lb/targetGroup"], "t" * 33),
        ({kind: member for kind, _, member in _MEMBERS}["s3/bucket"], "Bucket"),
    ],
)  # fmt: skip
def test_the_check_finds_a_name_that_is_wrong(member: str, wrong: str):
    assert list(_violations(wrong, member))


def _violations(value: str, member: str) -> Iterator[str]:
    if member.startswith("!"):
        if not re.fullmatch(member[1:], value, re.ASCII):
            yield member[1:]
        return
    limits = dict(_shape(member).metadata)
    if not limits.get("min", 0) <= len(value) <= limits.get("max", 10_000):
        yield f"of {limits.get('min', 0)} to {limits.get('max')} characters"
    pattern = limits.get("pattern")
    if pattern and not regex.fullmatch(_as_python(pattern), value):
        yield f"of the form {pattern}"


@cache
def _shape(member: str) -> StringShape:
    service, operation, *path = member.split(".")
    shape = _session().get_service_model(service).operation_model(operation).input_shape
    for step in path:
        shape = shape.member if shape.type_name == "list" else shape
        shape = shape.members[step]
    return shape


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def _as_python(pattern: str) -> str:
    """Models are written for Java: its ranges beyond the basic plane are pairs of surrogates, which no name has."""
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "")
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: re.escape(chr(int(found[1], 16))), pattern)
