"""Findings of AWS services notify operators, and undeliverable events are kept."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from blueprint import Blueprint, Resource, record_primary

RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
FINDINGS = ("intruder-found", "weakness-found", "backup-not-copied")


def pattern(stack: Blueprint, rule: str) -> dict[str, Any]:
    return json.loads(stack.one(RULE, rule).properties["eventPattern"])


def matches(pattern: Any, value: Any) -> bool:
    """Whether EventBridge takes a value by a pattern, of what these rules use (EventBridge User Guide, "Comparison
    operators"): a list is taken by any of its entries, and what is not there by no pattern."""
    if isinstance(value, list):
        return any(matches(pattern, entry) for entry in value)
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(key in value and matches(pattern[key], value[key]) for key in pattern)
    return any(_takes(wanted, value) for wanted in pattern)


def _takes(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, dict):
        return value == wanted
    ((operator, operand),) = wanted.items()
    if operator == "anything-but":
        return value != operand
    assert (operator, operand[0]) == ("numeric", ">=")
    return value >= operand[1]


def guard_duty(severity: float) -> dict[str, Any]:
    return {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": {"severity": severity}}


def security_hub(**changes: Any) -> dict[str, Any]:
    finding = {
        "ProductName": "Security Hub",
        "RecordState": "ACTIVE",
        "Severity": {"Label": "HIGH", "Normalized": 70},
        "Workflow": {"Status": "NEW"},
        **changes,
    }
    return {
        "source": "aws.securityhub",
        "detail-type": "Security Hub Findings - Imported",
        "detail": {"findings": [finding]},
    }


def copied(vault: str, state: str) -> dict[str, Any]:
    detail = {"state": state, "sourceBackupVaultArn": vault}
    return {"source": "aws.backup", "detail-type": "Copy Job State Change", "detail": detail}


@pytest.mark.parametrize(("severity", "told"), [(2, False), (6.9, False), (7, True), (8, True), (9.5, True)])
def test_guard_duty_findings_of_high_severity_notify(stack: Blueprint, severity: float, told: bool):
    assert matches(pattern(stack, "intruder-found"), guard_duty(severity)) is told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"Severity": {"Label": "CRITICAL"}}, True),
        ({"ProductName": "Inspector"}, True),
        ({"Severity": {"Label": "MEDIUM"}}, False),
        ({"Workflow": {"Status": "NOTIFIED"}}, False),
        ({"Workflow": {"Status": "SUPPRESSED"}}, False),
        ({"RecordState": "ARCHIVED"}, False),
        ({"ProductName": "GuardDuty"}, False),
    ],
)
def test_security_hub_findings_notify_while_they_are_new(stack: Blueprint, changes: dict[str, Any], told: bool):
    """Security Hub has GuardDuty's findings, too, of which people hear from GuardDuty."""
    assert matches(pattern(stack, "weakness-found"), security_hub(**changes)) is told


def test_a_failed_backup_copy_notifies(stack: Blueprint):
    wanted = pattern(stack, "backup-not-copied")
    (vault,) = wanted["detail"]["sourceBackupVaultArn"]
    assert "Vault::backups#arn" in vault
    assert matches(wanted, copied(vault, "FAILED"))
    assert not matches(wanted, copied(vault, "COMPLETED"))
    assert not matches(wanted, copied("arn:aws:backup:us-east-1:123456789012:backup-vault:of-others", "FAILED"))


@pytest.mark.parametrize("rule", FINDINGS)
def test_findings_go_to_the_operations_topic_or_the_dead_letter_queue(stack: Blueprint, rule: str):
    (target,) = _targets(stack, rule)
    assert "Topic::operations#arn" in target.properties["arn"]
    assert "::undelivered-events#arn" in target.properties["deadLetterConfig"]["arn"]
    assert target.properties["retryPolicy"]["maximumRetryAttempts"] == 185


def test_the_dead_letter_queue_admits_these_rules(stack: Blueprint):
    """A dead-letter queue whose policy does not know the rule takes nothing, without a word of it."""
    region = "us-east-1" if stack.stack == "primary" else "us-west-2"
    policy = json.loads(stack.one(QUEUE_POLICY, "undelivered-events").properties["policy"])
    admitted = [
        statement["Condition"]["ArnLike"]["aws:SourceArn"]
        for statement in policy["Statement"]
        if statement.get("Principal") == {"Service": "events.amazonaws.com"}
    ]
    for rule in (*FINDINGS, "trace-insights"):
        arn = f"arn:aws:events:{region}:123456789012:rule/{stack.one(RULE, rule).properties['name']}"
        assert any(fnmatchcase(arn, one) for one in admitted), rule


def test_findings_notify_if_a_landing_zone_runs_detection():
    stack = record_primary({"accountBaseline": False})
    assert not stack.of_type("aws:guardduty/detector:Detector")
    assert {rule.name for rule in stack.of_type(RULE)} >= set(FINDINGS)


def _targets(stack: Blueprint, rule: str) -> list[Resource]:
    name = stack.one(RULE, rule).properties["name"]
    return [target for target in stack.of_type(TARGET) if target.properties["rule"] == name]
