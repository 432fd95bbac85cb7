"""Tables come back beside the live ones and as safe, events are replayed up to the moment and once, and a replay that
fails is no success."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recovery.clients import Clients
from recovery.errors import OutsideRecoveryWindowError, StepFailedError
from recovery.restore import Restore
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
