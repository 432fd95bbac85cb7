"""Open orders of older epochs in the region that took over: published again, held for the desk, decided."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions import epoch_notes, order_item
from functions.environment import SettingError
from tests.functions.aws import CONTROL, ORDERS, REGION, refused
from tests.functions.conftest import LIMIT_ORDER, Platform
from tests.functions.test_redrive import Redriven, enter_without_stream

MINUTE = 60_000


@pytest.fixture
def redriven(platform: Platform) -> Redriven:
    return Redriven(platform)


def enter(platform: Platform, *names: str) -> None:
    for name in names:
        assert platform.enter({**LIMIT_ORDER, "client_order_id": name})[0] == 201


def take_over(platform: Platform) -> None:
    """The region holds the lease under a new epoch, and the old region's stream is lost."""
    platform.clock.advance(7_000)
    platform.hold(REGION, epoch=2)


def all_pages(redriven: Redriven, **variables: str) -> dict[str, list[str]]:
    """What the runbook does: list each page, and then publish its orders. Returns the pages together."""
    found: dict[str, list[str]] = {"republished": [], "held": [], "malformed": []}
    cursor: Any = None
    while True:
        page = redriven.answer({"republish": {"cursor": cursor}}, **variables)
        assert page["trouble"] is None, page
        for name, ids in found.items():
            ids += page[name]
        if page["republished"]:
            assert redriven.answer({"publish": page["republished"]}, **variables) == {"trouble": None}
        cursor = json.loads(json.dumps(page["cursor"]))
        if cursor is None:
            return found


def of_the_takeover(platform: Platform, order: str) -> list[str]:
    """Kinds of the records of an order that the new epoch published."""
    records = (record for record in platform.published() if record["publish_epoch"] == 2)
    return [record["kind"] for record in records if record["order_id"] == order]


def lose_a_cancellation(platform: Platform) -> None:
    """Order A was cancelled, and a late write has overwritten that."""
    enter(platform, "A")
    (before,) = platform.dynamodb.scan(TableName=ORDERS)["Items"]
    assert platform.cancel("A")[0] == 202
    platform.dynamodb.put_item(TableName=ORDERS, Item=before)


def take(platform: Platform, name: str) -> None:
    """What an engine does that takes an order."""
    platform.dynamodb.update_item(
        TableName=ORDERS,
        Key={"order_id": {"S": f"ACC-1#{name}"}},
        UpdateExpression="SET #status = :filled REMOVE outbox",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":filled": {"S": "FILLED"}},
    )


def test_an_order_whose_record_was_lost_with_the_old_stream_is_published_again(redriven: Redriven) -> None:
    platform = redriven.platform
    enter(platform, "LOST", "TAKEN")
    take(platform, "TAKEN")
    take_over(platform)
    enter(platform, "NEW")
    before = platform.published()

    assert all_pages(redriven) == {"republished": ["ACC-1#LOST"], "held": [], "malformed": []}
    (again,) = [record for record in platform.published() if record not in before]
    assert again["idempotency_key"] == "ACC-1#LOST#1", "engines drop a copy by its key"
    assert (again["publish_epoch"], again["accepted_epoch"]) == (2, 1)


def test_nothing_is_written_to_an_order_that_is_published_again(redriven: Redriven) -> None:
    enter(redriven.platform, "A")
    take_over(redriven.platform)
    before = redriven.platform.orders()
    all_pages(redriven)
    assert redriven.platform.orders() == before, "a write could overwrite what the old region's engine wrote in time"


def test_an_order_of_the_outbox_is_published_and_marked(redriven: Redriven) -> None:
    enter_without_stream(redriven.platform, 1)
    take_over(redriven.platform)
    assert all_pages(redriven)["republished"] == ["ACC-1#O-0"]
    assert not redriven.platform.is_unpublished()


def test_a_region_without_the_lease_publishes_nothing_and_keeps_the_cursor(redriven: Redriven) -> None:
    enter(redriven.platform, "A")
    take_over(redriven.platform)
    redriven.platform.hold("us-west-2", epoch=3)
    page = redriven.answer({"republish": {"cursor": {"shard": 5, "start": None}}})
    assert "another region accepts orders" in page["trouble"]
    assert page["cursor"] == {"shard": 5, "start": None}


def test_a_page_publishes_nothing_before_its_orders_are_named(redriven: Redriven) -> None:
    """An order that an engine has taken is on no list any more: if the answer is lost, the caller asks again."""
    platform = redriven.platform
    enter(platform, "A")
    take_over(platform)
    redriven.answer({"republish": {"cursor": None}})
    assert of_the_takeover(platform, "ACC-1#A") == []
    assert redriven.answer({"republish": {"cursor": None}})["republished"] == ["ACC-1#A"]


