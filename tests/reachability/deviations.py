"""What AWS accepts and carries out otherwise than declared: each function names the resources of a stack that do so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.session import Session

from blueprint import Blueprint, Resource
from tests.permissions.documents import Kind, documents, listed
from tests.reachability.network import name_of
from tests.reachability.selectors import here

ACCOUNT = "123456789012"
_PUBLIC_IMAGE = "resolve:ssm:/aws/service/"
_FINISHED_WELL = {"CREATED", "PENDING", "RUNNING", "ABORTING", "COMPLETED", "PARTIAL"}
# AWS Backup Developer Guide, "Backup plan options and configuration": no job of a database starts in RDS's own window.
_BACKUP_MINUTES_APART = 60
_MINUTES_OF_DAY = 24 * 60


def unprobed_fleets(stack: Blueprint) -> Iterator[str]:
    """A load balancer's check replaces hosts of Amazon's own image for ever, since nothing answers on them (Auto
    Scaling User Guide, "Health checks for instances in an Auto Scaling group")."""
    for group in here(stack, "aws:autoscaling/group:Group"):
        if group.properties.get("healthCheckType") == "ELB" and _image(stack, group).startswith(_PUBLIC_IMAGE):
            yield f"{group.name}: ELB health checks of an image without an engine"


def rollbacks_to_parameters(stack: Blueprint) -> Iterator[str]:
    """API_RollbackInstanceRefresh: not with a launch template whose image is a parameter of Systems Manager."""
    for group in here(stack, "aws:autoscaling/group:Group"):
        preferences = group.properties.get("instanceRefresh", {}).get("preferences", {})
        if preferences.get("autoRollback") and _image(stack, group).startswith("resolve:ssm:"):
            yield f"{group.name}: rolls back to an image that is a parameter"


def _image(stack: Blueprint, group: Resource) -> str:
    template = stack.one("aws:ec2/launchTemplate:LaunchTemplate", name_of(group.properties["launchTemplate"]["id"]))
    return str(template.properties.get("imageId", ""))


def undelivered_flow_logs(stack: Blueprint) -> Iterator[str]:
    """VPC User Guide, "Flow log files": with Hive prefixes the account's folder is `aws-account-id=<account>`."""
    for log in here(stack, "aws:ec2/flowLog:FlowLog"):
        if log.properties["logDestinationType"] != "s3":
            continue
        reference, _, folder = str(log.properties["logDestination"]).partition("/flow")
        bucket = name_of(reference)
        hive = log.properties.get("destinationOptions", {}).get("hiveCompatiblePartitions")
        path = f"/flow{folder}/AWSLogs/{'aws-account-id=' if hive else ''}{ACCOUNT}/"
        policy = json.loads(stack.one("aws:s3/bucketPolicy:BucketPolicy", bucket).properties["policy"])
        if not any(_writes(statement, path) for statement in policy["Statement"]):
            yield f"{log.name}: the policy of the bucket {bucket} lets no one write {path}"


def _writes(statement: Mapping[str, Any], path: str) -> bool:
    return (
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
        and "s3:PutObject" in listed(statement["Action"])
        and any(path in resource for resource in listed(statement["Resource"]))
    )


