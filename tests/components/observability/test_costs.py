"""Budgets and cost anomaly detection."""

from __future__ import annotations

import json

from blueprint import Blueprint, record_dr, record_primary

BUDGET = "aws:budgets/budget:Budget"
MONITOR = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
SUBSCRIPTION = "aws:costexplorer/anomalySubscription:AnomalySubscription"
TOPIC = "Topic::operations#arn"


def test_each_region_has_a_monthly_budget(stack: Blueprint):
    (budget,) = stack.of_type(BUDGET)
    region = "us-east-1" if stack.stack == "primary" else "us-west-2"
    assert (budget.properties["budgetType"], budget.properties["timeUnit"]) == ("COST", "MONTHLY")
    assert budget.properties["costFilters"] == [{"name": "Region", "values": [region]}]
    assert budget.properties["limitUnit"] == "USD"


def test_the_pilot_light_has_a_smaller_budget(primary: Blueprint, dr: Blueprint):
    limit = {stack.stack: int(stack.of_type(BUDGET)[0].properties["limitAmount"]) for stack in (primary, dr)}
    assert 0 < limit["dr"] < limit["primary"] / 2, "what stands by costs a fraction of what it stands by for"


def test_the_budget_comes_from_the_setting():
    (budget,) = record_primary({"monthlyBudget": 1234}).of_type(BUDGET)
    assert budget.properties["limitAmount"] == "1234"


def test_a_budget_notifies_at_80_and_100_percent_and_by_forecast(stack: Blueprint):
    (budget,) = stack.of_type(BUDGET)
    told = {(entry["threshold"], entry["notificationType"]) for entry in budget.properties["notifications"]}
    assert told == {(80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED")}
    for entry in budget.properties["notifications"]:
        assert (entry["comparisonOperator"], entry["thresholdType"]) == ("GREATER_THAN", "PERCENTAGE")
        (topic,) = entry["subscriberSnsTopicArns"]
        assert TOPIC in topic


def test_the_primary_monitors_all_services_of_the_account(primary: Blueprint):
    (monitor,) = primary.of_type(MONITOR)
    assert (monitor.properties["monitorType"], monitor.properties["monitorDimension"]) == ("DIMENSIONAL", "SERVICE")


def test_an_account_has_one_monitor_of_services(dr: Blueprint, dr_active: Blueprint):
    """A second monitor of services is refused, and a member of an organization makes none of another kind (Cost
    Management User Guide, "Getting started with AWS Cost Anomaly Detection")."""
    for stack in (dr, dr_active, record_primary({"costAnomalyMonitor": "none"})):
        assert not stack.of_type(MONITOR, SUBSCRIPTION)


def test_an_existing_monitor_can_be_used():
    monitor = "arn:aws:ce::123456789012:anomalymonitor/01234567-89ab-cdef-0123-456789abcdef"
    stack = record_primary({"costAnomalyMonitor": monitor})
    assert not stack.of_type(MONITOR)
    (subscription,) = stack.of_type(SUBSCRIPTION)
    assert subscription.properties["monitorArnLists"] == [monitor]


def test_anomalies_notify_immediately_from_the_configured_amount(primary: Blueprint):
    (subscription,) = primary.of_type(SUBSCRIPTION)
    assert subscription.properties["frequency"] == "IMMEDIATE", "a topic takes nothing else"
    (monitor,) = primary.of_type(MONITOR)
    assert subscription.properties["monitorArnLists"] == [str(monitor.reference("arn"))]
    (subscriber,) = subscription.properties["subscribers"]
    assert subscriber["type"] == "SNS"
    assert TOPIC in subscriber["address"]
    threshold = subscription.properties["thresholdExpression"]["dimension"]
    assert threshold == {
        "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
        "matchOptions": ["GREATER_THAN_OR_EQUAL"],
        "values": ["500"],
    }


def test_topic_and_key_admit_both_services_for_this_account_only(stack: Blueprint, primary: Blueprint):
    topic = json.loads(stack.one("aws:sns/topicPolicy:TopicPolicy", "operations").properties["policy"])
    key = json.loads(primary.one("aws:kms/key:Key", "streams").properties["policy"])
    for document, action in ((topic, "sns:Publish"), (key, "kms:GenerateDataKey*")):
        for service in ("budgets", "costalerts"):
            (statement,) = (
                entry
                for entry in document["Statement"]
                if entry.get("Principal") == {"Service": f"{service}.amazonaws.com"}
            )
            assert action in statement["Action"]
            assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        (budgets,) = (e for e in document["Statement"] if e.get("Principal") == {"Service": "budgets.amazonaws.com"})
        assert budgets["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:budgets::123456789012:*"}


def test_a_takeover_changes_nothing_in_us_east_1(primary: Blueprint, dr: Blueprint):
    active = record_dr(primary, active=True)
    standing, active_ = (
        {entry.urn: entry.properties for entry in stack.of_type(BUDGET, MONITOR, SUBSCRIPTION)}
        for stack in (dr, active)
    )
    assert standing == active_
