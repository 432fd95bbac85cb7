"""What services of AWS write for the platform: each as the request that the service makes, with the keys that it sends.

Every entry has the page that documents the service's principal and the keys of its requests. A service whose page shows
no source account or source ARN for a call sends none: a condition on it refuses the call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from blueprint import Blueprint
from blueprint.references import references_in
from tests.permissions.evaluation import Request, decide
from tests.reachability.arns import ACCOUNT, arn, region_of, resolved
from tests.reachability.authority import Authority
from tests.reachability.selectors import here

RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
QUEUE, TOPIC, GROUP = "aws:sqs/queue:Queue", "aws:sns/topic:Topic", "aws:cloudwatch/logGroup:LogGroup"
BUCKET = "aws:s3/bucket:Bucket"
EVENTS, DELIVERY = "events.amazonaws.com", "delivery.logs.amazonaws.com"
_SAMPLE = "sample"


@dataclass(frozen=True)
class Delivery:
    """A request of a service. `name` is what is delivered."""

    name: str
    request: Request


def deliveries(stack: Blueprint) -> Iterator[Delivery]:
    """Every delivery that the stack has a service make."""
    yield from _of_rules(stack)
    yield from _of_topics(stack)
    yield from _of_alarms(stack)
    yield from _of_flow_logs(stack)
    yield from _of_access_logs(stack)


def undelivered(stack: Blueprint) -> Iterator[str]:
    """Deliveries that the receiver's policy, or the policy of its key, refuses."""
    authority = Authority(stack)
    for each in deliveries(stack):
        decision = decide(authority.of_resource(each.request.resource), each.request)
        if not decision.allowed:
            yield f"{each.name}: {_says(each)}: the policy of {each.request.resource} {decision}"
        key = authority.key_of(each.request.resource)
        if key is None or each.request.action.startswith("logs:"):
            continue
        # SQS, SNS and S3 have the sender's own principal use the key ("Key management" of the services' guides).
        for action in ("kms:GenerateDataKey", "kms:Decrypt"):
            context = {**each.request.context, **_encryption_context(each.request)}
            decision = decide(authority.of_resource(key), Request(action, key, each.request.principal, context))
            if not decision.allowed:
                yield f"{each.name}: {_says(each)}: the policy of {key} {decision} {action}"
                break


def _says(each: Delivery) -> str:
    return f"{each.request.principal} {each.request.action}"


def _encryption_context(request: Request) -> dict[str, str]:
    """SNS Developer Guide, "Key management": SNS encrypts with the topic's ARN as the context."""
    return {"kms:encryptioncontext:aws:sns:topicarn": request.resource} if request.action == "sns:Publish" else {}


def _keys(source: str = "", account: bool = True) -> dict[str, str]:
    keys = {"aws:securetransport": "true", "aws:principalisawsservice": "true"}
    if source:
        keys["aws:sourcearn"] = source
    return {**keys, "aws:sourceaccount": ACCOUNT} if account else keys


def _of_rules(stack: Blueprint) -> Iterator[Delivery]:
    """EventBridge User Guide, "Using resource-based policies for Amazon EventBridge": to queues with the rule's ARN;
    to topics without any source ("Amazon SNS permissions": a Condition element is not supported); log groups get a
    stream without a source, and events with the rule's ARN ("Amazon CloudWatch Logs permissions")."""
    rules = {str(each.properties.get("name")): each for each in here(stack, RULE)}
    for target in here(stack, TARGET):
        rule = rules.get(str(target.properties["rule"]))
        if rule is None:
            continue
        bus = str(rule.properties.get("eventBusName", "default"))
        path = "" if bus == "default" else f"{bus}/"
        source = f"arn:aws:events:{region_of(stack)}:{ACCOUNT}:rule/{path}{rule.properties['name']}"
        receivers = [target.properties["arn"], (target.properties.get("deadLetterConfig") or {}).get("arn")]
        for reference in references_in([each for each in receivers if each]):
            receiver = stack.one(reference.type, reference.name)
            if receiver.type == QUEUE:
                request = Request("sqs:SendMessage", arn(stack, receiver), EVENTS, _keys(source))
                yield Delivery(f"events of {rule.name} to {receiver.name}", request)
            elif receiver.type == TOPIC:
                request = Request("sns:Publish", arn(stack, receiver), EVENTS, _keys(account=False))
                yield Delivery(f"events of {rule.name} to {receiver.name}", request)
            elif receiver.type == GROUP:
                for sender in (EVENTS, DELIVERY):
                    stream = f"{arn(stack, receiver)}:log-stream:{_SAMPLE}"
                    made = Request("logs:CreateLogStream", stream, sender, _keys(account=False))
                    put = Request("logs:PutLogEvents", stream, sender, _keys(source))
                    yield from (Delivery(f"events of {rule.name} to {receiver.name}", each) for each in (made, put))


