"""Every rule matches events that are sent, and every alarm watches a metric that is published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import functions
from blueprint import Blueprint
from functions import metrics
from tests.reachability.event_data import EVENTS
from tests.reachability.signals import ALARM, RULE, TARGET, blind_alarms, deaf_rules
from tests.regressions.world import changed, without

Change = Callable[[Blueprint], Blueprint]


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def test_every_rule_hears_and_every_service_is_heard(stack: Blueprint):
    """Sources, types, fields, values and resources of each pattern, against the pages that document the events."""
    assert not list(deaf_rules(stack))


def test_every_alarm_watches_a_metric_that_is_published(stack: Blueprint):
    """The catalogue of AWS's metrics, the filters of logs, and the metrics of functions and engines."""
    assert not list(blind_alarms(stack))


def test_every_metric_of_the_catalogue_is_published_by_a_function():
    """A metric that no function's code names would never have data."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(functions.__file__).parent.rglob("*.py")
        if path.name != "metrics.py"
    )
    constants = [name for name, value in vars(metrics).items() if isinstance(value, metrics.Metric)]
    assert [name for name in constants if not re.search(rf"\b{name}\b", code)] == []


def test_every_event_has_its_page():
    assert all(each.page for each in EVENTS.values())


def _pattern(name: str, old: str, new: str) -> Change:
    def change(stack: Blueprint) -> Blueprint:
        text = stack.one(RULE, name).properties["eventPattern"]
        assert old in text
        return changed(stack, RULE, name, lambda _: {"eventPattern": text.replace(old, new)})

    return change


def _rule(name: str, **properties: object) -> Change:
    return lambda stack: changed(stack, RULE, name, lambda _: properties)


def _alarm(name: str, **properties: object) -> Change:
    return lambda stack: changed(stack, ALARM, name, lambda _: properties)


DEAF: dict[str, tuple[Change, str]] = {
    "a source that nobody has": (_pattern("backup-not-made", "aws.backup", "aws.backups"), "no known service sends"),
    "a type that its source does not send": (
        _pattern("intruder-found", "GuardDuty Finding", "GuardDuty Findings"),
        "intruder-found: aws.guardduty sends no GuardDuty Findings",
    ),
    "a field that the events do not have": (
        _pattern("intruder-found", '"severity"', '"severityLevel"'),
        "the detail of these events has no severityLevel",
    ),
    "a nested field that the events do not have": (
        _pattern("weakness-found", '"Label"', '"Level"'),
        "the detail of these events has no findings.Severity.Level",
    ),
    "a value that the field never has": (
        _pattern("delivery-failed", '"FAILED"', '"FAILURE"'),
        "delivery-failed: state is never FAILURE",
    ),
    "a pipeline that is not declared": (
        _pattern("delivery-failed", "trading-primary-delivery", "trading-primary-release"),
        "pipeline: no aws:codepipeline/pipeline:Pipeline is trading-primary-release",
    ),
    "a resource that is not declared": (
        _pattern("delivery-push", "Repository::platform#arn", "Repository::gone#arn"),
        "nothing that is declared is gone",
    ),
    "an event of a service on the platform's bus": (
        _rule("backup-not-made", eventBusName="trading-primary-events"),
        "events of aws.backup arrive on the default bus alone",
    ),
    "an event of the platform on the default bus": (
        _rule("replays", eventBusName="default"),
        "events of trading. are put on the platform's own bus",
    ),
    "an event that no program puts": (
        _pattern("notify-risk", "RiskBreach", "RiskBreached"),
        "nobody puts RiskBreached",
    ),
    "a rule that is disabled": (_rule("intruder-found", state="DISABLED"), "intruder-found: is disabled"),
    "a service that nobody listens to": (
        lambda stack: without(stack, RULE, "weakness-found"),
        "no rule listens to Security Hub Findings - Imported of aws.securityhub",
    ),
    "a rule without a target": (
        lambda stack: without(stack, TARGET, "trace-insights"),
        "trace-insights: has no target",
    ),
    "a target without a rule": (
        lambda stack: without(stack, RULE, "orders-xnys"),
        "trading-primary-orders-xnys: a target's rule is not declared",
    ),
}
BLIND: dict[str, tuple[Change, str]] = {
    "a metric that the service does not publish": (
        _alarm("replays-waiting", metricName="ApproximateAgeOfOldestMessages"),
        "nobody publishes AWS/SQS ApproximateAgeOfOldestMessages",
    ),
    "a namespace that does not exist": (_alarm("replays-waiting", namespace="AWS/Queues"), "publishes AWS/Queues"),
    "a dimension under which it is not published": (
        _alarm("replays-waiting", dimensions={"Queue": "trading-primary-replays"}),
        "by ['Queue']",
    ),
    "a metric of no function": (
        lambda stack: _alarm(_of_function(stack), metricName="OrdersLost")(stack),
        "nobody publishes TradingPlatform OrdersLost",
    ),
    "a metric of logs without its filter": (
        lambda stack: without(stack, "aws:cloudwatch/logMetricFilter:LogMetricFilter", "RootUsed"),
        "nobody publishes TradingPlatform/Security RootUsed",
    ),
}


def _of_function(stack: Blueprint) -> str:
    return next(each.name for each in stack.of_type(ALARM) if each.properties.get("namespace") == metrics.NAMESPACE)


@pytest.mark.parametrize("fault", DEAF)
def test_a_rule_that_hears_nothing_is_found(fault: str, primary: Blueprint):
    """Each part of a pattern that no event has."""
    change, message = DEAF[fault]
    found = list(deaf_rules(change(primary)))
    assert any(message in each for each in found), found


def test_a_failover_that_nothing_starts_is_found(dr: Blueprint):
    """The failover's function admits a rule that is not there."""
    found = list(deaf_rules(without(dr, RULE, "primary-lost")))
    assert any("primary-lost" in each for each in found), found


@pytest.mark.parametrize("fault", BLIND)
def test_an_alarm_that_sees_nothing_is_found(fault: str, primary: Blueprint):
    """Each part of a metric that nobody publishes."""
    change, message = BLIND[fault]
    found = list(blind_alarms(change(primary)))
    assert any(message in each for each in found), found


def test_patterns_are_read_as_json(primary: Blueprint):
    assert all(json.loads(each.properties["eventPattern"]) for each in primary.of_type(RULE))
