"""Faults that AWS would answer with a refusal, or carry out otherwise: each with the check that refuses it here."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from blueprint import Blueprint
from components.latency.host_tuning import Ports, plan_host
from components.latency.host_tuning.user_data import script
from components.settings.instance_types import INSTANCE_TYPES
from preflight.account import Account
from preflight.checks.images import Images
from preflight.checks.lasting import Lasting
from preflight.checks.limits import Limits
from preflight.checks.placeholders import Placeholders
from preflight.checks.service_roles import ServiceRoles
from tests.components.kubernetes.test_images import references
from tests.components.latency.tuned_host import KERNEL, tuned
from tests.permissions.authorization import faults as faults_of
from tests.permissions.documents import documents, listed
from tests.permissions.trusted import trust_faults
from tests.preflight.stubs import Error, stubbed
from tests.reachability.deviations import deviations
from tests.reachability.network import ANY_EPHEMERAL, WORLD, Network
from tests.reachability.test_reachability import unreachable
from tests.reachability.test_selectors import idle
from tests.regressions.world import World, changed, found_by, refused, replaced, statements, without

ROLE, ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
GROUP, INSTANCE = "aws:autoscaling/group:Group", "aws:rds/instance:Instance"
RELEASE, TASK = "kubernetes:helm.sh/v3:Release", "aws:ecs/taskDefinition:TaskDefinition"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
LOG_POLICY = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"


class By(StrEnum):
    """The check that refuses a fault."""

    AWS = "in-memory AWS"
    PREFLIGHT = "preflight"
    REACHABILITY = "reachability tests"
    PERMISSIONS = "permission tests"
    DEVIATIONS = "deviation tests"
    HOST = "host tests"


@dataclass(frozen=True)
class Fault:
    """`fact` is the fault; `reintroduced` puts it into a copy and answers what refuses it; `words` are a part of one
    of the answers."""

    fact: str
    by: By
    words: str
    reintroduced: Callable[[World], Iterable[str]]


def _apostrophe(world: World) -> Iterable[str]:
    (rule, *_) = (each for each in world.primary.of_type(RULE) if "cidrIpv4" in each.properties)
    stack = changed(world.primary, RULE, rule.name, lambda was: {"description": f"{was['description']}'s"})
    properties = stack.one(RULE, rule.name).properties
    ec2 = world.client("ec2")
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ranges = [{"CidrIp": properties["cidrIpv4"], "Description": properties["description"]}]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ranges}
    return refused(lambda: ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission]))


def _foreign_image(world: World) -> Iterable[str]:
    (release,) = (each for each in world.primary.of_type(RELEASE) if "autoDiscovery" in each.properties["values"])
    values = {"image": {"repository": "registry.k8s.io/autoscaling/cluster-autoscaler", "tag": "v1"}}
    stack = changed(world.primary, RELEASE, release.name, lambda was: {"values": {**was["values"], **values}})
    own = "123456789012.dkr.ecr."
    return [f"{image} is not of the region's registry" for image in references(stack) if own not in image]


def _kernel_without_a_knob(_world: World) -> Iterable[str]:
    """The validator as it was: it asks for the knob whether or not the kernel has it."""
    with tempfile.TemporaryDirectory() as folder:
        ports = Ports(fix=9878, service=8443, metrics=9464, feed=31001)
        host = tuned(Path(folder), plan_host(INSTANCE_TYPES["c7i.24xlarge"], ports, hugepages_percent=50))
        host.write(f"/boot/config-{KERNEL}", "# CONFIG_NO_HZ_FULL is not set")
        host.write("/sys/devices/system/cpu/nohz_full", "")
        careful = host.validate()
        assert "degraded  tickless cores" in careful.stdout, "the validator names what the kernel lacks"
        careless = script("validate-host").replace("offered nohz_full ", "check ", 1)
        assert careless != script("validate-host")
        return host.validate(careless).stdout.splitlines()


def _images_missing(world: World) -> Iterable[str]:
    return found_by(Images(), world.primary, _only("ecr", "describe_images", Error("ImageNotFoundException")))


def _only(service: str, method: str, answer: Any) -> Account:
    """An account that answers one call; others are answered as absent."""
    return stubbed(
        {(service, method): answer, ("ssm", "get_parameters"): {"Parameters": [{"Name": "x", "Value": "ami"}]}}
    )


def _trail_role(world: World) -> Iterable[str]:
    condition = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    trail = world.primary.one("aws:cloudtrail/trail:Trail", "trail").properties["cloudWatchLogsRoleArn"]
    name = trail.split("::")[1].split("#")[0]
    edit = statements("assumeRolePolicy", lambda statement: statement.update(Condition=condition))
    trust = changed(world.primary, ROLE, name, edit).one(ROLE, name).properties["assumeRolePolicy"]
    role = world.client("iam").create_role(RoleName="trail", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    world.client("s3").create_bucket(Bucket="trail-of-a-test")
    wanted = {
        "Name": "trail",
        "S3BucketName": "trail-of-a-test",
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:t:*",
        "CloudWatchLogsRoleArn": role,
    }
    return refused(lambda: world.client("cloudtrail").create_trail(**wanted))


def _second_monitor(world: World) -> Iterable[str]:
    costs, (monitor,) = world.client("ce"), world.primary.of_type("aws:costexplorer/anomalyMonitor:AnomalyMonitor")
    wanted = {
        "MonitorName": monitor.properties["name"],
        "MonitorType": monitor.properties["monitorType"],
        "MonitorDimension": monitor.properties["monitorDimension"],
    }
    costs.create_anomaly_monitor(AnomalyMonitor={**wanted, "MonitorName": "Default-Services-Monitor"})
    return refused(lambda: costs.create_anomaly_monitor(AnomalyMonitor=wanted))


def _linked_role_exists(world: World) -> Iterable[str]:
    world.client("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    return found_by(ServiceRoles(), world.primary, Account(world.client, emulated=True))


def _little_concurrency(world: World) -> Iterable[str]:
    world.client("service-quotas").request_service_quota_increase(
        ServiceCode="lambda", QuotaCode="L-B99A9384", DesiredValue=10
    )
    return found_by(Limits(), world.primary, Account(world.client, emulated=True))


def _zone_without_eks(world: World) -> Iterable[str]:
    ec2 = world.client("ec2")
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    (zone,) = (each["ZoneName"] for each in zones if each["ZoneId"] == "use1-az3")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
    config = {"subnetIds": [subnet]}
    eks = world.client("eks")
    role = "arn:aws:iam::123456789012:role/cluster"
    return refused(lambda: eks.create_cluster(name="c", roleArn=role, resourcesVpcConfig=config))


def _auto_rollback(was: dict[str, Any]) -> dict[str, Any]:
    refresh = was["instanceRefresh"]
    return {"instanceRefresh": {**refresh, "preferences": {**refresh["preferences"], "autoRollback": True}}}


def _deviation(*edit: Any) -> Callable[[World], Iterable[str]]:
    """A change of one resource of the primary."""
    return lambda world: deviations(changed(world.primary, *edit), world.dr)


def _of_standby(*edit: Any) -> Callable[[World], Iterable[str]]:
    return lambda world: deviations(world.primary, changed(world.dr, *edit))


def _container(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def edit(was: dict[str, Any]) -> dict[str, Any]:
        containers = json.loads(was["containerDefinitions"])
        for container in containers:
            change(container)
        return {"containerDefinitions": json.dumps(containers)}

    return edit


def _schedule(was: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [{**rule, "schedule": "cron(30 5 * * ? *)"} for rule in was["rules"]]}


def _unselected(world: World) -> Iterable[str]:
    from blueprint import record_dr, record_primary

    values = {"ordersConsistency": "strong"}
    primary = record_primary(values)
    dr = record_dr(primary, overrides=values)
    bare = changed(
        dr,
        "aws:dynamodb/table:Table",
        "orders",
        lambda was: {"replicas": [{**replica, "propagateTags": False} for replica in was["replicas"]]},
    )
    return deviations(primary, bare)


def _untagged_hosts(world: World) -> Iterable[str]:
    stack = world.primary
    tagged = {"aws:ec2/launchTemplate:LaunchTemplate": "tagSpecifications", "aws:ec2/instance:Instance": "tags"}
    for type_, key in tagged.items():
        for each in stack.of_type(type_):
            if "PatchGroup" in json.dumps(each.properties.get(key, [])):
                stack = changed(stack, type_, each.name, replaced(key, "PatchGroup", "Patches"))
    return idle(stack)


def _trust(name: str, service: str) -> Callable[[World], Iterable[str]]:
    """The trust of a role asks for a key that no page says the service sends."""

    def reintroduced(world: World) -> Iterable[str]:
        condition = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
        edit = statements("assumeRolePolicy", lambda statement: statement.update(Condition=condition))
        stack: Blueprint = changed(world.primary, ROLE, name, edit)
        found = [fault for document in documents(stack) for fault in trust_faults(document)]
        return [fault for fault in found if service in fault]

    return reintroduced


def _arns_without_resources(world: World) -> Iterable[str]:
    role = next(each for each in world.primary.of_type(ROLE_POLICY) if "logs:StopQuery" in each.properties["policy"])

    def narrow(statement: dict[str, Any]) -> None:
        if "logs:StopQuery" in listed(statement["Action"]):
            statement["Resource"] = "arn:aws:logs:us-east-1:123456789012:log-group:*"

    stack = changed(world.primary, ROLE_POLICY, role.name, statements("policy", narrow))
    return [
        fault for document in documents(stack) for statement in document.statements for fault in faults_of(statement)
    ]


def _dropped_answers(world: World) -> Iterable[str]:
    """Denials of 3389 before the rule that admits answers: ports of callers that a NAT gateway uses, too."""
    rule = "aws:ec2/networkAclRule:NetworkAclRule"
    admits = world.primary.one(rule, "app-in-900")
    denial = {"ruleNumber": 50, "ruleAction": "deny", "fromPort": 3389, "toPort": 3389}
    stack = changed(world.primary, rule, "app-in-900", lambda was: denial)
    network = Network(Blueprint(stack.stack, (*stack.resources, admits), stack.outputs))
    return [] if network.acl_passes("app", "in", ANY_EPHEMERAL, WORLD) else ["the ACL of the app tier drops answers"]


FAULTS: tuple[Fault, ...] = (
    Fault("A rule's description holds an apostrophe", By.AWS, "Invalid rule description", _apostrophe),
    Fault(
        "An engine host calls Auto Scaling without an endpoint for it",
        By.REACHABILITY,
        "autoscaling: there is no endpoint",
        lambda world: unreachable(without(world.primary, "aws:ec2/vpcEndpoint:VpcEndpoint", "autoscaling")),
    ),
    Fault(
        "A chart pulls from a registry outside the region",
        By.REACHABILITY,
        "registry.k8s.io/autoscaling/cluster-autoscaler:v1 is not of the region's registry",
        _foreign_image,
    ),
    Fault(
        "Certificates wait for proof of domains that no one can own",
        By.PREFLIGHT,
        "apiDomain: 'api.trading.example' names an example domain",
        lambda world: found_by(Placeholders(), world.primary, Account()),
    ),
    Fault(
        "The host validator asks for a knob that Amazon's kernels lack",
        By.HOST,
        "FAIL  tickless cores",
        _kernel_without_a_knob,
    ),
    Fault("Tasks start before their image exists", By.PREFLIGHT, "tasks are to start from it", _images_missing),
    Fault(
        "A fleet of Amazon's own image is judged by a load balancer",
        By.DEVIATIONS,
        "ELB health checks of an image without an engine",
        _deviation(GROUP, "engines", lambda was: {"healthCheckType": "ELB"}),
    ),
    Fault(
        "CloudTrail's role for CloudWatch Logs tests the source account",
        By.AWS,
        "InvalidCloudWatchLogsRoleArnException",
        _trail_role,
    ),
    Fault("A second cost monitor of all services is made", By.AWS, "LimitExceededException", _second_monitor),
    Fault("A service-linked role exists already", By.PREFLIGHT, "autoscaling.amazonaws.com", _linked_role_exists),
    Fault("A new account has 10 concurrent executions", By.PREFLIGHT, "Lambda concurrent", _little_concurrency),
    Fault("A zone has no EKS", By.AWS, "UnsupportedAvailabilityZoneException", _zone_without_eks),
    Fault(
        "Locks in compliance mode cannot be undone",
        By.PREFLIGHT,
        "AWS lets no one delete it before",
        lambda world: found_by(Lasting(), world.primary, Account()),
    ),
    Fault(
        "The VPN's far end and the account are values of documentation",
        By.PREFLIGHT,
        "customerGatewayIp",
        lambda world: found_by(Placeholders(), world.primary, Account()),
    ),
    Fault(
        "Flow logs with Hive prefixes go where the bucket's policy denies them",
        By.DEVIATIONS,
        "delivery.logs.amazonaws.com s3:PutObject: the policy of",
        _deviation("aws:s3/bucketPolicy:BucketPolicy", "logs", replaced("policy", "aws-account-id=", "")),
    ),
    Fault(
        "An instance refresh rolls back to an image that is a parameter",
        By.DEVIATIONS,
        "rolls back to an image that is a parameter",
        _deviation(GROUP, "engines", _auto_rollback),
    ),
    Fault("Patching selects hosts by a tag that none has", By.REACHABILITY, "patch group hosts", _untagged_hosts),
    Fault(
        "A task with a read-only root has no writable /tmp",
        By.DEVIATIONS,
        "no writable /tmp",
        _deviation(TASK, "services", _container(lambda container: container.update(mountPoints=[]))),
    ),
    Fault(
        "Operators' sessions are matched by the name of a user",
        By.DEVIATIONS,
        "${aws:username} matches no role",
        _deviation(ROLE_POLICY, "operator", replaced("policy", "${aws:userid}", "${aws:username}")),
    ),
    Fault(
        "The execution role may not pull GuardDuty's agent",
        By.DEVIATIONS,
        "may not pull GuardDuty's agent",
        _deviation(ROLE_POLICY, "services-execution", replaced("policy", "aws-guardduty-agent-fargate", "agent")),
    ),
    Fault(
        "Direct Connect announces the own VPC alone",
        By.DEVIATIONS,
        "primary direct-connect: does not announce 10.1.0.0/16",
        _deviation(
            "aws:directconnect/gatewayAssociation:GatewayAssociation",
            "direct-connect",
            lambda was: {"allowedPrefixes": was["allowedPrefixes"][:1]},
        ),
    ),
    Fault(
        "Backups start in the database's own backup window",
        By.DEVIATIONS,
        "starts in the database's backup window",
        _deviation("aws:backup/plan:Plan", "backups", _schedule),
    ),
    Fault(
        "Two rules back the same resources up on the same days",
        By.DEVIATIONS,
        "is due on the same days as backups daily",
        _deviation("aws:backup/plan:Plan", "backups", _schedule),
    ),
    Fault(
        "A backup that never starts raises no alarm",
        By.DEVIATIONS,
        "is silent about EXPIRED",
        _deviation(
            "aws:cloudwatch/eventRule:EventRule",
            "backup-not-made",
            lambda was: {"eventPattern": was["eventPattern"].replace('"EXPIRED", ', "")},
        ),
    ),
    Fault("A replica of a strong table carries no tags", By.DEVIATIONS, "carries no tag Backup", _unselected),
    Fault(
        "The trust of AWS Backup's role asks for a key that it does not send",
        By.PERMISSIONS,
        "backup.amazonaws.com sends",
        _trust("backups", "backup.amazonaws.com"),
    ),
    Fault(
        "The trust of SNS's role asks for a key that it does not send",
        By.PERMISSIONS,
        "sns.amazonaws.com sends",
        _trust("sns-delivery-status", "sns.amazonaws.com"),
    ),
    Fault(
        "EventBridge makes log streams under a condition",
        By.DEVIATIONS,
        "events.amazonaws.com logs:CreateLogStream: the policy of",
        _deviation(
            LOG_POLICY,
            "events",
            statements(
                "policyDocument",
                lambda statement: statement.update(Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}}),
            ),
        ),
    ),
    Fault(
        "SNS may not make the log group of its delivery status",
        By.DEVIATIONS,
        "lacks logs:CreateLogGroup",
        _deviation(
            ROLE_POLICY, "sns-delivery-status", replaced("policy", "logs:CreateLogGroup", "logs:PutMetricFilter")
        ),
    ),
    Fault(
        "The database's reader does not grow with its source",
        By.DEVIATIONS,
        "grows to None, its source to 2000",
        _deviation(INSTANCE, "trade-history-reader", lambda was: {"maxAllocatedStorage": None}),
    ),
    Fault(
        "The database pins a minor version that AWS retires",
        By.DEVIATIONS,
        "trade-history: pins 17.6",
        _deviation(INSTANCE, "trade-history", lambda was: {"engineVersion": "17.6"}),
    ),
    Fault(
        "An alarm watches a queue that does not exist",
        By.DEVIATIONS,
        "no QueueName trading-primary-replays-gone",
        _deviation(
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "replays-waiting",
            lambda was: {"dimensions": {"QueueName": "trading-primary-replays-gone"}},
        ),
    ),
    Fault(
        "ARNs narrow an action that takes no resource",
        By.PERMISSIONS,
        "logs:StopQuery: takes no resource but *",
        _arns_without_resources,
    ),
    Fault("A network ACL drops answers to some ports", By.REACHABILITY, "drops answers", _dropped_answers),
    Fault(
        "Config records global resource types in both regions",
        By.DEVIATIONS,
        "global resource types are recorded in primary and dr",
        _of_standby(
            "aws:cfg/recorder:Recorder",
            "recorder",
            lambda was: {"recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}},
        ),
    ),
)
