"""The function plans the floor ahead; what fails leaves it raised, and never lowered in a session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions import metrics
from functions.environment import SettingError
from functions.market_hours.floor import PREFIX, Floor, FloorError
from functions.market_hours.handler import build
from functions.market_hours.plan import AHEAD, DAY, HORIZON, Hours

GROUP, RAISED, LOWERED = "trading-primary-engines", 4, 2
HOUR = 60
# A Monday in the future of any clock, at midnight: the in-memory Auto Scaling keeps times as they are put.
MONDAY = int(datetime(2029, 1, 1, tzinfo=UTC).timestamp()) // 60
# Three weeks of weekdays from 14:00 to 21:00, without the first Thursday.
DAYS = [day for day in range(21) if day % 7 < 5 and day != 3]
HOURS = Hours([(MONDAY + day * DAY + 14 * HOUR, MONDAY + day * DAY + 21 * HOUR) for day in DAYS], MONDAY + 100 * DAY)


def at(day: int, hour: int, minute: int = 0) -> int:
    return MONDAY + day * DAY + hour * HOUR + minute


class Sink:
    """Takes metrics as Powertools does."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def add_metric(self, name: str, unit: str, value: float, resolution: int) -> None:
        self.values[name] = value


@pytest.fixture
def autoscaling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("autoscaling", region_name="us-east-1")
        client.create_launch_configuration(
            LaunchConfigurationName="engines", ImageId="ami-12345678", InstanceType="t3.micro"
        )
        client.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            LaunchConfigurationName="engines",
            MinSize=LOWERED,
            MaxSize=20,
            AvailabilityZones=["us-east-1a"],
        )
        yield client


def actions(client: Any) -> dict[int, int]:
    """Floor by time."""
    found = client.describe_scheduled_actions(AutoScalingGroupName=GROUP)["ScheduledUpdateGroupActions"]
    return {
        int(action["StartTime"].timestamp()) // 60: action["MinSize"]
        for action in found
        if action["ScheduledActionName"].startswith(PREFIX)
    }


def floor(client: Any, raised: int = RAISED, lowered: int = LOWERED) -> Floor:
    return Floor(client, GROUP, raised, lowered)


def test_a_fortnight_is_planned_without_the_holiday(autoscaling: Any):
    floor(autoscaling).plan(HOURS, at(0, 8))
    planned = actions(autoscaling)
    assert planned[at(0, 14)] == RAISED
    assert planned[at(0, 21)] == LOWERED
    assert not any(at(3, 0) <= time < at(4, 0) for time in planned), "the holiday starts no engine"
    assert max(planned) < at(0, 8) + HORIZON
    assert planned[max(planned)] == RAISED, "the plan ends raised"


def test_actions_change_the_minimum_alone(autoscaling: Any):
    floor(autoscaling).plan(HOURS, at(0, 8))
    for action in autoscaling.describe_scheduled_actions(AutoScalingGroupName=GROUP)["ScheduledUpdateGroupActions"]:
        assert not {"MaxSize", "DesiredCapacity", "Recurrence"} & {key for key, value in action.items() if value}


def test_a_second_run_changes_nothing(autoscaling: Any):
    floor(autoscaling).plan(HOURS, at(0, 8))
    again = floor(autoscaling).plan(HOURS, at(0, 8, 5))
    assert (again.written, again.removed) == (0, 0)


def test_a_later_run_adds_what_has_come_into_the_horizon(autoscaling: Any):
    floor(autoscaling).plan(HOURS, at(0, 8))
    before = actions(autoscaling)
    floor(autoscaling).plan(HOURS, at(1, 8))
    after = actions(autoscaling)
    assert max(after) > max(before)
    assert after[at(11, 21)] == LOWERED, "now that the next raising is planned, so is the lowering before it"


def test_other_sizes_and_other_hours_replace_what_was_planned(autoscaling: Any):
    floor(autoscaling).plan(HOURS, at(0, 8))
    shorter = Hours([(start, end - 3 * HOUR) for start, end in HOURS.spans], HOURS.calendars_end)
    done = floor(autoscaling, raised=6).plan(shorter, at(0, 8))
    planned = actions(autoscaling)
    assert set(planned.values()) == {6, LOWERED}
    assert at(0, 21) not in planned
    assert planned[at(0, 18)] == LOWERED
    assert done.removed > 0


def test_a_fleet_that_is_made_or_grows_in_a_session_is_raised_at_once(autoscaling: Any):
    floor(autoscaling).plan(HOURS, at(0, 15))
    assert actions(autoscaling)[at(0, 15, AHEAD)] == RAISED
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=RAISED)
    floor(autoscaling).plan(HOURS, at(0, 15, 10))
    assert at(0, 15, 10 + AHEAD) not in actions(autoscaling)


def test_nothing_is_lowered_but_by_the_plan(autoscaling: Any):
    """An operator who raised the floor at night keeps it until the next close."""
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=10)
    floor(autoscaling).plan(HOURS, at(0, 3))
    assert all(time >= at(0, 14) for time in actions(autoscaling))


