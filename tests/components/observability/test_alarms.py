"""O3: alarms, their notifications, and equal alarms in the primary and an active recovery region."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from aws_emulator.additions._alarm_rule import AlarmRule
from blueprint import Blueprint, Resource, record_dr, record_primary
from blueprint.references import references_in
from components.observability.alarms.spec import MEANING, Concern
from tests.components.observability.pairing import ALARM, COMPOSITE, World, region_of, region_of_resource

# Those of the fleet and of drills act, and observers vote: they are no matter of people.
_NO_MATTER_OF_PEOPLE = {
    "engines-volatility",
    "drill-stop",
    "primary-unanswered",
    "primary-unseen",
    "lease-stale",
    "replica-behind",
}
# CloudWatch User Guide, "CloudWatch service quotas": alarms that a composite may hold, and the length of its rule.
_MOST_CHILDREN, _LONGEST_RULE = 100, 10_240
_TOPIC = "aws:sns/topic:Topic"


def _own(graph: Blueprint) -> list[Resource]:
    """Alarms in the stack's own region."""
    return [alarm for alarm in graph.of_type(ALARM) if region_of_resource(alarm, graph) == region_of(graph)]


def _children(composite: Resource) -> list[str]:
    return re.findall(r'ALARM\("([^"]+)"\)', composite.properties["alarmRule"])


def _told(alarm: Resource) -> list[str]:
    return [reference.name for reference in references_in(alarm.properties.get("alarmActions") or [])]


def _latency(graph: Blueprint, name: str) -> Mapping[str, Any]:
    return graph.one(ALARM, name).properties


def test_engine_latency_above_one_millisecond_alarms_within_half_a_minute(world: World):
    alarm = _latency(world.stack, "engine-latency")
    assert (alarm["metricName"], alarm["unit"]) == ("EngineLatency", "Microseconds")
    assert (alarm["extendedStatistic"], alarm["threshold"], alarm["comparisonOperator"]) == (
        "p99",
        1000,
        "GreaterThanThreshold",
    )
    assert (alarm["period"], alarm["datapointsToAlarm"], alarm["evaluationPeriods"]) == (10, 2, 3)
    assert alarm["evaluateLowSampleCountPercentiles"] == "ignore", "one slow order of few is no percentile"


def test_objectives_and_periods_come_from_the_settings():
    graph = record_primary(
        {
            "engineLatencyObjective": 500,
            "orderLatencyObjective": 42,
            "latencyAlarmPeriod": 30,
            "latencyAlarmPeriods": 5,
            "latencyAlarmBreaching": 4,
        }
    )
    for name, objective in (("engine-latency", 500), ("order-latency", 42)):
        alarm = _latency(graph, name)
        assert (alarm["threshold"], alarm["period"]) == (objective, 30), name
        assert (alarm["datapointsToAlarm"], alarm["evaluationPeriods"]) == (4, 5), name


def test_each_alarm_notifies_by_exactly_one_path(world: World):
    """By a composite that holds it, or by itself; a raised alarm that nobody hears of is worth nothing."""
    composites = world.stack.of_type(COMPOSITE)
    held = [child for composite in composites for child in _children(composite)]
    for alarm in _own(world.stack):
        if alarm.name in _NO_MATTER_OF_PEOPLE:
            continue
        in_composites = held.count(alarm.properties["name"])
        by_itself = _told(alarm).count("operations")
        assert in_composites + by_itself == 1, f"people hear {in_composites + by_itself} times of {alarm.name}"
    for composite in composites:
        assert _told(composite) == ["operations"], composite.name
        assert composite.properties["okActions"], f"that {composite.name} is over, people are told too"


def test_composites_name_existing_alarms_within_the_quota(world: World):
    names = {alarm.properties["name"] for alarm in _own(world.stack)}
    for composite in world.stack.of_type(COMPOSITE):
        children = _children(composite)
        assert children
        assert set(children) <= names, f"{composite.name} holds {set(children) - names}, which nobody declares"
        assert len(set(children)) <= _MOST_CHILDREN
        assert len(composite.properties["alarmRule"]) <= _LONGEST_RULE


def test_alarms_that_wait_for_a_first_event_are_in_no_shared_composite(world: World, dr: Blueprint):
    """Alarms of what is silent until the premises connect, or the regions are compared, are raised from the first day:
    a composite that held them beside others would be raised already when one of those is."""
    waiting = {alarm.name for alarm in _own(dr) if _misses(alarm)}
    assert {"vpn-down", "regions-not-compared"} <= waiting
    raised_at_first = {alarm.properties["name"] for alarm in _own(world.stack) if alarm.name in waiting}
    for composite in (found for found in world.stack.of_type(COMPOSITE) if found.name in set(Concern)):
        children = _children(composite)
        first_day = {child: "ALARM" if child in raised_at_first else "OK" for child in children}
        raised = AlarmRule(composite.properties["alarmRule"]).holds(first_day)
        assert not raised or len(children) == 1, f"{composite.name} is raised from the first day"


def test_a_lost_vpn_pages(world: World):
    (composite,) = (found for found in world.stack.of_type(COMPOSITE) if found.name == Concern.ON_PREMISES.value)
    assert _children(composite) == [world.stack.one(ALARM, "vpn-down").properties["name"]]