def tasks_without_scratch(stack: Blueprint) -> Iterator[str]:
    """A root file system that is read-only leaves a program no place for temporary files (ECS Developer Guide, "Using
    bind mounts")."""
    for task in here(stack, "aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(task.properties["containerDefinitions"]):
            mounts = {mount["containerPath"] for mount in container.get("mountPoints", []) if not mount["readOnly"]}
            if container.get("readonlyRootFilesystem") and "/tmp" not in mounts:
                yield f"{task.name} {container['name']}: no writable /tmp"


def variables_of_users(stack: Blueprint) -> Iterator[str]:
    """`aws:username` is absent from requests of roles (IAM User Guide, "Where you can use policy variables")."""
    for document in documents(stack):
        if document.kind is Kind.IDENTITY and "${aws:username}" in json.dumps(document.content):
            yield f"{document.name}: ${{aws:username}} matches no role"


def agents_not_pulled(stack: Blueprint) -> Iterator[str]:
    """GuardDuty User Guide, "Prerequisites for AWS Fargate (Amazon ECS only) support": the execution role pulls it."""
    if not any(
        "FARGATE" in json.dumps(each.properties)
        for each in here(stack, "aws:guardduty/detectorFeature:DetectorFeature")
    ):
        return
    for task in here(stack, "aws:ecs/taskDefinition:TaskDefinition"):
        role = name_of(task.properties["executionRoleArn"])
        policy = stack.one("aws:iam/rolePolicy:RolePolicy", role).properties["policy"]
        if ":repository/aws-guardduty-agent-fargate" not in policy:
            yield f"{task.name}: the role {role} may not pull GuardDuty's agent"


def unannounced_ranges(stacks: tuple[Blueprint, ...]) -> Iterator[str]:
    """Of a transit gateway exactly the allowed prefixes are announced (Direct Connect User Guide, "Allowed prefixes
    interactions"), and each circuit is the way round for the other region."""
    ranges = {stack.one("aws:ec2/vpc:Vpc", "vpc").properties["cidrBlock"] for stack in stacks}
    for stack in stacks:
        for link in here(stack, "aws:directconnect/gatewayAssociation:GatewayAssociation"):
            for missing in sorted(ranges - {*link.properties["allowedPrefixes"]}):
                yield f"{stack.stack} {link.name}: does not announce {missing}"


def backups_that_wait(stack: Blueprint) -> Iterator[str]:
    """Jobs in RDS's own backup window, and rules that are due on the same day: one job of a resource at a time."""
    windows = [
        str(each.properties["backupWindow"])
        for each in here(stack, "aws:rds/instance:Instance")
        if each.properties.get("backupWindow")
    ]
    days: set[tuple[str, ...]] = set()
    for plan in here(stack, "aws:backup/plan:Plan"):
        for rule in plan.properties["rules"]:
            minute, hour, *day = rule["schedule"].removeprefix("cron(").removesuffix(")").split()
            begins = int(hour) * 60 + int(minute)
            for window in windows:
                first, last = (int(time[:2]) * 60 + int(time[3:]) for time in window.split("-"))
                opens, until = (first - begins) % _MINUTES_OF_DAY, (last - begins) % _MINUTES_OF_DAY
                if min(opens, until) < rule["startWindow"] + _BACKUP_MINUTES_APART or until < opens:
                    yield f"{plan.name} {rule['ruleName']}: starts in the database's backup window {window}"
            if tuple(day) in days:
                yield f"{plan.name} {rule['ruleName']}: is due on the same days as another rule"
            days.add(tuple(day))


def unreported_ends(stack: Blueprint) -> Iterator[str]:
    """Each state in which a backup job ends without a backup (AWS Backup's service model, BackupJobState)."""
    model = Session().get_service_model("backup").shape_for("BackupJobState")
    ends = {*model.metadata["enum"]} - _FINISHED_WELL
    for rule in here(stack, "aws:cloudwatch/eventRule:EventRule"):
        pattern = json.loads(rule.properties.get("eventPattern") or "{}")
        if pattern.get("detail-type") == ["Backup Job State Change"]:
            yield from (
                f"{rule.name}: is silent about {state}" for state in sorted(ends - {*pattern["detail"]["state"]})
            )


def unselected_tables(stacks: tuple[Blueprint, Blueprint]) -> Iterator[str]:
    """A replica of a table carries tags of its own, unless the table propagates them: a plan selects in its region."""
    primary, recovery = stacks
    (selection,) = here(primary, "aws:backup/selection:Selection")
    ((key, value),) = ((each["key"], each["value"]) for each in selection.properties["selectionTags"])
    type_ = "aws:dynamodb/table:Table"
    for table in here(recovery, type_):
        for replica in table.properties.get("replicas", []):
            tagged = table.properties["tags"].get(key) == value
            if tagged and replica["regionName"] == "us-east-1" and not replica.get("propagateTags"):
                yield f"{table.name}: its replica in us-east-1 carries no tag {key}"


def conditions_on_log_streams(stack: Blueprint) -> Iterator[str]:
    """EventBridge makes streams on nobody's behalf (EventBridge User Guide, "Using resource-based policies")."""
    for policy in here(stack, "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"):
        for statement in json.loads(policy.properties["policyDocument"])["Statement"]:
            by_rules = statement["Principal"] == {"Service": "events.amazonaws.com"}
            if by_rules and "logs:CreateLogStream" in listed(statement["Action"]) and statement.get("Condition"):
                yield f"{policy.name} {statement.get('Sid')}: EventBridge sends no source with CreateLogStream"


_DELIVERY_STATUS = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}


def delivery_status_not_logged(stack: Blueprint) -> Iterator[str]:
    """SNS Developer Guide, "Prerequisites for message delivery status": SNS makes the group itself."""
    roles = {
        name_of(value)
        for topic in here(stack, "aws:sns/topic:Topic")
        for key, value in topic.properties.items()
        if key.endswith("FeedbackRoleArn")
    }
    for role in sorted(roles):
        document = json.loads(stack.one("aws:iam/rolePolicy:RolePolicy", role).properties["policy"])
        granted = {action for statement in document["Statement"] for action in listed(statement["Action"])}
        yield from (f"{role}: lacks {action}" for action in sorted(_DELIVERY_STATUS - granted))


