"""What AWS accepts and carries out otherwise than declared: each function names the resources of a stack that do so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from aws_croniter import AwsCroniter
from botocore.session import Session

from blueprint import Blueprint, Resource
from tests.permissions.documents import Kind, documents, listed
from tests.permissions.evaluation import Request, decide
from tests.reachability.arns import ACCOUNT, OTHER_ACCOUNT, region_of
from tests.reachability.authority import Authority
from tests.reachability.calls import principal_of
from tests.reachability.deliveries import undelivered
from tests.reachability.network import name_of
from tests.reachability.selectors import here
from tests.reachability.sessions import broken_sessions
from tests.reachability.signals import blind_alarms, deaf_rules

# Two years, of which the second has a 29th of February.
_YEARS = (datetime(2027, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))
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
    authority, region = Authority(stack), region_of(stack)
    agent = f"arn:aws:ecr:{region}:{OTHER_ACCOUNT}:repository/aws-guardduty-agent-fargate"
    for task in here(stack, "aws:ecs/taskDefinition:TaskDefinition"):
        role = name_of(task.properties["executionRoleArn"])
        for action in ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"):
            request = Request(action, agent, principal_of(stack, role), {"aws:requestedregion": region})
            if not decide(authority.of_role(role), request).allowed:
                yield f"{task.name}: the role {role} may not pull GuardDuty's agent"
                break


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
    days: dict[str, frozenset[date]] = {}
    for plan in here(stack, "aws:backup/plan:Plan"):
        for rule in plan.properties["rules"]:
            name = f"{plan.name} {rule['ruleName']}"
            starts = started_at(rule["schedule"])
            if not starts:
                yield f"{name}: its schedule {rule['schedule']} starts nothing"
                continue
            for begins in sorted({each.hour * 60 + each.minute for each in starts}):
                for window in windows:
                    first, last = (int(time[:2]) * 60 + int(time[3:]) for time in window.split("-"))
                    opens, until = (first - begins) % _MINUTES_OF_DAY, (last - begins) % _MINUTES_OF_DAY
                    if min(opens, until) < rule["startWindow"] + _BACKUP_MINUTES_APART or until < opens:
                        yield f"{name}: starts in the database's backup window {window}"
            own = frozenset(each.date() for each in starts)
            for other, others in days.items():
                if own & others:
                    yield f"{name}: is due on the same days as {other}, first on {min(own & others)}"
            days[name] = own


def started_at(schedule: str) -> list[datetime]:
    """When a cron expression of AWS starts jobs, in two years of which one is a leap year; nothing for another text."""
    match = re.fullmatch(r"cron\((.+)\)", schedule)
    try:
        return AwsCroniter(match[1]).get_all_schedule_bw_dates(*_YEARS) if match else []
    except ValueError:
        return []


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


_DELIVERY_STATUS = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}


def delivery_status_not_logged(stack: Blueprint) -> Iterator[str]:
    """SNS Developer Guide, "Prerequisites for message delivery status": SNS makes the group itself."""
    authority, region = Authority(stack), region_of(stack)
    wanted = {
        (name_of(value), str(topic.properties["name"]))
        for topic in here(stack, "aws:sns/topic:Topic")
        for key, value in topic.properties.items()
        if key.endswith("FeedbackRoleArn")
    }
    for role, topic in sorted(wanted):
        for group in (f"sns/{region}/{ACCOUNT}/{topic}", f"sns/{region}/{ACCOUNT}/{topic}/Failure"):
            resource = f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}:log-stream:x"
            for action in sorted(_DELIVERY_STATUS):
                request = Request(action, resource, principal_of(stack, role), {})
                if not decide(authority.of_role(role), request).allowed:
                    yield f"{role}: lacks {action} on {group}"


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


# AWS Config Developer Guide, "Recording AWS resources", "Global resources": IAM's types are recorded in every region
# whose recorder is asked for them.
_GLOBAL_TYPES = frozenset({"AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"})


def _global_types(group: Mapping[str, Any]) -> frozenset[str]:
    """The global types that a recording group records: by its switch, by naming them, or by not excluding them
    (AWS Config API Reference, RecordingGroup)."""
    if group.get("includeGlobalResourceTypes"):
        return _GLOBAL_TYPES
    strategies = [each.get("useOnly") for each in listed(group.get("recordingStrategies"))]
    excluded = [each for one in listed(group.get("exclusionByResourceTypes")) for each in one.get("resourceTypes", [])]
    if "EXCLUSION_BY_RESOURCE_TYPES" in strategies or excluded:
        return _GLOBAL_TYPES - {*excluded}
    return _GLOBAL_TYPES & {*listed(group.get("resourceTypes"))}


def global_types_recorded_twice(stacks: tuple[Blueprint, ...]) -> Iterator[str]:
    """AWS Config Developer Guide, "Recording AWS resources": each recorder of global types is charged for them."""
    recorded = {
        stack.stack: _global_types(each.properties["recordingGroup"])
        for stack in stacks
        for each in here(stack, "aws:cfg/recorder:Recorder")
    }
    if len(recorded) > 1 and frozenset.intersection(*recorded.values()):
        yield f"global resource types are recorded in {' and '.join(recorded)}"


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
    tasks_without_scratch,
    variables_of_users,
    agents_not_pulled,
    backups_that_wait,
    unreported_ends,
    undelivered,
    delivery_status_not_logged,
    replicas_that_fill_up,
    pinned_minor_versions,
    alarms_of_nothing,
    deaf_rules,
    blind_alarms,
    broken_sessions,
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