def _misses(alarm: Resource) -> bool:
    return alarm.properties["treatMissingData"] == "breaching"


def test_any_alarm_of_a_concern_raises_its_composite(primary: Blueprint):
    composite = primary.one(COMPOSITE, Concern.ORDERS.value)
    children = _children(composite)
    rule = AlarmRule(composite.properties["alarmRule"])
    assert not rule.holds(dict.fromkeys(children, "OK"))
    for child in children:
        assert rule.holds({**dict.fromkeys(children, "OK"), child: "ALARM"}), child


def test_each_concern_has_a_description_and_is_declared_where_it_has_alarms(primary: Blueprint, dr: Blueprint):
    assert set(MEANING) == set(Concern)
    declared = {composite.name for composite in primary.of_type(COMPOSITE)}
    assert declared == set(Concern) - {Concern.RECOVERY}
    assert {composite.name for composite in dr.of_type(COMPOSITE)} == {*Concern, "orders-stopped", "primary-lost"}


def test_an_active_recovery_region_has_all_alarms_of_the_primary(primary: Blueprint, dr_active: Blueprint):
    """But for the trail's, which the primary keeps for all regions."""
    wanted = {alarm.name for alarm in _own(primary) if not alarm.name.startswith("trail-")}
    assert wanted <= {alarm.name for alarm in _own(dr_active)}


def test_an_active_recovery_region_has_the_primarys_thresholds(primary: Blueprint, dr_active: Blueprint):
    def judged(alarm: Resource) -> tuple[object, ...]:
        keys = ("threshold", "period", "evaluationPeriods", "datapointsToAlarm", "treatMissingData", "statistic")
        return tuple(alarm.properties.get(key) for key in keys)

    for alarm in _own(primary):
        if not alarm.name.startswith("trail-"):
            assert judged(dr_active.one(ALARM, alarm.name)) == judged(alarm), alarm.name


def test_a_standby_has_no_alarms_on_missing_resources(dr: Blueprint, dr_active: Blueprint):
    """What it watches is silent where it is idle: only what stands there in any case is missed."""
    names = {alarm.name for alarm in _own(dr)}
    later = {alarm.name for alarm in _own(dr_active)} - names
    assert {"orders-not-accepting", "services-too-few", "fleet-too-small", "engine-1-broken"} <= later
    missed = {alarm.name for alarm in _own(dr) if _misses(alarm)}
    expected = {"vpn-down", "vpn-tunnel-down", "regions-not-compared", "observers-blind", "market-hours-unplanned"}
    assert missed == expected
    assert not [alarm.name for alarm in _own(dr) if alarm.properties["threshold"] <= 0]


@pytest.mark.parametrize("hours", [1, 6, 24])
def test_a_comparison_result_stays_in_alarm_until_the_next_comparison(primary: Blueprint, hours: int):
    """The function says something once per comparison; an hour of silence is not the news that the regions agree."""
    graph = record_dr(primary, overrides={"integrityIntervalHours": hours})
    for name in ("regions-differ", "comparison-failed"):
        alarm = graph.one(ALARM, name).properties
        assert alarm["datapointsToAlarm"] == 1, name
        assert alarm["evaluationPeriods"] * alarm["period"] == (hours + 1) * 3600, name
        # PutMetricAlarm, EvaluationPeriods: what is judged lies within a week where a period is an hour or more.
        assert alarm["period"] >= 3600
        assert alarm["evaluationPeriods"] * alarm["period"] <= 7 * 86_400


@pytest.mark.parametrize(("said", "down"), [([0, 0], True), ([0, 1], False), ([0.5], False), ([1, 1], False)])
def test_one_tunnel_down_is_not_vpn_down(primary: Blueprint, said: list[float], down: bool):
    alarm = primary.one(ALARM, "vpn-down").properties
    assert (alarm["statistic"], alarm["comparisonOperator"]) == ("Maximum", "LessThanThreshold")
    assert (max(said) < alarm["threshold"]) is down


def test_a_standby_already_has_the_order_alarms(dr: Blueprint):
    """Orders come with the switch; alarms that an `up` has yet to declare would come minutes later."""
    for name in (
        "orders-unavailable",
        "orders-outcome-unknown",
        "outbox-old",
        "order-latency",
        "orders-stream-throttled",
    ):
        assert dr.one(ALARM, name)


def test_an_active_recovery_region_declares_no_alarm_in_the_lost_region(dr: Blueprint, dr_active: Blueprint):
    there = [alarm for alarm in dr.of_type(ALARM) if alarm not in _own(dr)]
    assert [alarm.name for alarm in there] == ["files-lag"]
    assert there[0].options["retainOnDelete"]
    assert there[0].properties["alarmActions"] == ["arn:aws:sns:us-east-1:123456789012:trading-primary-operations"]
    assert dr_active.of_type(ALARM) == _own(dr_active)


