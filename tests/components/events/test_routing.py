"""The event bus: what it matches is asked of a matcher, not of the pattern's text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.events.models import EventPattern

from blueprint import Blueprint
from components.events.patterns import EventType

RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
BUS = "aws:cloudwatch/eventBus:EventBus"
VENUES = ("XNYS", "XNAS", "ARCX")
CLASSES = ("equity", "option", "future")


def event(type_: str, detail: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "0",
        "account": "123456789012",
        "region": "us-east-1",
        "time": "2026-01-02T14:30:00Z",
        "resources": [],
        "source": "trading.order-intake",
        "detail-type": type_,
        "detail": detail,
        **more,
    }


def receivers(stack: Blueprint, put: dict[str, Any]) -> set[str]:
    """Names of the resources that the bus sends an event to."""
    rules = {
        rule.name
        for rule in stack.of_type(RULE)
        if "eventBusName" in rule.properties
        and rule.properties["eventBusName"] == "trading-primary-events"
        and EventPattern.load(rule.properties["eventPattern"]).matches_event(put)
    }
    return {
        target.properties["arn"].split("::")[1].split("#")[0]
        for target in stack.of_type(TARGET)
        if any(target.properties["rule"] == f"trading-primary-{rule}" for rule in rules)
    }


@pytest.mark.parametrize("venue", VENUES)
def test_an_accepted_order_goes_to_the_queue_of_its_venue_alone(primary: Blueprint, venue: str):
    put = event(EventType.ORDER_ACCEPTED, {"venue": venue, "instrumentClass": "equity"})
    assert receivers(primary, put) == {f"execution-{venue.lower()}"}


@given(
    venue=st.one_of(st.none(), st.sampled_from(VENUES), st.text(max_size=6)),
    class_=st.one_of(st.none(), st.sampled_from(CLASSES), st.text(max_size=6)),
)
def test_every_accepted_order_goes_to_exactly_one_queue(primary: Blueprint, venue: str | None, class_: str | None):
    detail = {key: value for key, value in (("venue", venue), ("instrumentClass", class_)) if value is not None}
    reached = receivers(primary, event(EventType.ORDER_ACCEPTED, detail))
    assert len(reached) == 1, "no order is lost on the bus, none is executed twice"
    assert (reached == {"quarantine"}) == (venue not in VENUES), "what no venue is known for is quarantined"


def test_an_execution_is_settled_by_its_class_told_and_recorded(primary: Blueprint):
    for class_ in CLASSES:
        put = event(EventType.EXECUTION, {"venue": "XNYS", "instrumentClass": class_})
        assert receivers(primary, put) == {f"post-trade-{class_}", "executions", "events", "events-archive"}
    unknown = event(EventType.EXECUTION, {"instrumentClass": "tulip"})
    assert receivers(primary, unknown) == {"quarantine", "executions", "events", "events-archive"}


def test_breaches_and_notices_reach_people_and_the_record(primary: Blueprint):
    assert receivers(primary, event(EventType.RISK_BREACH, {})) == {"risk", "events", "events-archive"}
    assert receivers(primary, event(EventType.OPERATIONS_NOTICE, {})) == {"operations", "events", "events-archive"}
    assert receivers(primary, event(EventType.ORDER_REJECTED, {})) == {"events", "events-archive"}


@given(type_=st.sampled_from(EventType), venue=st.sampled_from(VENUES), class_=st.sampled_from(CLASSES))
def test_a_replayed_event_is_never_executed_settled_or_paged_again(
    primary: Blueprint, type_: EventType, venue: str, class_: str
):
    put = event(type_, {"venue": venue, "instrumentClass": class_}, **{"replay-name": "restore-2026-01-02"})
    assert receivers(primary, put) == {"replays"}


def test_an_event_from_elsewhere_is_not_routed(primary: Blueprint):
    put = event(EventType.ORDER_ACCEPTED, {"venue": "XNYS"}, source="aws.ec2")
    assert receivers(primary, put) == set()


def test_both_regions_route_alike(primary: Blueprint, dr: Blueprint, dr_active: Blueprint):
    patterns = {rule.name: rule.properties["eventPattern"] for rule in primary.of_type(RULE)}
    for recovery in (dr, dr_active):
        routed = {rule.name: rule.properties["eventPattern"] for rule in recovery.of_type(RULE)}
        assert {name: routed.get(name) for name in patterns if name.startswith("orders-")} == {
            name: pattern for name, pattern in patterns.items() if name.startswith("orders-")
        }


def targets_of_the_bus(stack: Blueprint) -> list[Any]:
    bus = stack.one(BUS, "events").properties["name"]
    return [target for target in stack.of_type(TARGET) if target.properties.get("eventBusName") == bus]


def test_what_a_target_does_not_take_is_kept(stack: Blueprint):
    targets = targets_of_the_bus(stack)
    assert targets
    for target in targets:
        assert "::undelivered-events#arn" in target.properties["deadLetterConfig"]["arn"], target.name
        assert target.properties["retryPolicy"]["maximumRetryAttempts"] == 185
    assert "::undelivered-events#arn" in stack.one(BUS, "events").properties["deadLetterConfig"]["arn"]


def test_an_order_that_waited_too_long_is_set_aside_and_not_executed(stack: Blueprint):
    for target in targets_of_the_bus(stack):
        age = target.properties["retryPolicy"]["maximumEventAgeInSeconds"]
        expected = 60 if target.name.endswith("-execution") else 24 * 3600
        assert age == expected, f"{target.name} takes events of {expected} s at most"


def test_bus_and_archive_are_encrypted_and_events_stay_for_replay(stack: Blueprint):
    bus = stack.one(BUS, "events")
    archive = stack.one("aws:cloudwatch/eventArchive:EventArchive", "events")
    for resource in (bus, archive):
        assert "::streams#arn" in resource.properties["kmsKeyIdentifier"]
    assert archive.properties["retentionDays"] == 365
    assert archive.options.get("protect"), "an archive cannot be made again"
    assert json.loads(archive.properties["eventPattern"]) == {"source": [{"prefix": "trading."}]}


def test_only_this_account_puts_events_on_the_bus(stack: Blueprint):
    policy = stack.one("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "events").properties["policy"]
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert statement["Action"] == "events:PutEvents"


def test_the_log_of_events_takes_them_from_the_bus_of_this_account_alone(stack: Blueprint):
    policy = json.loads(
        stack.one("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", "events").properties["policyDocument"]
    )
    for statement in policy["Statement"]:
        assert statement["Resource"].endswith(":*")
        if statement["Action"] == "logs:PutLogEvents":
            rules = statement["Condition"]["ArnLike"]["aws:SourceArn"]
            assert rules.split(":")[4] == "123456789012"
            assert rules.endswith("/*"), "rules of the bus"
    group = stack.one("aws:cloudwatch/logGroup:LogGroup", "events")
    assert group.properties["name"].startswith("/aws/events/"), "EventBridge writes to no other group"
