"""R3: observers, their quorum, and the failover function with its permissions."""

from __future__ import annotations

import json
import re
from itertools import combinations, product

import pytest

from aws_emulator.additions._alarm_rule import AlarmRule
from blueprint import Blueprint, record_dr
from components.recovery.observers import quorum_rule
from functions import metrics
from recovery import configuration
from recovery.clients import Clients
from recovery.parts import switch_of
from runbook.outputs import budget_of
from tests.components.security.graph import document, statements

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
FUNCTION = "aws:lambda/function:Function"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE = "aws:iam/role:Role"
SCHEDULE = "aws:scheduler/schedule:Schedule"
VOTES = ("primary-unanswered", "primary-unseen", "lease-stale", "replica-behind")


@pytest.mark.parametrize("needed", [2, 3, 4])
def test_the_quorum_needs_exactly_that_many_votes(needed: int):
    rule = AlarmRule(quorum_rule(VOTES, needed))
    for states in product(("ALARM", "OK", "INSUFFICIENT_DATA"), repeat=len(VOTES)):
        votes = dict(zip(VOTES, states, strict=True))
        reached = states.count("ALARM") >= needed
        assert rule.holds(votes) is reached, f"{votes} with {needed} needed"


def test_four_observers_vote_and_missing_data_is_no_vote(dr: Blueprint):
    for name in VOTES:
        alarm = dr.one(ALARM, name).properties
        assert alarm["treatMissingData"] == "notBreaching", f"{name}: who sees nothing has no vote"
        assert alarm["evaluationPeriods"] == alarm["datapointsToAlarm"] == 2, f"{name}: minutes in a row"
        assert not alarm.get("alarmActions"), f"{name} alone wakes nobody"
    rule = dr.one("aws:cloudwatch/compositeAlarm:CompositeAlarm", "primary-lost").properties["alarmRule"]
    assert rule.count(" OR ") + 1 == len(list(combinations(VOTES, 3))), "three of four by default"


def test_people_are_paged_without_a_quorum_when_orders_stop(dr: Blueprint):
    """By a stale lease, or by both observers of order intake: late writes keep the lease of a slow table fresh."""
    rule = AlarmRule(dr.one("aws:cloudwatch/compositeAlarm:CompositeAlarm", "orders-stopped").properties["alarmRule"])
    names = {name: dr.one(ALARM, name).properties["name"] for name in VOTES[:3]}
    for raised in product((True, False), repeat=3):
        unanswered, unseen, stale = raised
        states = {names[name]: "ALARM" if up else "OK" for name, up in zip(VOTES[:3], raised, strict=True)}
        assert rule.holds(states) is (stale or (unanswered and unseen)), states


def test_observers_use_published_metrics(dr: Blueprint):
    published = {(metric.namespace, metric.name) for metric in metrics.ALL}
    for name in (*VOTES[:3], "observers-blind", "drill-stop"):
        alarm = dr.one(ALARM, name).properties
        assert (alarm["namespace"], alarm["metricName"]) in published, f"{name} looks at a metric of nobody"


def test_missing_observations_raise_an_alarm(dr: Blueprint):
    blind = dr.one(ALARM, "observers-blind").properties
    assert blind["treatMissingData"] == "breaching"
    assert blind["alarmActions"], "people are told"


def test_stopped_replication_votes_with_the_lag(dr: Blueprint):
    queries = dr.one(ALARM, "replica-behind").properties["metricQueries"]
    (expression,) = [query["expression"] for query in queries if "expression" in query]
    assert expression == "IF(lag <= -1, 600, lag)", "-1 says that replication has stopped"


def test_the_quorum_starts_the_function_and_failed_events_are_kept(dr: Blueprint):
    rule = dr.one("aws:cloudwatch/eventRule:EventRule", "primary-lost").properties
    pattern = json.loads(rule["eventPattern"])
    assert pattern["detail"] == {"state": {"value": ["ALARM"]}}
    assert "compositeAlarm" in pattern["resources"][0], "the quorum, not one of its votes"
    target = dr.one("aws:cloudwatch/eventTarget:EventTarget", "primary-lost").properties
    assert "failed-recovery" in target["deadLetterConfig"]["arn"]
    assert "alias" in target["arn"].lower(), "a version that was released whole"
    assert dr.one(ALARM, "failover-undelivered").properties["alarmActions"], "people learn of what was not delivered"
    assert dr.one(ALARM, "failover-errors").properties["alarmActions"]


def test_automatic_failover_is_off_by_default(primary: Blueprint, dr: Blueprint):
    def automatic(stack: Blueprint) -> str:
        return stack.one(FUNCTION, "failover").properties["environment"]["variables"]["AUTOMATIC"]

    assert automatic(dr) == "false"
    acting = record_dr(primary, overrides={"automaticFailover": True, "stateBackendUrl": "s3://state?region=us-west-2"})
    assert automatic(acting) == "true"


