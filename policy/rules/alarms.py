"""CloudWatch alarms: whether they can speak, and whether anybody hears them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules, Severity
from policy.stack import Stack
from policy.values import NotEvaluatedError

RULES = Rules("Alarms")

_NAME_IN_RULE = re.compile(r"""(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*["']?([^"')]+)["']?\s*\)""")


@RULES.joined(
    t.METRIC_ALARM,
    t.COMPOSITE_ALARM,
    id="alarm-acts",
    title="Alarms have an action, or a composite alarm uses them",
    remediation="Leave actionsEnabled true, and give alarmActions, or name the alarm in the rule of a composite alarm.",
    needs=("actionsEnabled", "alarmActions"),
)
def acts(alarm: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """An alarm with disabled actions notifies nobody."""
    if not alarm.flag("actionsEnabled", default=True):
        yield "its actions are disabled"
        return
    if alarm.has("alarmActions") or alarm.has("insufficientDataActions"):
        return
    name = alarm.peek("name") if alarm.type == t.METRIC_ALARM else alarm.peek("alarmName")
    if str(name) not in _named_by_composites(stack) and alarm.urn not in _read(stack):
        yield "has no actions, and no other resource uses it"


# What acts on an alarm's state itself.
_READERS = {
    t.COMPOSITE_ALARM: "alarmRule",
    "aws:fis/experimentTemplate:ExperimentTemplate": "stopConditions",
    "aws:codedeploy/deploymentGroup:DeploymentGroup": "alarmConfiguration",
    t.ECS_SERVICE: "alarms",
    t.HEALTH_CHECK: "cloudwatchAlarmName",
}


def _named_by_composites(stack: Stack) -> frozenset[str]:
    def made() -> frozenset[str]:
        rules = [str(c.get("alarmRule") or "") for c in stack.of_type(t.COMPOSITE_ALARM)]
        return frozenset(name for rule in rules for name in _NAME_IN_RULE.findall(rule))

    return stack.once("alarms-named", made)


def _read(stack: Stack) -> frozenset[str]:
    def made() -> frozenset[str]:
        found: set[str] = set()
        for type_, path in _READERS.items():
            for reader in stack.of_type(type_):
                targets = stack.targets(reader, path, t.METRIC_ALARM, t.COMPOSITE_ALARM)
                found |= {target.urn for target in targets if isinstance(target, Resource)}
        return frozenset(found)

    return stack.once("alarms-referred", made)


# CloudWatch metrics of which the service's guide gives the largest value: shares in percent, and states of 0 or 1.
_PERCENT = re.compile(r"(Utilization|Percent|Utilisation)", re.IGNORECASE)
_STATES = {
    "TunnelState",
    "StatusCheckFailed",
    "StatusCheckFailed_Instance",
    "StatusCheckFailed_System",
    "HealthCheckStatus",
}
# SQS keeps a message for 14 days at most; Lambda runs for 900 s; no metric that counts or takes milliseconds comes near
# 10^9 in a period of an alarm. Bytes do.
_BOUNDS = {"ApproximateAgeOfOldestMessage": 14 * 24 * 3600.0, "Duration": 900_000.0}
_COUNTS = 1e9
_BYTES = re.compile(r"(Bytes|Storage|Memory|Size|Throughput|Credit|Volume|IteratorAge)")
# What is left of something: where its owner is gone there is nothing to measure, and other alarms say so.
_REMAINDERS = re.compile(r"^(Free|Available|Remaining|Burst|CPUCredit|CPUSurplus|EBS\w*Balance|VolumeIdle)")


@RULES.resource(
    t.METRIC_ALARM,
    id="alarm-reachable",
    title="Alarm thresholds can be reached",
    severity=Severity.ADVISORY,
    remediation="Set a threshold within what the metric can show.",
    needs=("threshold", "comparisonOperator"),
)
def reachable(alarm: Resource, _: Parameters) -> Iterator[str]:
    """Percentages are at most 100, states are 0 or 1, and counts are not negative.

    Counts and milliseconds have a bound of 10^9. Metrics of bytes, expressions and anomaly bands have no bound.
    """
    threshold, operator = alarm.number("threshold"), alarm.text("comparisonOperator")
    metric = alarm.text("metricName")
    wanted, periods = alarm.number("datapointsToAlarm"), alarm.number("evaluationPeriods")
    if wanted and periods and wanted > periods:
        yield f"wants {wanted:g} data points of {periods:g}"
    if threshold is None:
        return
    strict = "OrEqual" not in operator
    if operator.startswith("Greater"):
        bound = _bound(alarm, metric)
        if bound is not None and (threshold >= bound if strict else threshold > bound):
            yield f"its threshold of {threshold:g} cannot be reached: {metric or 'the expression'} is at most {bound:g}"
    elif operator.startswith("Less") and metric and (threshold <= 0 if strict else threshold < 0):
        yield f"its threshold of {threshold:g} cannot be reached: {metric} is never below zero"


def _bound(alarm: Resource, metric: str) -> float | None:
    if metric in _BOUNDS:
        return _BOUNDS[metric]
    if metric in _STATES:
        return 1.0 if alarm.text("statistic") != "Sum" else None
    if (_PERCENT.search(metric) or alarm.text("unit") == "Percent") and alarm.text("statistic") != "Sum":
        return 100.0
    return None if _BYTES.search(metric) else _COUNTS


@RULES.resource(
    t.METRIC_ALARM,
    id="alarm-on-silence",
    title="Alarms on low values treat missing data as breaching",
    severity=Severity.ADVISORY,
    remediation="Set treatMissingData to breaching.",
    needs=("treatMissingData", "comparisonOperator"),
    parameters={
        "silent": Parameter(
            "object",
            {},
            "Metrics that may have no data without a fault, by name (* for a part), and the reason.",
            items="string",
        )
    },
)
def on_silence(alarm: Resource, parameters: Parameters) -> Iterator[str]:
    """Metrics that count hosts, tasks, tunnels or heartbeats have no data when the last one is gone.

    Metrics of remaining capacity, such as FreeStorageSpace, are not judged.
    """
    metric = alarm.text("metricName")
    if not alarm.text("comparisonOperator").startswith("Less") or alarm.text("treatMissingData") == "breaching":
        return
    if not metric or _REMAINDERS.match(metric):
        return
    if any(str(reason).strip() and fnmatchcase(metric, pattern) for pattern, reason in parameters["silent"].items()):
        return
    yield f"treats missing data of {metric} as {alarm.text('treatMissingData') or 'missing'}, not as breaching"


@RULES.joined(
    t.QUEUE,
    id="dead-letters-alarmed",
    title="Dead-letter queues have an alarm",
    severity=Severity.ADVISORY,
    remediation="Declare a MetricAlarm of ApproximateNumberOfMessagesVisible of the dead-letter queue.",
    needs=((t.METRIC_ALARM, "dimensions"),),
)
def dead_letters(queue: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Judged if another queue of the plan uses the queue as dead-letter queue, and if the plan has alarms."""
    if not stack.of_type(t.METRIC_ALARM) or queue.urn not in _dead_letter_queues(stack):
        return
    name = queue.peek("name")
    for alarm in stack.of_type(t.METRIC_ALARM):
        dimension = (alarm.get("dimensions") or {}).get("QueueName")
        watched = alarm.text("metricName").startswith(("ApproximateNumberOfMessages", "ApproximateAge"))
        if watched and (dimension == name or queue in stack.resolved(alarm, "dimensions", dimension, t.QUEUE)):
            return
        if isinstance(name, str) and f'"{name}"' in json.dumps(alarm.peek("metricQueries"), default=str):
            return
    yield "no alarm watches the messages in it"


def _dead_letter_queues(stack: Stack) -> frozenset[str]:
    def made() -> frozenset[str]:
        found: set[str] = set()
        for source in stack.of_type(t.QUEUE, t.REDRIVE_POLICY):
            try:
                targets = stack.targets(source, "redrivePolicy", t.QUEUE)
            except NotEvaluatedError:
                continue  # `queue-dead-letter` says so.
            found |= {target.urn for target in targets if isinstance(target, Resource)}
        return frozenset(found)

    return stack.once("dead-letter-queues", made)
