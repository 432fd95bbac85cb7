"""Queues, topics, rules, alarms, lifecycles: values that depend on others of the request, or on what exists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_emulator.store import Call
from aws_emulator.strict.constraint import Constraint
from aws_emulator.strict.documented import VALUES
from aws_emulator.strict.values import values_at

_AWS = "https://docs.aws.amazon.com/"
_FIFO_ATTRIBUTES = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit", "FifoTopic")
# EventBridge User Guide, "Amazon EventBridge quotas": targets per rule.
_TARGETS = 5
# CloudWatch API Reference, PutMetricAlarm, Period and EvaluationPeriods.
_SHORT_PERIODS = (10, 20, 30)
_DAY, _WEEK, _HOUR = 86_400, 604_800, 3600
# S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle", constraints.
_INFREQUENT, _INFREQUENT_DAYS = ("STANDARD_IA", "ONEZONE_IA"), 30
# AWS Backup Developer Guide, Lifecycle: what moves to cold storage stays there 90 days.
_COLD_DAYS = 90
_COMPLETION_AFTER_START = 60
# Systems Manager User Guide, "Managing parameter tiers".
_PARAMETER_BYTES = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}


def _fifo_queue(call: Call) -> str | None:
    attributes: Mapping[str, Any] = call.params.get("Attributes") or {}
    name = str(call.params.get("QueueName") or call.params.get("QueueUrl") or "")
    is_fifo = name.endswith(".fifo")
    if "QueueName" in call.params and is_fifo != (str(attributes.get("FifoQueue", "false")).lower() == "true"):
        return "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end " \
               "with .fifo suffix, and only a FIFO queue has the suffix."
    unknown = [] if is_fifo else [key for key in _FIFO_ATTRIBUTES if key in attributes]
    return f"Unknown Attribute {unknown[0]}." if unknown else None


def _topic_attribute(call: Call) -> str | None:
    """SetTopicAttributes gives one attribute by its name; the rules are those of CreateTopic."""
    path = f"Attributes.{call.params.get('AttributeName')}"
    rules = [value.rule for value in VALUES if value.service == "sns" and value.path == path]
    for rule in rules:
        fault = rule(call.params.get("AttributeValue"))
        if fault:
            return f"Invalid parameter: {call.params['AttributeName']} {fault}"
    return None


def _targets(call: Call) -> str | None:
    bus = call.moto("events").event_buses.get(str(call.params.get("EventBusName") or "default").rpartition("/")[2])
    rule = bus.rules.get(call.params["Rule"]) if bus else None
    present = {target["Id"] for target in (rule.targets if rule else ())}
    if len(present | set(values_at(call.params, "Targets[].Id"))) > _TARGETS:
        return f"The requested resource exceeds the maximum number allowed: {_TARGETS} targets of a rule"
    return None


def _alarm_periods(call: Call) -> str | None:
    periods = [
        int(period)
        for path in ("Period", "Metrics[].Period", "Metrics[].MetricStat.Period")
        for period in values_at(call.params, path)
    ]
    for period in periods:
        if period not in _SHORT_PERIODS and (period <= 0 or period % 60):
            return f"Period must be 10, 20, 30 or a multiple of 60, and is {period}"
    longest = max(periods, default=0)
    length, most = longest * int(call.params.get("EvaluationPeriods") or 1), _WEEK if longest >= _HOUR else _DAY
    if length > most:
        return f"Metrics cannot be checked across more than {most} seconds (EvaluationPeriods * Period), and not {length}"
    return None


def _transitions(call: Call) -> str | None:
    for rule in values_at(call.params, "LifecycleConfiguration.Rules[]"):
        for member, days in (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")):
            for transition in rule.get(member) or ():
                given = transition.get(days)
                if transition.get("StorageClass") in _INFREQUENT and given is not None and int(given) < _INFREQUENT_DAYS:
                    return (
                        f"'{days}' in Transition action must be greater than or equal to {_INFREQUENT_DAYS} for "
                        f"storageClass '{transition['StorageClass']}'"
                    )
        expires = (rule.get("Expiration") or {}).get("Days")
        latest = max((int(item.get("Days") or 0) for item in rule.get("Transitions") or ()), default=-1)
        if expires is not None and int(expires) <= latest:
            return f"'Days' in the Expiration action for rule '{rule.get('ID')}' must be greater than 'Days' in Transition"
    return None


def _backup_rules(call: Call) -> str | None:
    for rule in values_at(call.params, "BackupPlan.Rules[]"):
        lifecycles = [rule.get("Lifecycle"), *values_at(rule, "CopyActions[].Lifecycle")]
        for lifecycle in filter(None, lifecycles):
            cold, delete = lifecycle.get("MoveToColdStorageAfterDays"), lifecycle.get("DeleteAfterDays")
            # -1 says never.
            if cold and delete and int(delete) > 0 and int(delete) < int(cold) + _COLD_DAYS:
                return f"DeleteAfterDays cannot be less than {_COLD_DAYS} days apart from MoveToColdStorageAfterDays"
        start, end = rule.get("StartWindowMinutes"), rule.get("CompletionWindowMinutes")
        if start and end and int(end) < int(start) + _COMPLETION_AFTER_START:
            return f"CompletionWindowMinutes must be at least {_COMPLETION_AFTER_START} greater than StartWindowMinutes"
    return None


def _parameter_size(call: Call) -> str | None:
    tier = str(call.params.get("Tier") or "Standard")
    size, most = len(str(call.params.get("Value") or "").encode()), _PARAMETER_BYTES.get(tier, 8192)
    if size > most:
        return f"{tier} tier parameters support a maximum parameter value of {most} characters, and this one has {size}"
    return None


def _registered(call: Call) -> str | None:
    """A dead-letter queue's policy is JSON with an ARN and a number of 1 to 1,000."""
    policy = (call.params.get("Attributes") or {}).get("RedrivePolicy")
    if not policy:
        return None
    try:
        found = json.loads(policy)
        count = int(found["maxReceiveCount"])
    except (ValueError, KeyError, TypeError):
        return "Value for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map with both."
    if not 1 <= count <= 1000:
        return f"Value {count} for parameter RedrivePolicy is invalid. Reason: maxReceiveCount is 1 to 1000."
    return None