def test_each_unconsumed_and_dead_letter_queue_has_an_alarm(world: World):
    watched = {
        (alarm.properties.get("dimensions") or {}).get("QueueName")
        for alarm in world.stack.of_type(ALARM)
        if alarm.properties.get("metricName") == "ApproximateNumberOfMessagesVisible"
    }
    taking = {queue.properties["name"] for queue in world.stack.of_type("aws:sqs/queue:Queue")}
    ends = {name for name in taking if "dlq" in name or not _has_dlq(world.stack, name)}
    assert ends <= watched, ends - watched


def _has_dlq(graph: Blueprint, name: str) -> bool:
    return any(
        queue.properties["name"] == name and queue.properties.get("redrivePolicy")
        for queue in graph.of_type("aws:sqs/queue:Queue")
    )


def test_each_function_has_alarms(world: World):
    watched = {
        (alarm.properties.get("dimensions") or {}).get("FunctionName")
        for alarm in world.stack.of_type(ALARM)
        if alarm.properties.get("metricName") == "Errors"
    }
    assert {function.properties["name"] for function in world.stack.of_type("aws:lambda/function:Function")} == watched


def test_each_stream_consumer_has_an_alarm(world: World):
    watched = {
        (alarm.properties.get("dimensions") or {}).get("ConsumerName") for alarm in world.stack.of_type(ALARM)
    } - {None}
    consumers = world.stack.of_type("aws:kinesis/streamConsumer:StreamConsumer")
    assert {consumer.properties["name"] for consumer in consumers} == watched


@pytest.mark.parametrize("consistency", ["eventual", "strong"])
def test_only_eventually_consistent_tables_have_a_lag_alarm(consistency: str):
    graph = record_primary({"ordersConsistency": consistency})
    lagging = {alarm.name for alarm in graph.of_type(ALARM) if alarm.name.startswith("table-")} & {
        f"table-{table}-lag" for table in ("control", "orders", "positions", "market-data", "order-book")
    }
    replicated = {"table-market-data-lag", "table-order-book-lag"}
    orders = {"table-orders-lag", "table-positions-lag"} if consistency == "eventual" else set[str]()
    assert lagging == replicated | orders


def test_alarm_descriptions_are_whole_sentences(world: World):
    for alarm in world.stack.of_type(ALARM):
        said = alarm.properties["alarmDescription"]
        assert said[0].isupper() or said[0].isdigit(), alarm.name
        assert said.endswith((".", ")")), alarm.name
        assert len(said) <= 1024, "CloudWatch takes no longer description"


def test_throttling_alarms_include_each_index(world: World):
    """DynamoDB publishes what an index throttles under its own name, and not in the sum of its table."""
    tables = [t.properties for g in (world.stack, world.other) for t in g.of_type("aws:dynamodb/table:Table")]
    assert any(table.get("globalSecondaryIndexes") for table in tables)
    seen = set[tuple[str, str, str | None]]()
    for alarm in world.stack.of_type(ALARM):
        terms = [query for query in alarm.properties.get("metricQueries", []) if "metric" in query]
        for term in terms:
            metric = term["metric"]
            if "ThrottleEvents" in metric["metricName"]:
                result = alarm.properties["metricQueries"][-1]["expression"]
                assert f"FILL({term['id']}, 0)" in result.split(" + "), "a term that is not summed is not watched"
                dimensions = metric["dimensions"]
                seen.add((metric["metricName"], dimensions["TableName"], dimensions.get("GlobalSecondaryIndexName")))
    for table in tables:
        for index in (None, *(each["name"] for each in table.get("globalSecondaryIndexes") or [])):
            for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
                assert (metric, table["name"], index) in seen


@pytest.mark.parametrize(
    ("stack", "name", "limit"), [("primary", "database-reader-lag", 30), ("dr", "database-replica-lag", 300)]
)
def test_stopped_replication_counts_as_lag(request: pytest.FixtureRequest, stack: str, name: str, limit: int):
    alarm = request.getfixturevalue(stack).one(ALARM, name).properties
    queries = alarm.get("metricQueries", [])
    assert [query["expression"] for query in queries if "expression" in query] == [f"IF(lag <= -1, {limit}, lag)"]
    assert [query["metric"]["stat"] for query in queries if "metric" in query] == ["Maximum"]
    assert (alarm["threshold"], alarm["comparisonOperator"]) == (limit, "GreaterThanOrEqualToThreshold")


def test_a_stack_without_a_reader_has_no_reader_alarms(primary: Blueprint, dr: Blueprint):
    assert [a.name for a in primary.of_type(ALARM) if a.name.startswith("database-reader")]
    assert not [a.name for a in dr.of_type(ALARM) if a.name.startswith("database-reader")]


def test_the_recovery_stack_has_late_records_alarms_for_both_directions(primary: Blueprint):
    graph = record_dr(primary)
    late = graph.one(ALARM, "records-trades-late").properties["dimensions"]
    assert (late["SourceBucket"], late["DestinationBucket"]) == (
        "trading-primary-trades-123456789012",
        "trading-dr-trades-123456789012",
    )
    failed = graph.one(ALARM, "records-trades-not-replicated").properties["dimensions"]
    assert failed["SourceBucket"] == "trading-dr-trades-123456789012", "failures are published where S3 reads"