def test_observer_and_failover_run_outside_the_vpc(dr: Blueprint):
    for name in ("failover", "observer"):
        function = dr.one(FUNCTION, name).properties
        assert "vpcConfig" not in function, "it reaches services of both regions"
        assert function["reservedConcurrentExecutions"] == 1, "two at once would be in each other's way"
        assert sum(len(k) + len(v) for k, v in function["environment"]["variables"].items()) < 4096, "Lambda's limit"


def test_the_runbook_parses_the_exported_configuration(dr: Blueprint, dr_active: Blueprint):
    # The engine resolves references, such as the id in the address of the switch.
    exported = json.loads(re.sub(r"\$\{[^}]+\}", "fs-a1b2c3", json.dumps(dr.outputs["recovery"])))
    found = configuration.from_outputs(exported)
    assert (found.primary.region, found.standby.region) == ("us-east-1", "us-west-2")
    assert found.standby.database == "trading-dr-trade-history"
    assert found.tables.control == "trading-control"
    assert switch_of(found, Clients("us-west-2", "us-east-1")), "the switch is one that it can turn"
    assert configuration.to_outputs(found) == exported, "no key more and none less"
    assert budget_of(dr.outputs) == dr.outputs["recoveryBudget"]
    told = dr.one(FUNCTION, "failover").properties["environment"]["variables"]["RECOVERY"]
    assert json.loads(told) == dr.outputs["recovery"], "the function is told what people are told"
    assert dr_active.outputs["recovery"] == dr.outputs["recovery"], "a takeover renames nothing"


@pytest.mark.parametrize("role", ["primary", "dr"])
def test_the_exported_configuration_names_existing_resources(role: str, primary: Blueprint, dr: Blueprint):
    stack = {"primary": primary, "dr": dr}[role]
    site = dr.outputs["recovery"]["primary" if role == "primary" else "standby"]
    names = {r.properties.get("name") for r in stack.of_type(FUNCTION)}
    for key in ("orderIntake", "redrive", "integrity"):
        name, alias = site[key].split(":")
        assert (name, alias) in {(each, "live") for each in names}, f"{key} names no function"
    assert site["rotation"].split(":")[-1] in names
    assert site["database"] in {r.properties["identifier"] for r in stack.of_type("aws:rds/instance:Instance")}
    assert site["orderStream"] in {r.properties["name"] for r in stack.of_type("aws:kinesis/stream:Stream")}
    assert site["bus"] in {r.properties["name"] for r in stack.of_type("aws:cloudwatch/eventBus:EventBus")}
    archives = {r.properties["name"] for r in stack.of_type("aws:cloudwatch/eventArchive:EventArchive")}
    assert site["archive"].rsplit("/")[-1] in archives


def test_the_primary_has_no_observers_or_failover_function(primary: Blueprint):
    composites = {alarm.name for alarm in primary.of_type("aws:cloudwatch/compositeAlarm:CompositeAlarm")}
    assert "primary-lost" not in composites
    assert "failover" not in {function.name for function in primary.of_type(FUNCTION)}
    assert "recovery" not in primary.outputs


def test_a_takeover_changes_no_observer_or_failover_resource(dr: Blueprint, dr_active: Blueprint):
    def recovery(stack: Blueprint) -> dict[str, dict]:
        return {r.urn: r.as_json() for r in stack.resources if "trading:recovery:Standby$" in r.urn}

    assert recovery(dr), "the layer is there"
    assert recovery(dr) == recovery(dr_active)


def test_recovery_policies_match_the_golden_file(dr: Blueprint, golden):
    names = ["drill", "failover", "observer", "scale-out", "switch"]
    schedules = ["observer-schedule", "readiness-drill-schedule", "region-cut-off-schedule"]
    golden.matches(
        "recovery-policies-dr",
        {
            "trust": {name: document(dr.one(ROLE, name), "assumeRolePolicy") for name in names + schedules},
            "permissions": {name: document(dr.one(ROLE_POLICY, name)) for name in names + schedules},
        },
    )


def test_the_failover_changes_nothing_in_the_primarys_region(dr: Blueprint):
    reading = ("dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "kms:Decrypt")
    for each in statements(dr.one(ROLE_POLICY, "failover")):
        resources = each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]]
        actions = each["Action"] if isinstance(each["Action"], list) else [each["Action"]]
        if any(":us-east-1:" in resource for resource in resources):
            assert set(actions) <= set(reading), f"{each['Sid']} writes into a region that may be gone"
