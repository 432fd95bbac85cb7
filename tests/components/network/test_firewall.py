"""The web application firewall."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blueprint import Blueprint, record_primary
from tests.components.network.graph import LOG_GROUP, name_of

ACL = "aws:wafv2/webAcl:WebAcl"
LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
POLICY = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"


def _rules(stack: Blueprint) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in stack.one(ACL, "firewall").properties["rules"]}


@pytest.mark.parametrize(
    "group",
    [
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesSQLiRuleSet",
    ],
)
def test_awss_managed_rules_are_enforced(stack: Blueprint, group: str):
    rule = _rules(stack)[group]
    assert rule["overrideAction"] == {"none": {}}, f"{group} only counts"


def test_priorities_are_unique_and_every_rule_is_measured(stack: Blueprint):
    rules = _rules(stack).values()
    assert len({rule["priority"] for rule in rules}) == len(rules)
    assert all(rule["visibilityConfig"]["cloudwatchMetricsEnabled"] for rule in rules)


def test_one_address_cannot_flood_the_api(stack: Blueprint):
    rule = _rules(stack)["rate-per-address"]
    rate = rule["statement"]["rateBasedStatement"]
    assert (rate["limit"], rate["evaluationWindowSec"], rate["aggregateKeyType"]) == (6000, 60, "IP")
    assert "block" in rule["action"]


def test_a_body_that_the_firewall_cannot_see_whole_is_blocked(stack: Blueprint):
    rule = _rules(stack)["order-body-size"]
    size = rule["statement"]["sizeConstraintStatement"]
    assert (size["comparisonOperator"], size["size"]) == ("GT", 8192)
    assert size["fieldToMatch"]["body"]["oversizeHandling"] == "MATCH"
    assert "block" in rule["action"]


def test_a_request_with_a_body_must_say_that_it_is_json(stack: Blueprint):
    with_body, not_json = _rules(stack)["order-body-type"]["statement"]["andStatement"]["statements"]
    methods = [s["byteMatchStatement"]["searchString"] for s in with_body["orStatement"]["statements"]]
    assert methods == ["POST", "PUT", "PATCH"]
    match = not_json["notStatement"]["statement"]["byteMatchStatement"]
    assert match["fieldToMatch"] == {"singleHeader": {"name": "content-type"}}
    assert (match["positionalConstraint"], match["searchString"]) == ("STARTS_WITH", "application/json")


def test_a_body_that_is_not_json_or_has_a_bloated_field_is_blocked(stack: Blueprint):
    rule = _rules(stack)["order-body-content"]
    _, content = rule["statement"]["andStatement"]["statements"]
    body = content["sizeConstraintStatement"]["fieldToMatch"]["jsonBody"]
    assert body["invalidFallbackBehavior"] == body["oversizeHandling"] == "MATCH"
    assert "block" in rule["action"]


@pytest.mark.parametrize(("block", "override"), [(False, "count"), (True, "none")])
def test_anonymous_callers_are_counted_or_blocked_by_choice(block: bool, override: str):
    rule = _rules(record_primary({"wafBlockAnonymous": block}))["AWSManagedRulesAnonymousIpList"]
    assert list(rule["overrideAction"]) == [override]


def test_every_decision_is_logged_without_what_identifies_the_caller(stack: Blueprint):
    logging = stack.one(LOGGING, "firewall").properties
    hidden = {field["singleHeader"]["name"] for field in logging["redactedFields"]}
    assert "authorization" in hidden
    group = stack.one(LOG_GROUP, name_of(logging["logDestinationConfigs"][0])).properties
    assert group["name"].startswith("aws-waf-logs-"), "the firewall delivers to no other names"
    assert name_of(group["kmsKeyId"]) == "logs"


def test_only_the_delivery_of_this_account_writes_the_firewalls_log(stack: Blueprint):
    (statement,) = json.loads(stack.one(POLICY, "firewall").properties["policyDocument"])["Statement"]
    assert statement["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


def test_both_regions_have_the_same_rules(primary: Blueprint, dr: Blueprint):
    assert _rules(primary) == _rules(dr)
