"""A setting refuses immediate orders in a region that took over, until an engine stands there."""

from __future__ import annotations

import json

import pytest

from functions import epoch_notes
from functions.order_intake.application import Application
from tests.functions.aws import CONTROL, refused
from tests.functions.conftest import LIMIT_ORDER, MARKET_ORDER, Platform, event

IMMEDIATE = [MARKET_ORDER, {**LIMIT_ORDER, "time_in_force": "IOC"}, {**LIMIT_ORDER, "time_in_force": "FOK"}]
RESTING = [LIMIT_ORDER, {**LIMIT_ORDER, "time_in_force": "GTC"}]


@pytest.fixture
def application(platform: Platform) -> Application:
    """Order intake of a region that holds the lease under epoch 2, with the setting."""
    platform.hold(epoch=2)
    return platform.another_process(IMMEDIATE_NEEDS_ENGINE="true")


def _enter(application: Application, order: dict[str, str]) -> tuple[int, str | None]:
    answer = application.answer(event("POST", "/orders", json.dumps(order))).answer
    return answer.status, answer.body.get("code")


@pytest.mark.parametrize("order", IMMEDIATE)
def test_an_immediate_order_is_refused_until_an_engine_stands(
    platform: Platform, application: Application, order: dict[str, str]
) -> None:
    """Before, it got 201 and was traded minutes later, at another price."""
    assert _enter(application, order) == (503, "no_engine")
    assert platform.orders() == [], "nothing is stored"
    epoch_notes.write(platform.dynamodb, CONTROL, epoch_notes.Note.ENGINES, 2, platform.clock())
    assert _enter(application, order) == (503, "no_engine"), "the table is not asked for each order"
    platform.clock.advance(200)
    assert _enter(application, order) == (201, None)


@pytest.mark.parametrize("order", RESTING)
def test_an_order_that_can_wait_is_accepted_at_once(application: Application, order: dict[str, str]) -> None:
    assert _enter(application, order) == (201, None)


@pytest.mark.parametrize("order", IMMEDIATE)
def test_without_the_setting_every_order_is_accepted(platform: Platform, order: dict[str, str]) -> None:
    platform.hold(epoch=2)
    assert platform.enter(order)[0] == 201


def test_an_engine_of_an_older_epoch_is_no_engine(platform: Platform, application: Application) -> None:
    """After a failback and another failover, the engines of the first one are gone."""
    epoch_notes.write(platform.dynamodb, CONTROL, epoch_notes.Note.ENGINES, 1, platform.clock())
    assert _enter(application, MARKET_ORDER) == (503, "no_engine")


def test_a_repeat_of_an_accepted_order_is_answered_as_the_first_time(
    platform: Platform, application: Application
) -> None:
    """The primary had accepted it, and its item had arrived: a refusal would say that nothing was stored."""
    assert platform.enter(MARKET_ORDER)[0] == 201
    assert _enter(application, MARKET_ORDER)[0] in (201, 202)
    assert len(platform.orders()) == 1


def test_a_table_that_does_not_answer_lets_no_immediate_order_through(
    platform: Platform, application: Application
) -> None:
    epoch_notes.write(platform.dynamodb, CONTROL, epoch_notes.Note.ENGINES, 2, platform.clock())
    assert _enter(application, LIMIT_ORDER) == (201, None)
    platform.dynamodb.before("get_item", refused("InternalServerError", 500))
    assert _enter(application, MARKET_ORDER) == (503, "no_engine")
    platform.clock.advance(200)
    assert _enter(application, MARKET_ORDER) == (201, None)


def test_the_note_is_read_no_more_once_an_engine_stands(platform: Platform, application: Application) -> None:
    epoch_notes.write(platform.dynamodb, CONTROL, epoch_notes.Note.ENGINES, 2, platform.clock())
    assert _enter(application, MARKET_ORDER) == (201, None)
    read = platform.dynamodb.count("get_item")
    for number in range(3):
        platform.clock.advance(200)
        assert _enter(application, {**MARKET_ORDER, "client_order_id": f"N-{number}"}) == (201, None)
    assert platform.dynamodb.count("get_item") == read