def test_actions_of_others_stay(autoscaling: Any):
    autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName=GROUP, ScheduledActionName="by-hand", StartTime=datetime(2029, 1, 2, tzinfo=UTC), MinSize=9
    )
    floor(autoscaling).plan(HOURS, at(0, 8))
    found = autoscaling.describe_scheduled_actions(AutoScalingGroupName=GROUP)["ScheduledUpdateGroupActions"]
    assert any(action["ScheduledActionName"] == "by-hand" for action in found)


def test_a_fleet_with_one_floor_has_no_actions(autoscaling: Any):
    """That of a recovery region that stands by."""
    floor(autoscaling).plan(HOURS, at(0, 8))
    floor(autoscaling, raised=0, lowered=0).plan(HOURS, at(0, 8))
    assert actions(autoscaling) == {}


def test_after_the_last_session_of_the_table_the_floor_is_raised(autoscaling: Any):
    floor(autoscaling).plan(HOURS, at(30, 3))
    assert actions(autoscaling) == {at(30, 3, AHEAD): RAISED}


def test_a_group_that_is_not_there_is_named(autoscaling: Any):
    with pytest.raises(FloorError, match="GROUP = 'other'"):
        Floor(autoscaling, "other", RAISED, LOWERED).plan(HOURS, at(0, 15))


class Failing:
    """Auto Scaling that stops answering after some writes."""

    def __init__(self, client: Any, writes: int) -> None:
        self._client, self._left = client, writes

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            if self._left == 0:
                raise TimeoutError(name)
            self._left -= 1
            return getattr(self._client, name)(**arguments)

        return call if name.startswith(("put_", "delete_")) else getattr(self._client, name)


@pytest.mark.parametrize("writes", range(0, 24, 3))
def test_a_run_that_fails_halfway_lowers_no_session(autoscaling: Any, writes: int):
    """The hours of an older plan are replaced by longer ones; whatever was written, a session is raised."""
    early = Hours([(start - 5 * HOUR, start + HOUR) for start, _ in HOURS.spans], HOURS.calendars_end)
    floor(autoscaling).plan(early, at(0, 3))
    with pytest.raises(TimeoutError):
        Floor(Failing(autoscaling, writes), GROUP, RAISED, LOWERED).plan(HOURS, at(0, 3))
    before, after = set(actions(autoscaling)), actions(autoscaling)
    raised_at = [time for time, size in after.items() if size == RAISED]
    assert raised_at, before
    lowered = [time for time, size in after.items() if size == LOWERED and time not in {end for _, end in HOURS.spans}]
    kept = {end for _, end in early.spans}
    assert set(lowered) <= kept, "no lowering that neither plan has"


@given(now=st.integers(MONDAY - 30 * DAY, MONDAY + 40 * DAY))
def test_a_plan_follows_the_hours_and_then_stays_raised(now: int):
    """At every minute of the horizon the planned floor is that of the hours, or raised where the plan has ended."""
    changes = HOURS.changes(now)
    assert len(changes) <= 60, "half of what a group may have (125)"
    state = HOURS.is_raised(now)
    for minute in range(now + AHEAD, now + HORIZON + 7 * DAY, 30):
        due = [raised for time, raised in changes.items() if time <= minute]
        planned = due[-1] if due else state
        if HOURS.is_raised(minute):
            assert planned or minute - now < AHEAD or minute > now + HORIZON
        elif minute < now + HORIZON - 4 * DAY and due:
            assert not planned


def test_hours_arrive_as_they_were_written():
    again = Hours.parse(HOURS.as_json())
    assert list(again.spans) == list(HOURS.spans)
    assert again.calendars_end == HOURS.calendars_end


def test_a_run_publishes_that_it_planned_and_how_long_the_calendars_last(autoscaling: Any):
    keeper = build({"GROUP": GROUP, "RAISED": "4", "LOWERED": "2"}, autoscaling, HOURS, clock=lambda: at(0, 8) * 60_000)
    sink = Sink()
    assert keeper.run(sink)["days_left"] == 99
    assert sink.values == {metrics.CALENDAR_DAYS_LEFT.name: 99, metrics.FLOOR_PLANNED.name: 1}


def test_a_run_that_fails_publishes_no_plan(autoscaling: Any):
    keeper = build(
        {"GROUP": "other", "RAISED": "4", "LOWERED": "2"}, autoscaling, HOURS, clock=lambda: at(0, 15) * 60_000
    )
    sink = Sink()
    with pytest.raises(FloorError):
        keeper.run(sink)
    assert metrics.FLOOR_PLANNED.name not in sink.values


@pytest.mark.parametrize("wrong", ["-1", "1.5", "", "x", "٣"])
def test_a_floor_that_is_no_number_is_refused(wrong: str):
    with pytest.raises(SettingError, match="RAISED"):
        build({"GROUP": GROUP, "RAISED": wrong, "LOWERED": "0"}, None, HOURS)
