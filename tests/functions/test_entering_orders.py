"""What becomes of an order that is entered."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from functions import order_item, order_record
from functions.clock import timestamp
from functions.outbox import Outbox
from tests.functions.aws import ORDERS, REGION, STREAM, refused
from tests.functions.conftest import ACCOUNT, LIMIT_ORDER, MARKET_ORDER, Platform

TIMED_OUT = ReadTimeoutError(endpoint_url="https://dynamodb")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb")


def test_an_accepted_order_is_stored_and_in_the_stream(platform: Platform) -> None:
    status, body = platform.enter()

    assert status == 201
    assert body == {
        "client_order_id": "A-17",
        "accepted_at": timestamp(platform.clock()),
        "region": REGION,
        "epoch": 1,
    }
    (item,) = platform.orders()
    assert item["order_id"] == "ACC-1#A-17"
    assert (item["region"], item["epoch"]) == (REGION, 1), "an order names the region and epoch that accepted it"
    assert item["accepted_until"] == platform.lease().valid_until - 500, "an order says until when its grant held"
    assert item["published"] == item["version"] == 1
    assert item["outbox"] in order_item.waiting_shards(), "an order that is in the stream waits for an engine"
    (record,) = platform.published()
    assert record["idempotency_key"] == "ACC-1#A-17#1"
    assert record["order"] == {key: LIMIT_ORDER[key] for key in record["order"]}
    assert record["publish_until"] == platform.lease().valid_until


def test_the_orders_of_one_account_spread_over_the_shards(platform: Platform) -> None:
    for number in range(40):
        platform.enter({**LIMIT_ORDER, "client_order_id": f"N-{number}"})

    shards = platform.kinesis.list_shards(StreamName="orders-stream")["Shards"]
    filled = 0
    for shard in shards:
        iterator = platform.kinesis.get_shard_iterator(
            StreamName="orders-stream", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        filled += bool(platform.kinesis.get_records(ShardIterator=iterator)["Records"])
    assert filled == len(shards), "a busy account fills every shard, not one"


def test_a_repeat_gets_the_first_answer_and_writes_nothing(platform: Platform) -> None:
    first = platform.enter()
    platform.clock.advance(1_000)
    again = platform.enter()

    assert again == first
    assert len(platform.orders()) == 1
    assert len(platform.published()) == 1, "a repeat of an order that is in the stream is not published again"


def test_a_repeat_may_write_its_decimals_and_keys_in_another_way(platform: Platform) -> None:
    first = platform.enter()
    reordered = dict(reversed(LIMIT_ORDER.items())) | {"quantity": "100.00", "limit_price": "481.2500"}

    assert platform.enter(reordered) == first


@pytest.mark.parametrize("change", [{"quantity": "101"}, {"side": "SELL"}, {"venue": "XNYS"}])
def test_another_order_under_a_name_that_is_taken_is_a_conflict(platform: Platform, change: dict[str, str]) -> None:
    platform.enter()
    before = platform.orders()

    status, body = platform.enter(LIMIT_ORDER | change)

    assert (status, body["code"], body["retryable"]) == (409, "conflicting_order", False)
    assert platform.orders() == before, "a conflicting order writes nothing"
    assert len(platform.published()) == 1


def test_two_accounts_may_use_the_same_name(platform: Platform) -> None:
    assert platform.enter()[0] == 201
    assert platform.enter(LIMIT_ORDER | {"quantity": "7"}, account="ACC-2")[0] == 201
    assert len(platform.orders()) == 2


@pytest.mark.parametrize("order", [LIMIT_ORDER, MARKET_ORDER, LIMIT_ORDER | {"venue": "XNYS"}])
def test_every_kind_of_order_is_accepted(platform: Platform, order: dict[str, str]) -> None:
    assert platform.enter(order)[0] == 201
    assert platform.enter(order, encoded=True)[0] == 201, "a body may arrive in base64"


BAD_ORDERS: dict[str, tuple[Any, int, str]] = {
    "an unknown field": (LIMIT_ORDER | {"leverage": "10"}, 400, "leverage"),
    "a negative quantity": (LIMIT_ORDER | {"quantity": "-5"}, 400, "quantity: must be a decimal above zero as text"),
    "a quantity of nothing": (LIMIT_ORDER | {"quantity": "0.000"}, 400, "quantity"),
    "a quantity as a number": (LIMIT_ORDER | {"quantity": 100}, 400, "quantity: must be a decimal above zero as text"),
    "more places than a quantity has": (LIMIT_ORDER | {"quantity": "0.123456789"}, 400, "quantity"),
    "a line break after a quantity": (LIMIT_ORDER | {"quantity": "100\n"}, 400, "quantity"),
    "digits of another script": (LIMIT_ORDER | {"quantity": "١٠٠"}, 400, "quantity"),
    "a market order with a price": (MARKET_ORDER | {"limit_price": "1"}, 400, "limit_price"),
    "a limit order without a price": (
        {key: value for key, value in LIMIT_ORDER.items() if key != "limit_price"},
        400,
        "limit_price",
    ),
    "an unknown type": (LIMIT_ORDER | {"type": "STOP"}, 400, "type: must be one of LIMIT, MARKET"),
    "no type": ({"client_order_id": "A-1"}, 400, "type: must be one of LIMIT, MARKET, and it is missing"),
    "a type that is a list": (LIMIT_ORDER | {"type": ["LIMIT"]}, 400, "type"),
    "a name with a slash": (LIMIT_ORDER | {"client_order_id": "../x"}, 400, "client_order_id"),
    "a name that divides keys": (LIMIT_ORDER | {"client_order_id": "a#b"}, 400, "client_order_id"),
    "a list": ([LIMIT_ORDER], 400, "body: must be a JSON object"),
    "no body": (None, 400, "body: is missing"),
    "no JSON": ("{", 400, "body: is no JSON"),
    "no UTF-8": ('{"a":"\ud800"}', 400, "body: is not UTF-8"),
    "a key twice": ('{"type":"LIMIT","type":"MARKET"}', 400, "type: is given twice"),
    "a number that is none": ('{"quantity":NaN}', 400, "NaN"),
    "a deep nest": ("[" * 4_000, 400, "body: is nested too deeply"),
    "a body of 1 MB": (LIMIT_ORDER | {"client_order_id": "x" * 1_000_000}, 413, "body: is over 4096 bytes"),
    "a body that is too long in bytes": ('{"a":"' + "é" * 2_100 + '"}', 413, "body: is over 4096 bytes"),
}


@pytest.mark.parametrize(("order", "status", "message"), BAD_ORDERS.values(), ids=BAD_ORDERS)
def test_a_bad_order_is_refused_by_name_and_nothing_is_written(
    platform: Platform, order: Any, status: int, message: str
) -> None:
    got, body = platform.enter(order)

    assert got == status
    assert message in body["message"]
    assert body["retryable"] is False
    assert len(body["message"]) <= 512
    assert not platform.orders(), "a bad order writes nothing"
    assert not platform.published()


def test_a_body_of_1_mb_in_base64_is_refused_before_it_is_decoded(platform: Platform) -> None:
    assert platform.enter("x" * 1_000_000, encoded=True)[0] == 413


@pytest.mark.parametrize("account", [None, "", "a#b", "x" * 65])
def test_a_caller_without_an_account_is_refused(platform: Platform, account: str | None) -> None:
    status, body = platform.enter(account=account)

    assert (status, body["code"]) == (401, "unauthenticated")
    assert not platform.orders()


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ReplicatedWriteConflictException"])
def test_a_throttled_write_may_be_repeated(platform: Platform, code: str) -> None:
    platform.dynamodb.before("put_item", refused(code))
    status, body = platform.enter()

    assert (status, body["code"], body["retryable"]) == (503, "unavailable", True)
    assert not platform.orders()
    assert platform.enter()[0] == 201


def test_a_table_that_cannot_be_reached_may_be_tried_again(platform: Platform) -> None:
    platform.dynamodb.before("put_item", UNREACHABLE)

    assert platform.enter()[1]["code"] == "unavailable"
    assert platform.enter()[0] == 201


def test_a_missing_table_is_no_fault_of_the_caller_and_named_to_the_operators(platform: Platform) -> None:
    platform.dynamodb.delete_table(TableName=ORDERS)
    event = {"requestContext": {"authorizer": {"account_id": ACCOUNT}}, "httpMethod": "GET", "resource": "/orders"}
    outcome = platform.application.answer(event)

    assert outcome.answer.body["code"] == "internal_error"
    assert outcome.detail is not None
    assert ORDERS in outcome.detail
    assert ORDERS not in outcome.answer.body["message"].split(), "the caller is told no names of resources"
    assert platform.enter()[1]["retryable"] is False


def test_a_write_without_an_answer_has_an_unknown_outcome_and_a_repeat_settles_it(platform: Platform) -> None:
    platform.dynamodb.after("put_item", TIMED_OUT)
    status, body = platform.enter()

    assert (status, body["code"], body["retryable"]) == (503, "outcome_unknown", True)
    assert not platform.published(), "an order is published only when its write is known to be made"
    assert platform.orders()[0]["outbox"], "an order that may have been written waits in the outbox"

    assert platform.enter()[0] == 201
    assert len(platform.published()) == len(platform.orders()) == 1


def test_a_server_error_leaves_the_outcome_unknown(platform: Platform) -> None:
    platform.dynamodb.before("put_item", refused("InternalServerError", 500))
    assert platform.enter()[1]["code"] == "outcome_unknown"


def test_a_write_that_is_answered_after_the_lease_has_ended_is_not_accepted(platform: Platform) -> None:
    platform.dynamodb.after("put_item", lambda: platform.clock.advance(6_000))
    status, body = platform.enter()

    assert (status, body["code"]) == (503, "outcome_unknown")
    assert not platform.published(), "the old holder publishes nothing after its lease"
    (item,) = platform.orders()
    assert item["accepted_until"] < platform.clock(), "reconciliation can tell that the write came too late"


@pytest.mark.parametrize("failure", [TIMED_OUT, refused("ProvisionedThroughputExceededException")])
def test_an_order_that_the_stream_does_not_take_is_accepted_and_kept_in_the_outbox(
    platform: Platform, failure: Exception
) -> None:
    platform.kinesis.before("put_record", failure)
    outcome = platform.enter()

    assert outcome[0] == 202
    (item,) = platform.orders()
    assert item["published"] == 0
    assert item["outbox"]

    repeat = platform.enter()
    assert repeat[0] == 201, "a repeat publishes what is in the outbox"
    assert repeat[1] == outcome[1]
    assert not platform.is_unpublished()


def test_a_copy_too_many_has_the_same_idempotency_key(platform: Platform) -> None:
    platform.kinesis.after("put_record", TIMED_OUT)
    assert platform.enter()[0] == 202
    assert platform.enter()[0] == 201

    keys = [record["idempotency_key"] for record in platform.published()]
    assert keys == ["ACC-1#A-17#1"] * 2, "consumers can drop the copy by its key"


def test_a_mark_that_fails_costs_a_copy_and_no_order(platform: Platform) -> None:
    platform.dynamodb.before("update_item", refused("ThrottlingException"))
    assert platform.enter()[0] == 201
    assert platform.orders()[0]["outbox"], "what is not marked stays in the outbox"


def test_a_put_that_is_answered_after_the_lease_has_ended_leaves_the_order_in_the_outbox(platform: Platform) -> None:
    platform.kinesis.after("put_record", lambda: platform.clock.advance(6_000))
    assert platform.enter()[0] == 202
    (item,) = platform.orders()
    assert item["outbox"]
    (record,) = platform.published()
    assert order_record.late(record, record["publish_until"] + 1), "consumers can tell that the record came too late"
    assert not order_record.late(record, record["publish_until"])


def test_nothing_is_published_when_the_lease_is_about_to_end(platform: Platform) -> None:
    platform.dynamodb.after("put_item", lambda: platform.clock.advance(5_400))
    assert platform.enter()[0] == 202
    assert platform.kinesis.count("put_record") == 0


def test_a_fault_nobody_foresaw_gives_an_answer_that_may_be_repeated(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aws_lambda_powertools import Metrics

    from functions.order_intake import handler
    from tests.functions.conftest import event

    monkeypatch.setattr(platform.application, "answer", lambda _event: 1 / 0)
    answer = handler.answered(platform.application, event("POST", "/orders"), Metrics(namespace="T", service="t"))
    assert answer["statusCode"] == 503
    assert "outcome_unknown" in answer["body"]


def test_a_cancellation_is_kept_as_an_item_of_its_own(platform: Platform) -> None:
    platform.enter()
    assert platform.cancel("A-17")[0] == 202
    key = {"order_id": {"S": order_item.cancellation_id("ACC-1#A-17")}}
    kept = platform.dynamodb.get_item(TableName=ORDERS, Key=key)["Item"]
    assert order_item.is_cancellation(kept)
    assert order_item.cancelled_order(kept) == "ACC-1#A-17"
    (item,) = platform.orders()
    uncancelled = {name: value for name, value in item.items() if "cancel" not in name}
    whole = order_item.with_cancellation({**uncancelled, "status": "ACCEPTED", "version": 1}, kept)
    assert whole == item, "the order is restored from it"


def test_a_cancellation_that_could_not_be_kept_is_not_confirmed(platform: Platform) -> None:
    platform.enter()
    platform.dynamodb.before("put_item", TIMED_OUT)
    assert platform.cancel("A-17")[1]["code"] == "outcome_unknown"
    assert platform.cancel("A-17")[0] == 202, "a repeat keeps it"
    key = {"order_id": {"S": order_item.cancellation_id("ACC-1#A-17")}}
    assert "Item" in platform.dynamodb.get_item(TableName=ORDERS, Key=key)


def test_a_late_mark_of_an_older_epoch_changes_nothing(platform: Platform) -> None:
    platform.enter()
    outbox = Outbox(platform.dynamodb, platform.kinesis, table=ORDERS, stream=STREAM)
    key = {"order_id": {"S": "ACC-1#A-17"}}
    platform.dynamodb.update_item(
        TableName=ORDERS,
        Key=key,
        UpdateExpression="SET write_epoch = :two, outbox = :shard",
        ExpressionAttributeValues={
            ":two": {"N": "2"},
            ":shard": {"S": order_item.outbox_shard("ACC-1#A-17")},
        },
    )
    assert not outbox.mark("ACC-1#A-17", 1, epoch=1)
    assert outbox.mark("ACC-1#A-17", 1, epoch=2, at=5)
    assert platform.orders()[0]["changed_at"] == 5
