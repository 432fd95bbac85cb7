"""The observer says what it sees, and nothing where it cannot see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components.edge.api_document import _TOKEN_PATTERN
from functions import control_item, metrics
from functions.control_item import ControlItem
from functions.environment import SettingError
from functions.observer.handler import build
from tests.functions.aws import CONTROL, REGION, Client, Clock, create_tables, refused

VARIABLES = {
    "PRIMARY_REGION": REGION,
    "PRIMARY_HEALTH_URL": "https://primary.example/v1/health",
    "CHECKERS_NAME": "primary-seen.orders.example",
    "SEEN_ADDRESS": "192.0.2.1",
    "UNSEEN_ADDRESS": "192.0.2.2",
    "CONTROL_TABLE": CONTROL,
    "STANDBY_API_URL": "https://standby.example/v1",
}
WELL = {"/health": [200], "/orders": [401]}
"""Statuses of the standby's API, by path: the last one stays."""


class Sink:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def add_metric(self, name: str, unit: str, value: float, resolution: int) -> None:
        self.values[name] = value


class World:
    """What can be seen, changed by the test."""

    def __init__(self, dynamodb: Client) -> None:
        self.dynamodb, self.clock = dynamodb, Clock()
        self.status: int | Exception = 200
        self.address: str | Exception = "192.0.2.1"
        self.standby: dict[str, list[int | Exception]] = {path: list(found) for path, found in WELL.items()}
        self.called: list[tuple[str, str]] = []

    def lease(self, holder: str, valid_until: int) -> None:
        item = control_item.to_attributes(ControlItem(holder, 1, 0, valid_until))
        self.dynamodb.put_item(TableName=CONTROL, Item=item)

    def observe(self) -> dict[str, float]:
        sink = Sink()

        def given(value: Any) -> Any:
            if isinstance(value, Exception):
                raise value
            return value

        def call(url: str, headers: Mapping[str, str]) -> int:
            path = url.removeprefix(VARIABLES["STANDBY_API_URL"])
            self.called.append((path, headers.get("Authorization", "")))
            found = self.standby[path]
            return given(found.pop(0) if len(found) > 1 else found[0])

        build(
            VARIABLES,
            self.dynamodb,
            lambda _url: given(self.status),
            lambda _name: given(self.address),
            self.clock,
            call=call,
            sleep=lambda _seconds: None,
        ).run(sink)
        return sink.values


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name=REGION)
        create_tables(dynamodb)
        world = World(Client(dynamodb))
        world.lease(REGION, world.clock.now + 6000)
        yield world


def test_a_healthy_primary_is_seen_by_all(world: World) -> None:
    assert world.observe() == {
        "PrimaryUnanswered": 0,
        "PrimaryUnseen": 0,
        "LeaseStaleFor": 0,
        "Observations": 3,
        "ObservationsFailed": 0,
        "StandbyUnanswered": 0,
    }


def test_a_lost_primary_is_missed_by_all(world: World) -> None:
    world.status, world.address = TimeoutError("no answer"), "192.0.2.2"
    world.clock.advance(6000 + 180_000)
    seen = world.observe()
    assert (seen["PrimaryUnanswered"], seen["PrimaryUnseen"], seen["LeaseStaleFor"]) == (1, 1, 180)


@pytest.mark.parametrize("status", [500, 503, 403])
def test_an_api_that_answers_with_an_error_is_not_well(world: World, status: int) -> None:
    world.status = status
    assert world.observe()["PrimaryUnanswered"] == 1


def test_a_lease_of_the_recovery_region_says_nothing_about_the_primary(world: World) -> None:
    world.lease("us-west-2", 1)
    assert world.observe()["LeaseStaleFor"] == 0, "the primary does not hold what is stale"


@pytest.mark.parametrize("address", [OSError("no such host"), "203.0.113.9"])
def test_a_resolver_in_trouble_gives_no_vote(world: World, address: str | Exception) -> None:
    world.address = address
    seen = world.observe()
    assert "PrimaryUnseen" not in seen, "what was not observed is not published"
    assert (seen["Observations"], seen["ObservationsFailed"]) == (2, 1), "and it is known that it was not"


def test_a_table_in_trouble_gives_no_vote(world: World) -> None:
    world.dynamodb.before("get_item", refused("InternalServerError", 500))
    seen = world.observe()
    assert "LeaseStaleFor" not in seen
    assert seen["PrimaryUnanswered"] == 0, "the other observations are made all the same"


def test_before_the_lease_was_ever_granted_it_gives_no_vote(world: World) -> None:
    world.dynamodb.delete_item(TableName=CONTROL, Key=control_item.key())
    assert "LeaseStaleFor" not in world.observe()


def test_the_canary_calls_order_intake_and_the_authorizer(world: World) -> None:
    """Each would become inactive in a region that serves no client. The gateway hands a token of this form on."""
    world.observe()
    (health, no_token), (orders, token) = world.called
    assert (health, no_token, orders) == ("/health", "", "/orders")
    assert re.fullmatch(_TOKEN_PATTERN, token)


@pytest.mark.parametrize("path", sorted(WELL))
@pytest.mark.parametrize("first", [503, 504, OSError("no answer")])
def test_a_function_that_wakes_up_is_called_again(world: World, path: str, first: int | Exception) -> None:
    world.standby[path] = [first, *WELL[path]]
    assert world.observe()["StandbyUnanswered"] == 0


@pytest.mark.parametrize("path", sorted(WELL))
@pytest.mark.parametrize("status", [500, 503, 200, 401, 403, OSError("no answer")])
def test_a_standby_that_does_not_answer_as_a_client_needs_it_is_published(
    world: World, path: str, status: int | Exception
) -> None:
    """403 is the firewall's; an order list with 200 for a bad token would be an authorizer that lets everybody in."""
    world.standby[path] = [status]
    seen = world.observe()
    assert seen["StandbyUnanswered"] == float(status not in WELL[path])
    assert seen["Observations"] == 3, "the canary is no vote and no observation of the primary"


@pytest.mark.parametrize("missing", sorted(VARIABLES))
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(SettingError, match=missing):
        build({**VARIABLES, missing: ""}, None, lambda _url: 200, call=lambda _url, _headers: 200)


def test_every_observation_is_a_metric_of_the_observer() -> None:
    observations = build(VARIABLES, None, lambda _url: 200, call=lambda _url, _headers: 200).observations
    assert all(metric.service == metrics.OBSERVER for metric in observations)