_QUEUES = f"{_AWS}AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"
CONSTRAINTS = (
    Constraint("attributes of FIFO queues", "sqs", ("CreateQueue", "SetQueueAttributes"), "InvalidAttributeName",
               _QUEUES, _fifo_queue),
    Constraint("redrive policy", "sqs", ("CreateQueue", "SetQueueAttributes"), "InvalidParameterValue", _QUEUES,
               _registered),
    Constraint("attributes of topics", "sns", ("SetTopicAttributes",), "InvalidParameter",
               f"{_AWS}sns/latest/api/API_SetTopicAttributes.html", _topic_attribute),
    Constraint("targets of a rule", "events", ("PutTargets",), "LimitExceededException",
               f"{_AWS}eventbridge/latest/userguide/eb-quota.html", _targets),
    Constraint("periods of an alarm", "cloudwatch", ("PutMetricAlarm",), "ValidationError",
               f"{_AWS}AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html", _alarm_periods),
    Constraint("days of a lifecycle", "s3", ("PutBucketLifecycleConfiguration",), "InvalidArgument",
               f"{_AWS}AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html", _transitions),
    Constraint("lifecycle and windows of a backup plan", "backup", ("CreateBackupPlan", "UpdateBackupPlan"),
               "InvalidParameterValueException", f"{_AWS}aws-backup/latest/devguide/API_Lifecycle.html",
               _backup_rules),
    Constraint("size of a parameter", "ssm", ("PutParameter",), "ValidationException",
               f"{_AWS}systems-manager/latest/userguide/parameter-store-advanced-parameters.html", _parameter_size),
)  # fmt: skip
