"""Tables come back beside the live ones and as safe, events are replayed up to the moment and once, and a replay that
fails is no success."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recovery.clients import Clients
from recovery.errors import OutsideRecoveryWindowError, StepFailedError
from recovery.restore import Restore, RestoredTable
from recovery.waiting import Waiter
from tests.recovery.clients import error
from tests.recovery.world import EAST, WEST, World
from tests.runbook.conftest import Backups

AT = datetime(2026, 1, 2, 14, tzinfo=UTC)


class Events:
    """EventBridge: a replay is over at the third look."""

    def __init__(self) -> None:
        self.replays: dict[str, Any] = {}
        self.end = "COMPLETED"
        self._looks = 0

    def start_replay(self, ReplayName: str, **parameters: Any) -> None:
        if ReplayName in self.replays:
            raise error("ResourceAlreadyExistsException")
        self.replays[ReplayName] = parameters

    def describe_replay(self, ReplayName: str) -> Any:
        self._looks += 1
        return {"State": self.end if self._looks > 2 else "RUNNING", "StateReason": "the bus is gone"}


@pytest.fixture
def events(world: World) -> Events:
    made = Events()
    backups = Backups(world.dynamodb[WEST], datetime.fromtimestamp(world.clock() / 1000, UTC))
    world.services |= {("events", WEST): made, ("dynamodb", WEST): backups}
    return made


def restore(world: World) -> Restore:
    found = world.configuration
    clients = Clients(WEST, EAST, world.client, world.client)
    return Restore(found, clients, found.standby, Waiter(world.clock, world.sleep), lambda _line: None)


def test_the_archive_is_replayed_up_to_the_moment_and_once_only(world: World, events: Events) -> None:
    found = restore(world).run(AT, replay=True)
    assert found.replay == "restore-20260102T140000Z"
    replay = events.replays[found.replay]
    assert replay["EventStartTime"] == AT - timedelta(minutes=5), "engines store what they have done a little later"
    assert replay["EventEndTime"] == AT, "nothing that came after the moment is in the state of the moment"
    assert replay["Destination"] == {"Arn": "arn:aws:events:us-west-2:123456789012:event-bus/standby-bus"}
    assert restore(world).run(AT, replay=True) == found


def test_a_replay_waits_until_the_archive_has_all_events_of_the_moment(world: World, events: Events) -> None:
    at = datetime.fromtimestamp(world.clock() / 1000, UTC) - timedelta(minutes=6)
    restore(world).run(at, replay=True)
    assert world.slept[0] == 4 * 60_000, "events arrive in an archive within ten minutes"


def test_a_restored_table_is_as_safe_as_the_live_one_and_is_restored_again_under_its_own_name(
    world: World, events: Events
) -> None:
    found = restore(world).run(AT, replay=False)
    backups = world.services["dynamodb", WEST]
    assert backups.like_the_live_ones == {name: {"stream", "recovery", "tags"} for name in found.swap.values()}
    assert found.setting == "20260102T140000Z"
    tables = replace(world.configuration.tables, orders=found.swap["orders"])
    again = replace(restore(world), configuration=replace(world.configuration, tables=tables))
    later = again.names(AT + timedelta(minutes=1))
    assert later["orders-20260102T140000Z"] == "orders-20260102T140100Z"


def test_a_replay_that_fails_is_reported_with_its_reason(world: World, events: Events) -> None:
    events.end = "FAILED"
    with pytest.raises(StepFailedError, match="replay restore-20260102T140000Z is FAILED: the bus is gone"):
        restore(world).run(AT, replay=True)


def test_a_table_without_recovery_is_refused_by_name(
    world: World, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Backups, "describe_continuous_backups", lambda *_, **__: {"ContinuousBackupsDescription": {}})
    with pytest.raises(OutsideRecoveryWindowError, match="table orders has no point-in-time recovery"):
        restore(world).run(AT, replay=False)
    assert not events.replays


class Copies:
    """Point-in-time recovery over generated orders: `size` of them, restored as `restored` says."""

    def __init__(self, size: int, restored: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
        self._size, self._restored = size, restored

    def get_paginator(self, _operation: str) -> Any:
        return self

    def paginate(self, TableName: str) -> Iterator[Any]:
        for number in range(self._size):
            item = _stored(number)
            found = item if TableName == "live" else self._restored(item)
            if found is not None:
                yield {"Items": [found]}


def _stored(number: int) -> dict[str, Any]:
    return {
        "order_id": {"S": f"ACC-1#{number}"},
        "accepted_at": {"N": str(number)},
        "fingerprint": {"S": f"{number:064x}"},
    }


def verified(
    world: World, size: int, restored: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda item: item
) -> RestoredTable:
    """The comparison of `size` live orders with what was restored of them."""
    tables = replace(world.configuration.tables, orders="live")
    made = replace(restore(world), configuration=replace(world.configuration, tables=tables))
    world.services["dynamodb", WEST] = Copies(size, restored)
    return made._verified("live", "restored", AT)


def test_a_restored_table_with_cancellations_is_compared(world: World) -> None:
    """A cancellation is an item of its own in the orders table, without the time and the fingerprint of an order."""
    cancellation = {"order_id": {"S": "ACC-1#0#cancel"}, "kind": {"S": "cancellation"}, "changed_at": {"N": "1"}}
    found = verified(world, 1, lambda _item: cancellation)
    assert found.items == 1
    assert found.mismatches == ("ACC-1#0 is missing",)


def test_every_order_that_is_missing_or_differs_is_named(world: World) -> None:
    """What differs is found by segments, and named by order."""

    def restored(item: dict[str, Any]) -> dict[str, Any] | None:
        if item["accepted_at"]["N"] == "7":
            return None
        return {**item, "fingerprint": {"S": "ab" * 32}} if item["accepted_at"]["N"] == "9" else item

    assert verified(world, 50, restored).mismatches == ("ACC-1#7 is missing", "ACC-1#9 differs")


def test_memory_does_not_grow_with_the_table(world: World) -> None:
    """A billion orders are compared in the memory of the segments' sums."""
    peaks = []
    for size in (1_000, 10_000):
        tracemalloc.start()
        assert not verified(world, size).mismatches
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