def test_orders_that_the_stream_refuses_are_published_by_the_next_request(redriven: Redriven) -> None:
    platform = redriven.platform
    enter(platform, "A")
    take_over(platform)
    platform.kinesis.before("put_records", refused("ProvisionedThroughputExceededException"))
    assert "did not take records" in redriven.answer({"publish": ["ACC-1#A"]})["trouble"]
    assert redriven.answer({"publish": ["ACC-1#A"]}) == {"trouble": None}
    assert of_the_takeover(platform, "ACC-1#A") == ["new"]


def test_an_order_that_was_taken_since_its_page_was_listed_is_not_published(redriven: Redriven) -> None:
    platform = redriven.platform
    enter(platform, "A", "B")
    take_over(platform)
    take(platform, "A")
    assert redriven.answer({"publish": ["ACC-1#A", "ACC-1#B", "ACC-1#NONE"]}) == {"trouble": None}
    assert (of_the_takeover(platform, "ACC-1#A"), of_the_takeover(platform, "ACC-1#B")) == ([], ["new"])


def test_a_cancellation_that_was_overwritten_is_published_with_its_order(redriven: Redriven) -> None:
    platform = redriven.platform
    lose_a_cancellation(platform)
    take_over(platform)
    all_pages(redriven)
    assert of_the_takeover(platform, "ACC-1#A") == ["new", "cancel"]


def test_an_order_of_an_older_epoch_that_is_too_old_waits_for_the_desk(redriven: Redriven) -> None:
    platform = redriven.platform
    enter_without_stream(platform, 2)
    platform.clock.advance(3 * 60 * MINUTE)
    platform.hold(REGION, epoch=2)
    swept = redriven.run()["outbox"]
    assert (swept["published"], swept["held"], swept["not_published"]) == (0, 2, 0)
    assert swept["oldest"] is None, "an order that waits for the desk is no backlog"
    assert not platform.published()
    assert sorted(all_pages(redriven)["held"]) == ["ACC-1#O-0", "ACC-1#O-1"]


def test_an_order_of_the_own_epoch_is_published_however_late(redriven: Redriven) -> None:
    enter_without_stream(redriven.platform, 1)
    redriven.platform.clock.advance(3 * 60 * MINUTE)
    assert redriven.run()["outbox"]["published"] == 1, "its region accepted it, and nothing else has happened"


def test_the_desk_releases_or_refuses_what_is_held(redriven: Redriven) -> None:
    platform = redriven.platform
    enter_without_stream(platform, 2)
    platform.clock.advance(3 * 60 * MINUTE)
    platform.hold(REGION, epoch=2)
    assert redriven.answer({"release": ["ACC-1#O-0"]})["released"] == ["ACC-1#O-0"]
    assert redriven.answer({"refuse": ["ACC-1#O-1", "ACC-1#O-0", "ACC-1#NONE"]}) == {
        "released": [],
        "refused": ["ACC-1#O-1", "ACC-1#O-0"],
        "not_done": {"ACC-1#NONE": "is not in the table"},
    }
    assert [record["order_id"] for record in platform.published()] == ["ACC-1#O-0"]
    assert {item["status"] for item in platform.orders()} == {order_item.REFUSED}
    assert "REFUSED" in redriven.answer({"release": ["ACC-1#O-1"]})["not_done"]["ACC-1#O-1"]


@pytest.mark.parametrize(
    "event",
    [{"release": []}, {"refuse": "ACC-1#A"}, {"release": [1]}, {"republish": 5}, {"publish": "A"}, {"restore": []}],
)
def test_a_decision_that_is_malformed_is_refused_by_name(redriven: Redriven, event: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=next(iter(event))):
        redriven.answer(event)


def test_the_outbox_drains_at_its_own_rate(redriven: Redriven) -> None:
    enter_without_stream(redriven.platform, 40)
    redriven.platform.clock.advance(30_000)
    assert redriven.run(OUTBOX_PER_SECOND="1000", RATE_PER_SECOND="1")["outbox"]["published"] == 40
    assert redriven.slept < 0.1, "the rate of the queues does not hold the outbox up"


def test_the_redrive_leaves_every_order_of_an_older_epoch_to_a_run_that_names_it(redriven: Redriven) -> None:
    """The old region may have put the record and marked it: the mark has not arrived, and an engine has traded."""
    platform = redriven.platform
    enter_without_stream(platform, 1)
    take_over(platform)
    platform.clock.advance(30_000)
    swept = redriven.run()["outbox"]
    assert (swept["published"], swept["held"]) == (0, 1)
    assert not platform.published()
    assert all_pages(redriven)["republished"] == ["ACC-1#O-0"]
    assert [record["kind"] for record in platform.published()] == ["new"]