def replicas_that_fill_up(stack: Blueprint) -> Iterator[str]:
    """A replica has a storage limit of its own (RDS User Guide, "Managing capacity automatically with storage
    autoscaling"): without one it fills up and stops replaying."""
    databases = [each.properties for each in here(stack, "aws:rds/instance:Instance")]
    limits = {each["identifier"]: each.get("maxAllocatedStorage") for each in databases}
    for each in databases:
        source = each.get("replicateSourceDb")
        if source is not None and limits[each["identifier"]] != limits.get(source, limits[each["identifier"]] or -1):
            yield f"{each['identifier']}: grows to {limits[each['identifier']]}, its source to {limits.get(source)}"


def pinned_minor_versions(stack: Blueprint) -> Iterator[str]:
    """RDS upgrades a minor version at the end of its support (RDS User Guide, "Supported DB engine versions"), and a
    program that pins it then asks for a downgrade."""
    for each in here(stack, "aws:rds/instance:Instance"):
        version = each.properties.get("engineVersion")
        if version and not re.fullmatch(r"\d+", str(version)):
            yield f"{each.name}: pins {version}"


def global_types_recorded_twice(stacks: tuple[Blueprint, ...]) -> Iterator[str]:
    """AWS Config Developer Guide, "Recording AWS resources": each recorder of global types is charged for them."""
    recorders = [
        stack.stack
        for stack in stacks
        for each in here(stack, "aws:cfg/recorder:Recorder")
        if each.properties["recordingGroup"].get("includeGlobalResourceTypes")
    ]
    if len(recorders) > 1:
        yield f"global resource types are recorded in {' and '.join(recorders)}"


# Dimensions whose value is a name, and the type and property that hold it (CloudWatch metrics of each service's guide).
_NAMED: Mapping[str, tuple[str, str]] = {
    "QueueName": ("aws:sqs/queue:Queue", "name"),
    "FunctionName": ("aws:lambda/function:Function", "name"),
    "StreamName": ("aws:kinesis/stream:Stream", "name"),
    "ConsumerName": ("aws:kinesis/streamConsumer:StreamConsumer", "name"),
    "TopicName": ("aws:sns/topic:Topic", "name"),
    "DeliveryStreamName": ("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", "name"),
    "AutoScalingGroupName": ("aws:autoscaling/group:Group", "name"),
    "RuleName": ("aws:cloudwatch/eventRule:EventRule", "name"),
    "EventBusName": ("aws:cloudwatch/eventBus:EventBus", "name"),
    "DBInstanceIdentifier": ("aws:rds/instance:Instance", "identifier"),
}


def alarms_of_nothing(stack: Blueprint) -> Iterator[str]:
    """A dimension that names nothing has no data, and no service says so. References name something by their making."""
    regional = stack.one("pulumi:providers:aws", "regional").properties["region"]
    for alarm in here(stack, "aws:cloudwatch/metricAlarm:MetricAlarm"):
        for dimension, value in _dimensions(alarm.properties, regional):
            type_, key = _NAMED.get(dimension, ("", ""))
            if (
                type_
                and "${" not in value
                and not any(value == each.properties.get(key) for each in here(stack, type_))
            ):
                yield f"{alarm.name}: no {dimension} {value}"


def _dimensions(properties: Mapping[str, Any], region: str) -> Iterator[tuple[str, str]]:
    """Names and values of an alarm's metric, or of each metric of its expression, in the stack's region."""
    metrics = [properties, *(each["metric"] for each in properties.get("metricQueries", []) if each.get("metric"))]
    for metric in metrics:
        if metric.get("region", region) == region:
            yield from ((name, str(value)) for name, value in (metric.get("dimensions") or {}).items())


Check = Callable[[Blueprint], Iterator[str]]
OF_ONE: tuple[Check, ...] = (
    unprobed_fleets,
    rollbacks_to_parameters,
    undelivered_flow_logs,
    tasks_without_scratch,
    variables_of_users,
    agents_not_pulled,
    backups_that_wait,
    unreported_ends,
    conditions_on_log_streams,
    delivery_status_not_logged,
    replicas_that_fill_up,
    pinned_minor_versions,
    alarms_of_nothing,
)
"""Checks of a single stack."""
OF_BOTH: tuple[Callable[[tuple[Blueprint, Blueprint]], Iterator[str]], ...] = (
    unannounced_ranges,
    unselected_tables,
    global_types_recorded_twice,
)
"""Checks of the primary and the recovery stack together."""


def deviations(*stacks: Blueprint) -> list[str]:
    """Everything that is found: in each stack, and in the primary and the recovery stack together."""
    found = [finding for stack in stacks for check in OF_ONE for finding in check(stack)]
    if len(stacks) == 2:
        found += [finding for check in OF_BOTH for finding in check((stacks[0], stacks[1]))]
    return found