def _of_topics(stack: Blueprint) -> Iterator[Delivery]:
    """SNS Developer Guide, "Subscribing an Amazon SQS queue to an Amazon SNS topic": with the topic's ARN."""
    for each in here(stack, "aws:sns/topicSubscription:TopicSubscription"):
        if each.properties["protocol"] == "sqs":
            redrive = json.loads(each.properties.get("redrivePolicy") or "{}").get("deadLetterTargetArn", "")
            for queue in (each.properties["endpoint"], redrive):
                if queue:
                    source = _keys(resolved(stack, each.properties["topic"]))
                    request = Request("sqs:SendMessage", resolved(stack, queue), "sns.amazonaws.com", source)
                    yield Delivery(f"notifications of {each.name}", request)


def _of_alarms(stack: Blueprint) -> Iterator[Delivery]:
    """CloudWatch User Guide, "Notifying users on alarm changes": with the alarm's ARN and the account."""
    for alarm in here(stack, "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"):
        for action in {str(each) for each in alarm.properties.get("alarmActions") or []}:
            if any(each.type == TOPIC for each in references_in(action)):
                request = Request(
                    "sns:Publish", resolved(stack, action), "cloudwatch.amazonaws.com", _keys(arn(stack, alarm))
                )
                yield Delivery(f"the alarm {alarm.name}", request)


def _of_flow_logs(stack: Blueprint) -> Iterator[Delivery]:
    """VPC User Guide, "Amazon S3 bucket permissions for flow logs" and "Flow log files": the log delivery service
    writes, with the account and `arn:aws:logs:<region>:<account>:*` as its source, and the bucket owner's ACL; with
    Hive prefixes the account's folder is `aws-account-id=<account>`."""
    source = _keys(f"arn:aws:logs:{region_of(stack)}:{ACCOUNT}:{_SAMPLE}")
    for log in here(stack, "aws:ec2/flowLog:FlowLog"):
        if log.properties["logDestinationType"] != "s3":
            continue
        place = resolved(stack, log.properties["logDestination"]).rstrip("/")
        hive = (log.properties.get("destinationOptions") or {}).get("hiveCompatiblePartitions")
        path = f"{place}/AWSLogs/{'aws-account-id=' if hive else ''}{ACCOUNT}/{_SAMPLE}"
        acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
        yield Delivery(f"flow logs of {log.name}", Request("s3:PutObject", path, DELIVERY, {**source, **acl}))
        bucket = place.split("/")[0]
        yield Delivery(f"flow logs of {log.name}", Request("s3:GetBucketAcl", bucket, DELIVERY, source))


def _of_access_logs(stack: Blueprint) -> Iterator[Delivery]:
    """S3 User Guide, "Permissions for log delivery": S3 writes with the source bucket's ARN and the account."""
    for each in here(stack, "aws:s3/bucketLogging:BucketLogging"):
        (source,) = references_in(each.properties["bucket"])
        (target,) = references_in(each.properties["targetBucket"])
        bucket = arn(stack, stack.one(BUCKET, target.name))
        path = f"{bucket}/{each.properties.get('targetPrefix', '')}{_SAMPLE}"
        keys = _keys(arn(stack, stack.one(BUCKET, source.name)))
        yield Delivery(f"access logs of {each.name}", Request("s3:PutObject", path, "logging.s3.amazonaws.com", keys))