def note_republished(platform: Platform, epoch: int) -> None:
    """What the runbook writes after the last page."""
    epoch_notes.write(platform.dynamodb, CONTROL, epoch_notes.Note.REPUBLISHED, epoch, platform.clock())


def test_a_cancellation_of_an_order_of_an_older_epoch_waits_until_the_order_is_named(redriven: Redriven) -> None:
    """An engine would close the order, and no list would have it: the old region may have traded it."""
    platform = redriven.platform
    enter(platform, "A", "B")
    take_over(platform)
    assert platform.cancel("A")[0] == 202
    platform.clock.advance(30_000)
    swept = redriven.run()["outbox"]
    assert (swept["published"], swept["held"]) == (0, 1)
    assert of_the_takeover(platform, "ACC-1#A") == []

    assert sorted(all_pages(redriven)["republished"]) == ["ACC-1#A", "ACC-1#B"]
    assert of_the_takeover(platform, "ACC-1#A") == ["new", "cancel"]

    note_republished(platform, 2)
    platform.clock.advance(30_000)
    assert platform.cancel("B")[0] == 202
    assert of_the_takeover(platform, "ACC-1#B") == ["new", "cancel"], "the order has its name: nothing waits any more"


def test_the_redrive_publishes_a_cancellation_that_was_left_after_the_orders_were_named(redriven: Redriven) -> None:
    """To cancel an order twice does no harm, and an acknowledged cancellation must reach the engines."""
    platform = redriven.platform
    enter(platform, "A")
    take_over(platform)
    all_pages(redriven)
    note_republished(platform, 2)
    platform.kinesis.before("put_record", refused("ProvisionedThroughputExceededException"))
    assert platform.cancel("A")[0] == 202
    platform.clock.advance(30_000)
    assert redriven.run()["outbox"]["published"] == 1
    assert [record["kind"] for record in platform.published()] == ["new", "new", "cancel"]


def test_the_note_of_an_older_takeover_does_not_count(redriven: Redriven) -> None:
    platform = redriven.platform
    enter(platform, "A")
    note_republished(platform, 1)
    take_over(platform)
    assert platform.cancel("A")[0] == 202
    assert [record["kind"] for record in platform.published()] == ["new"]


def test_a_restored_cancellation_is_listed_before_the_order_changes(redriven: Redriven) -> None:
    """The caller names the order first: a restored order is on no list any more."""
    platform = redriven.platform
    lose_a_cancellation(platform)
    take_over(platform)
    number = order_item.change_shards().index(order_item.change_shard("ACC-1#A"))
    event = {"restore_cancellations": {"cursor": {"shard": number, "start": None}, "since": 0}}
    for _ in range(2):
        assert redriven.answer(event)["restored"] == ["ACC-1#A"]
    assert {item["status"] for item in platform.orders()} == {order_item.ACCEPTED}
    assert redriven.answer({"restore": ["ACC-1#A"]}) == {"too_late": [], "trouble": None}
    assert {item["status"] for item in platform.orders()} == {order_item.CANCEL_REQUESTED}


def test_a_restoration_that_comes_too_late_says_so(redriven: Redriven) -> None:
    """An engine took the order after its page had been listed."""
    platform = redriven.platform
    lose_a_cancellation(platform)
    take_over(platform)
    take(platform, "A")
    assert redriven.answer({"restore": ["ACC-1#A"]}) == {"too_late": ["ACC-1#A"], "trouble": None}


def test_an_order_that_was_taken_before_its_cancellation_arrived_is_named(redriven: Redriven) -> None:
    """The cancellation was acknowledged in the lost region; an engine here has traded the order since."""
    platform = redriven.platform
    enter(platform, "A")
    assert platform.cancel("A")[0] == 202
    platform.dynamodb.update_item(
        TableName=ORDERS,
        Key={"order_id": {"S": "ACC-1#A"}},
        UpdateExpression="SET #status = :filled REMOVE outbox, cancel_requested_at",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":filled": {"S": "FILLED"}},
    )
    take_over(platform)
    found: list[str] = []
    cursor: Any = None
    while True:
        page = redriven.answer({"restore_cancellations": {"cursor": cursor, "since": 0}})
        assert page["restored"] == []
        found += page["too_late"]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert found == ["ACC-1#A"]


def test_a_repeat_of_an_order_of_an_older_epoch_is_answered_and_not_published(redriven: Redriven) -> None:
    """The client lost its answer with the old region; an engine there may have taken the order. A run names it."""
    platform = redriven.platform
    enter_without_stream(platform, 1)
    take_over(platform)
    status, body = platform.enter({**LIMIT_ORDER, "client_order_id": "O-0"})[:2]
    assert (status, body["epoch"]) == (202, 1)
    assert not platform.published()
    assert all_pages(redriven)["republished"] == ["ACC-1#O-0"]
