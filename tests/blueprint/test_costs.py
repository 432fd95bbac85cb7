"""The cost estimate: prices, lines of each kind of resource, and the command."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from blueprint import Blueprint, Resource
from blueprint.costs.command import app, as_json
from blueprint.costs.estimate import Estimate, estimate
from blueprint.costs.lines import charges
from blueprint.costs.prices import HOURS_PER_MONTH, prices
from components.settings.instance_types import INSTANCE_TYPES

TABLE = prices()


def resource(type_: str, name: str = "x", **properties: Any) -> Resource:
    return Resource(f"urn:{type_}::{name}", type_, name, True, None, None, properties, (), {})


def monthly(*resources: Resource) -> float:
    blueprint = Blueprint("primary", resources, {})
    return sum(charge.monthly or 0.0 for charge in charges(resources[0], blueprint, TABLE))


def test_every_price_has_a_page_and_the_table_a_date() -> None:
    assert date.fromisoformat(TABLE.date)
    assert all(price["page"].startswith("https://aws.amazon.com/") for price in TABLE.prices.values())
    assert all(price["usd"] > 0 for price in TABLE.prices.values())


def test_every_instance_type_of_the_settings_has_a_price() -> None:
    assert set(INSTANCE_TYPES) <= set(TABLE.instances)


def test_an_endpoint_costs_by_zone_and_a_gateway_endpoint_nothing() -> None:
    zones = ["a", "b", "c"]
    kind = "aws:ec2/vpcEndpoint:VpcEndpoint"
    assert monthly(resource(kind, vpcEndpointType="Interface", subnetIds=zones)) == pytest.approx(21.90)
    assert monthly(resource(kind, vpcEndpointType="Gateway")) == 0


def test_a_stream_costs_more_with_a_longer_retention() -> None:
    kind = "aws:kinesis/stream:Stream"
    assert monthly(resource(kind, shardCount=10, retentionPeriod=24)) == pytest.approx(109.50)
    assert monthly(resource(kind, shardCount=10, retentionPeriod=168)) == pytest.approx(109.50 + 146.0)


def test_a_consumer_costs_by_the_shards_of_its_stream() -> None:
    consumer = resource(
        "aws:kinesis/streamConsumer:StreamConsumer", streamArn="${aws:kinesis/stream:Stream::orders#arn}"
    )
    stream = resource("aws:kinesis/stream:Stream", "orders", shardCount=4)
    assert monthly(consumer, stream) == pytest.approx(4 * 0.015 * HOURS_PER_MONTH)


def test_a_multi_zone_database_costs_twice_and_a_replica_has_the_storage_of_its_source() -> None:
    kind = "aws:rds/instance:Instance"
    source = resource(kind, "db", identifier="db", instanceClass="db.r6g.large", multiAz=True, allocatedStorage=100)
    replica = resource(kind, "reader", instanceClass="db.r6g.large", replicateSourceDb="db")
    one = 0.225 * HOURS_PER_MONTH + 11.5
    assert monthly(source) == pytest.approx(2 * one)
    assert monthly(replica, source) == pytest.approx(one)


def test_a_reservation_costs_only_what_no_instance_fills() -> None:
    template = resource("aws:ec2/launchTemplate:LaunchTemplate", "t", instanceType="c5n.9xlarge")
    launched = resource(
        "aws:ec2/instance:Instance", launchTemplate={"id": "${aws:ec2/launchTemplate:LaunchTemplate::t#id}"}
    )
    reserved = resource("aws:ec2/capacityReservation:CapacityReservation", instanceType="c5n.9xlarge", instanceCount=3)
    assert monthly(reserved, launched, template) == pytest.approx(2 * 1.944 * HOURS_PER_MONTH)


def test_an_unknown_class_is_named_and_not_counted_as_free() -> None:
    database = resource("aws:rds/instance:Instance", "db", instanceClass="db.x9.huge", allocatedStorage=10)
    function = resource("aws:lambda/function:Function", "order-intake", memorySize=256)
    found = estimate(Blueprint("primary", (database, function), {}), TABLE)
    assert found.unpriced == ("db: db.x9.huge, PostgreSQL",)


@pytest.fixture(scope="module")
def estimates(primary: Blueprint, dr: Blueprint, dr_active: Blueprint) -> dict[str, Estimate]:
    stacks = {"primary": primary, "dr": dr, "active": dr_active}
    return {name: estimate(blueprint, TABLE) for name, blueprint in stacks.items()}


def test_the_standby_costs_a_fraction_and_grows_to_the_price_of_the_primary(estimates: dict[str, Estimate]) -> None:
    assert estimates["dr"].monthly < 0.2 * estimates["primary"].monthly
    assert estimates["active"].monthly > 0.8 * estimates["primary"].monthly


def test_layers_and_lines_add_up(estimates: dict[str, Estimate]) -> None:
    for found in estimates.values():
        assert sum(found.by_layer().values()) == pytest.approx(found.monthly)
        assert [line.monthly for line in found.lines] == sorted((x.monthly for x in found.lines), reverse=True)


def test_orders_add_their_requests(estimates: dict[str, Estimate]) -> None:
    found = as_json(estimates["primary"], orders=10)
    assert found["orders_usd"] == pytest.approx(10 * as_json(estimates["primary"], orders=1)["orders_usd"], rel=1e-3)


def test_the_command_shows_the_standby_beside_the_primary() -> None:
    shown = CliRunner().invoke(app, ["dr"])
    assert shown.exit_code == 0
    assert "dr, standby" in shown.output
    assert "of the primary" in shown.output


def test_the_command_writes_json_and_refuses_bad_input() -> None:
    shown = CliRunner().invoke(app, ["primary", "--json", "-"])
    assert json.loads(shown.stdout)["primary"]["standing_usd"] > 0
    for words in (["nowhere"], ["primary", "--set", "natGatewayz=2"], ["primary", "--orders", "-1"]):
        refused = CliRunner().invoke(app, words)
        assert refused.exit_code == 2, words
        assert "Traceback" not in refused.output
