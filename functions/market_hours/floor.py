"""The scheduled actions of the fleet's group that raise and lower its floor.

The function plans ahead and Auto Scaling acts. An action exists for each change of the next days, under a name made of
its time. The function lowers nothing itself: without it the floor follows the plan to its end and then stays raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.market_hours.plan import AHEAD, Hours

PREFIX = "floor-"
_NAME = f"{PREFIX}%Y%m%dT%H%MZ"


class FloorError(Exception):
    """The group or its actions are not as expected; the text says what and the way out."""


@dataclass(frozen=True)
class Planned:
    """What a run did: how many actions it wrote and removed, and how many there are."""

    written: int
    removed: int
    actions: int


@dataclass(frozen=True)
class Floor:
    """The floor of one group; `raised` and `lowered` are numbers of engines."""

    autoscaling: Any
    group: str
    raised: int
    lowered: int

    def plan(self, hours: Hours, now: int) -> Planned:
        """Make the group's actions those of `hours`. Raises `FloorError`, and `ClientError` of the calls.

        Writes what raises before it removes or writes what lowers, so that a run that fails halfway leaves the floor
        rather too high. Actions that are due within two minutes stay as they are. A fleet whose floor is the
        same at all times has no actions.
        """
        wanted = {at: self.raised if is_raised else self.lowered for at, is_raised in hours.changes(now).items()}
        if hours.is_raised(now) and self._floor() < self.raised:
            # The session has begun, and its action was missed, or had another size than the fleet has now.
            wanted.setdefault(now + AHEAD, self.raised)
        if self.raised == self.lowered:
            wanted = {}
        kept = dict(self._actions())
        writes = {at: size for at, size in wanted.items() if kept.get(at) != size}
        stale = {at: size for at, size in kept.items() if at >= now + AHEAD and at not in wanted}
        self._write({at: size for at, size in writes.items() if size == self.raised})
        self._remove(at for at, size in stale.items() if size != self.raised)
        self._write({at: size for at, size in writes.items() if size != self.raised})
        self._remove(at for at, size in stale.items() if size == self.raised)
        return Planned(len(writes), len(stale), len(wanted))

    def _floor(self) -> int:
        """The group's minimum. Its own call, since an action of the past says nothing of what an update changed."""
        groups = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])["AutoScalingGroups"]
        if not groups:
            raise FloorError(f"GROUP = {self.group!r}: is no Auto Scaling group of this region; bring the stack up")
        return groups[0]["MinSize"]

    def _actions(self) -> Iterator[tuple[int, int]]:
        """Time and size of each action of this function that has not run yet."""
        pages = self.autoscaling.get_paginator("describe_scheduled_actions").paginate(AutoScalingGroupName=self.group)
        for page in pages:
            for action in page["ScheduledUpdateGroupActions"]:
                if action["ScheduledActionName"].startswith(PREFIX):
                    yield int(action["StartTime"].timestamp()) // 60, action.get("MinSize", -1)

    def _write(self, sizes: Mapping[int, int]) -> None:
        for at, size in sorted(sizes.items()):
            when = datetime.fromtimestamp(at * 60, UTC)
            self.autoscaling.put_scheduled_update_group_action(
                AutoScalingGroupName=self.group,
                ScheduledActionName=when.strftime(_NAME),
                StartTime=when,
                MinSize=size,
            )

    def _remove(self, times: Iterator[int]) -> None:
        for at in times:
            name = datetime.fromtimestamp(at * 60, UTC).strftime(_NAME)
            self.autoscaling.delete_scheduled_action(AutoScalingGroupName=self.group, ScheduledActionName=name)
