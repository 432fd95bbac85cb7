"""Alarms at the edges of what their rules allow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy.test_variants import refused

Json = dict[str, Any]
_ARN = "arn:aws:sns:us-east-1:123456789012:desk"


def _alarm(**properties: Any) -> tuple[str, str, Json]:
    return t.METRIC_ALARM, "alarm", properties


# Actions


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"alarmActions": [_ARN]}, []),
        ({"insufficientDataActions": [_ARN]}, []),
        ({"okActions": [_ARN]}, ["has no actions, and no other resource uses it"]),
        ({"alarmActions": [_ARN], "actionsEnabled": False}, ["its actions are disabled"]),
        ({"alarmActions": [_ARN], "actionsEnabled": True}, []),
    ],
)
def test_an_alarm_has_an_action_that_is_enabled(properties: Json, said: list[str]) -> None:
    """Actions on recovery alone notify nobody of the alarm."""
    assert refused("alarm-acts", _alarm(name="late", **properties)) == said


def _composite(rule: str) -> tuple[str, str, Json]:
    return t.COMPOSITE_ALARM, "all", {"alarmName": "all", "alarmActions": [_ARN], "alarmRule": rule}


_NAMED = (t.METRIC_ALARM, "late", {"name": "orders-late"})
_REFERENCE = "${aws:cloudwatch/metricAlarm:MetricAlarm::late#name}"


@pytest.mark.parametrize(
    ("reader", "count"),
    [
        (
            (t.COMPOSITE_ALARM, "all", {"alarmName": "all", "alarmActions": [_ARN], "alarmRule": "ALARM(orders-late)"}),
            0,
        ),
        (_composite("ALARM(orders)"), 1),
        (
            (
                t.COMPOSITE_ALARM,
                "all",
                {"alarmName": "all", "alarmActions": [_ARN], "alarmRule": f'ALARM("{_REFERENCE}")'},
            ),
            0,
        ),
        ((t.HEALTH_CHECK, "h", {"type": "CLOUDWATCH_METRIC", "cloudwatchAlarmName": _REFERENCE}), 0),
        ((t.HEALTH_CHECK, "h", {"type": "CLOUDWATCH_METRIC", "cloudwatchAlarmName": "another"}), 1),
        ((t.ECS_SERVICE, "s", {"alarms": {"alarmNames": [_REFERENCE], "enable": True}}), 0),
        (
            (
                "aws:fis/experimentTemplate:ExperimentTemplate",
                "f",
                {"stopConditions": [{"source": "aws:cloudwatch:alarm", "value": _REFERENCE.replace("#name", "#arn")}]},
            ),
            0,
        ),
    ],
)
def test_an_alarm_without_actions_is_read_by_something(reader: Any, count: int) -> None:
    """Composite alarms, health checks, deployments and experiments act on the state of an alarm."""
    assert len(refused("alarm-acts", _NAMED, reader)) == count


def test_a_composite_alarm_is_judged_by_its_own_name() -> None:
    """A composite alarm that another one uses needs no action of its own."""
    inner = (t.COMPOSITE_ALARM, "inner", {"alarmName": "inner", "alarmRule": "ALARM(x)"})
    outer = (t.COMPOSITE_ALARM, "outer", {"alarmName": "outer", "alarmRule": "ALARM(inner)", "alarmActions": [_ARN]})
    assert refused("alarm-acts", inner, outer) == []
    assert len(refused("alarm-acts", inner)) == 1


def test_an_alarm_of_one_name_does_not_excuse_another() -> None:
    """Only the alarm that the composite names is read."""
    other = (t.METRIC_ALARM, "other", {"name": "orders-lost"})
    reader = (t.COMPOSITE_ALARM, "all", {"alarmName": "all", "alarmActions": [_ARN], "alarmRule": "ALARM(orders-late)"})
    assert len(refused("alarm-acts", _NAMED, other, reader)) == 1


# Thresholds

_G, _GE = "GreaterThanThreshold", "GreaterThanOrEqualToThreshold"
_L, _LE = "LessThanThreshold", "LessThanOrEqualToThreshold"
_FOURTEEN_DAYS = 1_209_600


@pytest.mark.parametrize(
    ("metric", "operator", "threshold", "more", "bound"),
    [
        ("CPUUtilization", _G, 99.9, {}, None),
        ("CPUUtilization", _G, 100, {}, "100"),
        ("CPUUtilization", _GE, 100, {}, None),
        ("CPUUtilization", _GE, 101, {}, "100"),
        ("CPUUtilization", _G, 250, {"statistic": "Sum"}, None),
        ("CPUUtilization", _G, 100, {"statistic": "Average"}, "100"),
        ("DiskUsedPercent", _G, 100, {}, "100"),
        ("Load", _G, 100, {"unit": "Percent"}, "100"),
        ("Load", _G, 100, {"unit": "Count"}, None),
        ("Load", _G, 100, {"unit": "Zone"}, None),
        ("Load", _G, 100, {}, None),
        ("TunnelState", _G, 1, {"statistic": "Maximum"}, "1"),
        ("TunnelState", _GE, 1, {"statistic": "Maximum"}, None),
        ("TunnelState", _GE, 2, {"statistic": "Minimum"}, "1"),
        ("TunnelState", _GE, 2, {"statistic": "Xtreme"}, "1"),
        ("TunnelState", _G, 1, {"statistic": "Sum"}, None),
        ("StatusCheckFailed", _G, 0.5, {}, None),
        ("ApproximateAgeOfOldestMessage", _G, _FOURTEEN_DAYS, {}, "1.2096e+06"),
        ("ApproximateAgeOfOldestMessage", _GE, _FOURTEEN_DAYS, {}, None),
        ("ApproximateAgeOfOldestMessage", _G, _FOURTEEN_DAYS - 1, {}, None),
        ("Duration", _G, 900_000, {}, "900000"),
        ("Duration", _GE, 900_000, {}, None),
        ("Errors", _G, 1e9, {}, "1e+09"),
        ("Errors", _GE, 1e9, {}, None),
        ("Errors", _G, 999_999_999, {}, None),
        ("IncomingBytes", _G, 1e12, {}, None),
        ("FreeStorageSpace", _G, 1e12, {}, None),
    ],
)
def test_a_threshold_above_the_bound_is_out_of_reach(
    metric: str, operator: str, threshold: float, more: Json, bound: str | None
) -> None:
    """The bound itself is reached by an operator with OrEqual and not by the strict one."""
    said = refused(
        "alarm-reachable", _alarm(metricName=metric, comparisonOperator=operator, threshold=threshold, **more)
    )
    wanted = f"its threshold of {threshold:g} cannot be reached: {metric} is at most {bound}"
    assert said == ([] if bound is None else [wanted])


@pytest.mark.parametrize(
    ("operator", "threshold", "reached"),
    [(_L, 1, True), (_L, 0.5, True), (_L, 0, False), (_LE, 0, True), (_LE, -0.5, False), (_L, -1, False)],
)
def test_a_threshold_below_zero_is_out_of_reach(operator: str, threshold: float, reached: bool) -> None:
    """Counts are never negative."""
    said = refused("alarm-reachable", _alarm(metricName="Orders", comparisonOperator=operator, threshold=threshold))
    assert said == (
        [] if reached else [f"its threshold of {threshold:g} cannot be reached: Orders is never below zero"]
    )


@pytest.mark.parametrize("operator", [_L, _LE, _GE])
def test_an_expression_may_be_below_zero(operator: str) -> None:
    """An expression has no metric name, and may be a difference."""
    assert refused("alarm-reachable", _alarm(comparisonOperator=operator, threshold=-5)) == []


def test_a_huge_threshold_of_an_expression_is_named() -> None:
    """The bound of counts holds for an expression as well."""
    said = refused("alarm-reachable", _alarm(comparisonOperator=_G, threshold=2e9))
    assert said == ["its threshold of 2e+09 cannot be reached: the expression is at most 1e+09"]


@pytest.mark.parametrize(
    ("wanted", "periods", "count"), [(3, 3, 0), (4, 3, 1), (2, 3, 0), (None, 1, 0), (1, None, 0), (2, 1, 1), (2, 0, 0)]
)
def test_no_more_data_points_are_wanted_than_are_evaluated(wanted: Any, periods: Any, count: int) -> None:
    """CloudWatch never has more data points than periods. Without the number of periods nothing is said."""
    alarm = _alarm(metricName="Errors", comparisonOperator=_G, datapointsToAlarm=wanted, evaluationPeriods=periods)
    said = refused("alarm-reachable", alarm)
    assert said == ([f"wants {wanted} data points of {periods}"] if count else [])


# Missing data


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        (
            {"metricName": "Hosts", "comparisonOperator": _L},
            "treats missing data of Hosts as missing, not as breaching",
        ),
        (
            {"metricName": "Hosts", "comparisonOperator": _LE, "treatMissingData": "notBreaching"},
            "treats missing data of Hosts as notBreaching, not as breaching",
        ),
        (
            {"metricName": "Hosts", "comparisonOperator": _L, "treatMissingData": "ignore"},
            "treats missing data of Hosts as ignore, not as breaching",
        ),
        ({"metricName": "Hosts", "comparisonOperator": _L, "treatMissingData": "breaching"}, None),
        ({"metricName": "Hosts", "comparisonOperator": _G}, None),
        ({"metricName": "FreeStorageSpace", "comparisonOperator": _L}, None),
        ({"metricName": "BurstBalance", "comparisonOperator": _L}, None),
        ({"metricName": "Quiet", "comparisonOperator": _L}, None),
        (
            {"metricName": "Busy", "comparisonOperator": _L},
            "treats missing data of Busy as missing, not as breaching",
        ),
        ({"comparisonOperator": _L}, None),
    ],
)
def test_an_alarm_on_low_values_breaches_without_data(properties: Json, said: str | None) -> None:
    """Remaining capacity, expressions and metrics that are named as silent are left out."""
    found = refused("alarm-on-silence", _alarm(**properties), silent={"Quie*": "It counts faults.", "Busy": " "})
    assert found == ([said] if said else [])


# Dead letters

_DEAD = (t.QUEUE, "dead", {"name": "fills-dead"})
_ARN_OF_DEAD = "${aws:sqs/queue:Queue::dead#arn}"
_SOURCE = (t.QUEUE, "fills", {"name": "fills", "redrivePolicy": {"deadLetterTargetArn": _ARN_OF_DEAD}})
_VISIBLE = "ApproximateNumberOfMessagesVisible"
_SAID = ["no alarm watches the messages in it"]


@pytest.mark.parametrize(
    ("alarm", "said"),
    [
        ({"metricName": _VISIBLE, "dimensions": {"QueueName": "fills-dead"}}, []),
        ({"metricName": _VISIBLE, "dimensions": {"QueueName": "${aws:sqs/queue:Queue::dead#name}"}}, []),
        ({"metricName": "ApproximateAgeOfOldestMessage", "dimensions": {"QueueName": "fills-dead"}}, []),
        ({"metricName": _VISIBLE, "dimensions": {"QueueName": "fills"}}, _SAID),
        ({"metricName": _VISIBLE}, _SAID),
        ({"metricName": "NumberOfMessagesSent", "dimensions": {"QueueName": "fills-dead"}}, _SAID),
        ({"metricQueries": [{"metric": {"dimensions": {"QueueName": "fills-dead"}}}]}, []),
        ({"metricQueries": [{"metric": {"dimensions": {"QueueName": "fills"}}}]}, _SAID),
    ],
)
def test_a_dead_letter_queue_has_an_alarm(alarm: Json, said: list[str]) -> None:
    """By its name or a reference, in a metric or in a query; an alarm on another queue does not count."""
    assert refused("dead-letters-alarmed", _SOURCE, _DEAD, _alarm(**alarm)) == said


def test_only_dead_letter_queues_of_plans_with_alarms_are_judged() -> None:
    """A plan without alarms leaves them to another one; a queue that nothing redrives to needs none."""
    assert refused("dead-letters-alarmed", _SOURCE, _DEAD) == []
    assert refused("dead-letters-alarmed", _DEAD, _alarm(metricName="x")) == []


def test_a_redrive_policy_of_its_own_names_the_queue_too() -> None:
    """Queues whose redrive policy cannot be read do not hide the others."""
    policy = json.dumps({"deadLetterTargetArn": _ARN_OF_DEAD, "maxReceiveCount": 3})
    hidden = (t.QUEUE, "hidden", {"name": "hidden", "redrivePolicy": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"})
    redrive = (t.REDRIVE_POLICY, "r", {"queueUrl": "${aws:sqs/queue:Queue::fills#id}", "redrivePolicy": policy})
    plain = (t.QUEUE, "fills", {"name": "fills"})
    assert refused("dead-letters-alarmed", hidden, plain, redrive, _DEAD, _alarm(metricName="x")) == _SAID
