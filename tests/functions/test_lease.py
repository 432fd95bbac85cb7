"""The holder's side of the lease, one rule at a time."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from functions.control_item import ControlItem, MalformedControlItemError, from_attributes, to_attributes
from functions.environment import Environment, SettingError
from functions.order_intake.lease import LeaseSettings
from recovery.takeover import NOBODY, take_over
from tests.functions.aws import CONTROL, REGION, refused
from tests.functions.conftest import LIMIT_ORDER, VARIABLES, Platform, event

TIMED_OUT = ReadTimeoutError(endpoint_url="https://dynamodb")
OTHER = "us-west-2"


def test_a_region_that_is_not_the_holder_refuses_and_writes_nothing(platform: Platform) -> None:
    platform.hold(OTHER)
    status, body = platform.enter()

    assert (status, body["code"], body["retryable"]) == (503, "not_accepting", True)
    assert "another region" in body["message"]
    assert not platform.orders()


@pytest.mark.parametrize("method", ["enter", "cancel", "health"])
def test_a_region_without_the_lease_asks_clients_to_close_their_connection(platform: Platform, method: str) -> None:
    """A client that keeps its connection stays at the region that has lost the lease, whatever the DNS answers."""
    platform.enter()
    if method == "health":
        # Health is 503 only in a region that may hold the lease and cannot extend it.
        platform.dynamodb.before("update_item", TIMED_OUT)
        platform.clock.advance(6_000)
    else:
        platform.clock.advance(4_000)
        platform.hold("us-west-2", epoch=2)
    requests = {
        "enter": event("POST", "/orders", json.dumps(LIMIT_ORDER | {"client_order_id": "A-20"})),
        "cancel": event("DELETE", "/orders/{client_order_id}", path={"client_order_id": "A-17"}),
        "health": event("GET", "/health"),
    }
    answer = platform.application.answer(requests[method]).answer
    assert (answer.status, answer.body["code"]) == (503, "not_accepting")
    assert answer.proxy()["headers"]["Connection"] == "close"


def test_a_region_that_takes_over_keeps_its_clients(platform: Platform) -> None:
    """It accepts in a moment, so a repeat on the same connection succeeds. An accepted order closes nothing either."""
    platform.hold(epoch=2, starts_in=2_000)
    waiting = platform.application.answer(event("POST", "/orders", json.dumps(LIMIT_ORDER))).answer
    assert waiting.status == 503
    assert "Connection" not in waiting.proxy()["headers"]
    platform.clock.advance(2_000)
    accepted = platform.application.answer(event("POST", "/orders", json.dumps(LIMIT_ORDER))).answer
    assert accepted.status == 201
    assert "Connection" not in accepted.proxy()["headers"]


def test_without_a_control_item_nobody_accepts(platform: Platform) -> None:
    platform.dynamodb.delete_item(TableName=CONTROL, Key={"item": {"S": "order_intake"}, "sequence": {"N": "0"}})
    assert platform.enter()[1]["code"] == "not_accepting"


def test_a_new_holder_waits_until_the_lease_before_its_own_has_ended(platform: Platform) -> None:
    platform.hold(starts_in=2_000)
    assert "waits until the lease before it has ended" in platform.enter()[1]["message"]

    platform.clock.advance(1_999)
    assert platform.enter()[0] == 503
    platform.clock.advance(1)
    assert platform.enter()[0] == 201


def test_the_lease_is_extended_on_traffic_when_less_than_half_is_left(platform: Platform) -> None:
    until = platform.lease().valid_until
    platform.clock.advance(3_000)
    platform.enter()
    assert platform.lease().valid_until == until, "half of the lease is enough"

    platform.clock.advance(1)
    platform.enter()
    assert platform.lease().valid_until == platform.clock() + 6_000
    assert platform.lease().epoch == 1, "an extension is no new epoch"


def test_a_lease_that_lapsed_unclaimed_is_taken_up_again_by_its_holder(platform: Platform) -> None:
    platform.enter()
    platform.clock.advance(60_000)
    assert platform.enter({"client_order_id": "x"})[0] == 400
    assert platform.enter()[0] == 201


def test_an_extension_never_shortens_what_another_process_was_granted(platform: Platform) -> None:
    platform.clock.advance(3_001)
    later = platform.another_process()
    platform.application.answer({"httpMethod": "GET", "resource": "/health"})
    granted = platform.lease().valid_until
    platform.clock.now -= 400
    later.answer({"httpMethod": "GET", "resource": "/health"})

    assert platform.lease().valid_until == granted


def test_without_the_control_table_orders_are_accepted_until_the_lease_ends_and_not_after(platform: Platform) -> None:
    end = platform.lease().valid_until
    assert platform.enter()[0] == 201
    failures = [TIMED_OUT] * 100
    for failure in failures:
        platform.dynamodb.before("update_item", failure)

    platform.clock.now = end - 500 - 2 * 500
    assert platform.enter()[0] == 201, "a lease that still outlasts an order by the margin is good"
    platform.clock.advance(1)
    status, body = platform.enter()
    assert (status, body["code"]) == (503, "not_accepting"), "no extension, no orders: the old primary demotes itself"


def test_a_control_table_that_does_not_answer_is_asked_again_only_after_a_while(platform: Platform) -> None:
    platform.dynamodb.before("get_item", TIMED_OUT)
    outcome = platform.application.answer({"httpMethod": "GET", "resource": "/health"})
    asked = platform.dynamodb.count("get_item")
    platform.clock.advance(199)
    platform.enter()
    assert platform.dynamodb.count("get_item") == asked, "requests do not queue up behind a table that does not answer"
    assert outcome.answer.status == 503, "a region that refuses every order is not healthy"
    assert outcome.answer.body["code"] == "not_accepting"
    platform.clock.advance(1)
    assert platform.enter()[0] == 201


def _health(platform: Platform) -> int:
    return platform.application.answer({"httpMethod": "GET", "resource": "/health"}).answer.status


def test_a_holder_that_cannot_extend_its_lease_is_not_healthy(platform: Platform) -> None:
    assert platform.enter()[0] == 201
    assert _health(platform) == 200
    for _ in range(100):
        platform.dynamodb.before("update_item", TIMED_OUT)
        platform.dynamodb.before("get_item", TIMED_OUT)
    platform.clock.advance(60_000)
    assert _health(platform) == 503, "orders get 503, so the health checks and the observers must see it"


def test_a_region_that_stands_by_is_healthy(platform: Platform) -> None:
    platform.hold("another-region", epoch=9)
    platform.clock.advance(60_000)
    assert _health(platform) == 200


def test_the_operators_learn_what_the_control_table_said(platform: Platform) -> None:
    platform.dynamodb.before("get_item", refused("AccessDeniedException"))
    from tests.functions.conftest import LIMIT_ORDER, event

    outcome = platform.application.answer(event("POST", "/orders", __import__("json").dumps(LIMIT_ORDER)))
    assert "AccessDeniedException" in (outcome.detail or "")
    assert "AccessDenied" not in outcome.answer.body["message"]


def test_a_malformed_control_item_lets_nobody_accept(platform: Platform) -> None:
    malformed = {"item": {"S": "order_intake"}, "sequence": {"N": "0"}, "holder": {"S": REGION}}
    platform.dynamodb.put_item(TableName=CONTROL, Item=malformed)
    assert platform.enter()[1]["code"] == "not_accepting"


def test_a_holder_that_learns_of_a_takeover_stops_at_once(platform: Platform) -> None:
    platform.enter()
    platform.clock.advance(3_001)
    platform.hold(OTHER, epoch=2, starts_in=3_000)
    assert platform.enter()[1]["code"] == "not_accepting"


def test_a_region_that_gets_the_lease_back_accepts_under_the_new_epoch(platform: Platform) -> None:
    platform.enter()
    platform.clock.advance(10_000)
    platform.hold(epoch=3)
    status, body = platform.enter({**platform_order(), "client_order_id": "B-1"})
    assert (status, body["epoch"]) == (201, 3)


def platform_order() -> dict[str, str]:
    from tests.functions.conftest import LIMIT_ORDER

    return dict(LIMIT_ORDER)


def test_a_takeover_raises_the_epoch_and_waits_out_the_lease_it_read() -> None:
    stored = ControlItem(REGION, 7, 0, 10_000)
    takeover = take_over(stored, OTHER, 6_000, 6_000)

    assert takeover.condition == stored, "the write succeeds only on the lease that was read"
    assert takeover.item == ControlItem(OTHER, 8, 10_000, 16_000)
    assert takeover.wait_milliseconds(6_000) == 4_000
    assert takeover.wait_milliseconds(11_000) == 0


def test_a_takeover_of_a_lapsed_lease_waits_for_nothing() -> None:
    assert take_over(ControlItem(REGION, 7, 0, 5_000), OTHER, 6_000, 6_000).wait_milliseconds(6_000) == 0


def test_a_takeover_from_nobody_waits_out_the_lease_before_and_no_longer() -> None:
    quiet = take_over(ControlItem(REGION, 7, 0, 10_000), NOBODY, 6_000, 6_000).item
    assert take_over(quiet, OTHER, 8_000, 6_000).wait_milliseconds(8_000) == 2_000
    assert take_over(quiet, OTHER, 11_000, 6_000).wait_milliseconds(11_000) == 0


def test_the_first_holder_of_all_starts_with_epoch_one() -> None:
    takeover = take_over(None, REGION, 6_000, 6_000)
    assert takeover.condition is None
    assert takeover.item.epoch == 1


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("LEASE_SECONDS", "4.9", "LEASE_SECONDS = 4.9 is too short"),
        ("MARGIN_SECONDS", "1.1", "MARGIN_SECONDS = 1.1"),
        ("WRITE_TIMEOUT_SECONDS", "0.7", "make it 6.6 or more"),
        ("RECHECK_SECONDS", "3.5", "RECHECK_SECONDS = 3.5"),
        ("LEASE_SECONDS", "soon", "LEASE_SECONDS = 'soon' is no number"),
        ("MARGIN_SECONDS", "0", "MARGIN_SECONDS = '0' is not above zero"),
        ("LEASE_SECONDS", "inf", "is not above zero"),
        ("ORDERS_TABLE", "", "ORDERS_TABLE is not set"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused_by_name(
    platform: Platform, variable: str, value: str, message: str
) -> None:
    with pytest.raises(SettingError, match=message.replace("(", r"\(")):
        platform.another_process(**{variable: value})


def test_the_default_settings_fit_together() -> None:
    settings = LeaseSettings.from_environment(Environment(VARIABLES))
    assert settings.lease == 6_000


def test_a_control_item_survives_its_way_through_the_table() -> None:
    item = ControlItem(REGION, 3, 1_000, 7_000)
    assert from_attributes(to_attributes(item)) == item
    with pytest.raises(MalformedControlItemError, match="put it right"):
        from_attributes({**to_attributes(item), "epoch": {"N": "0"}})
    with pytest.raises(MalformedControlItemError, match="put it right"):
        from_attributes({**to_attributes(item), "epoch": {"S": "three"}})


@pytest.mark.parametrize("held", [True, False])
def test_health_is_503_where_the_lease_lapsed_or_cannot_be_read(platform: Platform, held: bool) -> None:
    application = platform.another_process()
    health = {"httpMethod": "GET", "resource": "/health"}
    if held:
        assert application.answer(health).answer.status == 200
        platform.clock.advance(7_000)
    for operation in ("get_item", "update_item"):
        platform.dynamodb.before(operation, EndpointConnectionError(endpoint_url="https://dynamodb"))
    assert application.answer(health).answer.status == 503, "one vote of the observers, and the health checks"


def test_health_of_a_standby_region_is_200(platform: Platform) -> None:
    platform.hold("us-west-2")
    answer = platform.another_process().answer({"httpMethod": "GET", "resource": "/health"}).answer
    assert (answer.status, answer.body["accepting"]) == (200, False)
