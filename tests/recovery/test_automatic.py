"""The failover that nobody watches: whatever was under way when the primary was lost does not stand in its way."""

from __future__ import annotations

from typing import Any

import pytest

from functions.failover.decision import Decider
from recovery.errors import JournalTakenError
from recovery.executor import Moment, Point
from recovery.plan import PLANS, Verb
from recovery.steps.step import Stage
from tests.recovery.clients import KilledError
from tests.recovery.test_kills import killing_at, ready_for
from tests.recovery.world import EAST, WEST, World

ALARM = "primary-lost"
RAISED = {"detail-type": "CloudWatch Alarm State Change", "detail": {"alarmName": ALARM}}
BEFORE_THE_LEASE = [
    step.name
    for step in PLANS[Verb.FAILBACK].steps
    if step.stage is Stage.BEFORE or step.name in ("quiesce", "await-quiet", "catch-up")
]


def decided(world: World) -> tuple[dict[str, Any], list[str]]:
    """What the function decides on the quorum's alarm, and what it tells people."""
    told: list[str] = []
    decider = Decider(
        automatic=True,
        quorum_alarm=ALARM,
        quorum_holds=lambda: True,
        operations=lambda: world.operations("function"),
        tell=lambda head, text: told.append(f"{head}\n{text}"),
        go_on=lambda: None,
        count=lambda _metric: None,
    )
    return decider.decide(RAISED), told


def last_runs(world: World) -> list[tuple[str, str | None]]:
    run = world.journal().tail().run
    assert run is not None
    return [(run.verb, run.outcome)]


def test_a_drill_that_found_a_difference_does_not_stand_in_its_way(world: World) -> None:
    world.order("STUCK", arrived=False)
    world.clock.advance(60_000)
    assert world.operations().begin(Verb.DRILL).outcome == "incomplete"
    decision, _ = decided(world)
    assert decision["outcome"] == "done", decision
    assert last_runs(world) == [("failover", "done")]
    assert world.accepting() == {WEST}


def test_a_drill_that_is_under_way_gives_way_and_stops(world: World) -> None:
    decisions: list[dict[str, Any]] = []

    def watch(moment: Moment) -> None:
        if moment.point is Point.BEFORE_EFFECT:
            decisions.append(decided(world)[0])

    with pytest.raises(JournalTakenError):
        world.operations("drill", watch=watch).begin(Verb.DRILL)
    assert decisions[0]["outcome"] == "done", decisions
    assert world.state()["lock free"]
    assert world.accepting() == {WEST}


def test_a_switchover_that_waits_for_the_lost_primary_is_given_up_for_a_failover(world: World) -> None:
    def watch(moment: Moment) -> None:
        if moment.point is Point.BEFORE_INTENT and moment.step.name == "quiesce":
            world.order("STUCK", arrived=False)

    assert world.operations(watch=watch).begin(Verb.SWITCHOVER).outcome == "incomplete"
    assert world.accepting() == set()
    assert decided(world)[0]["outcome"] == "done"
    assert world.accepting() == {WEST}


@pytest.mark.parametrize("step", ["take-lease", "open-intake", "turn-traffic", "promote-database"])
def test_a_switchover_that_has_the_lease_is_carried_to_its_end(world: World, step: str) -> None:
    with pytest.raises(KilledError):
        world.operations(watch=killing_at(step, Point.AFTER_EFFECT)).begin(Verb.SWITCHOVER)
    assert decided(world)[0]["outcome"] == "done"
    assert last_runs(world) == [("switchover", "done")]
    assert world.lease().holder == WEST


@pytest.mark.parametrize("step", BEFORE_THE_LEASE)
def test_a_failback_that_has_not_got_the_lease_is_given_up(step: str) -> None:
    world = ready_for(Verb.FAILBACK)
    with pytest.raises(KilledError):
        world.operations(watch=killing_at(step, Point.AFTER_EFFECT)).begin(Verb.FAILBACK)
    decided(world)
    assert world.lease().holder == WEST, "the recovery region goes on, or accepts again"
    world.clock.advance(10_000)
    assert world.accepting() == {WEST}
    assert world.journal().tail().run.outcome == "aborted"  # type: ignore[union-attr]


def test_a_failback_that_has_the_lease_is_given_up_and_people_decide_within_the_cooldown() -> None:
    world = ready_for(Verb.FAILBACK)
    with pytest.raises(KilledError):
        world.operations(watch=killing_at("open-intake", Point.BEFORE_EFFECT)).begin(Verb.FAILBACK)
    decision, told = decided(world)
    assert decision["outcome"] == "stopped"
    assert "cooldown" in decision["because"]
    assert any("--force" in text for text in told)
    assert world.lease().holder == EAST
    assert world.operations().begin(Verb.FAILOVER, reason="the primary died again").outcome == "done"
    assert world.accepting() == {WEST}
