"""A run that is killed anywhere and resumed ends as one that was not."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.errors import RecoveryError
from recovery.executor import Moment, Point
from recovery.plan import PLANS, Verb
from tests.recovery import world as worlds
from tests.recovery.clients import KilledError, error
from tests.recovery.world import EAST, WEST, World

VERBS = tuple(Verb)


def ready_for(verb: Verb) -> World:
    """A world in which the verb is what there is to do; a copy, since to make one takes longer than to copy it."""
    return copy.deepcopy(_prepared(verb))


@cache
def _prepared(verb: Verb) -> World:
    world = worlds.world()
    world.unhurried = True
    world.order("A")
    if verb is Verb.OPEN:
        world.dynamodb[WEST].delete_item(TableName="control", Key=worlds.control_item.key())
    if verb in (Verb.FAILBACK, Verb.FAILOVER_TO_PRIMARY, Verb.REJOIN):
        world.order("B", arrived=False)
        world.operations().begin(Verb.FAILOVER)
        world.give_back_the_primary()
    if verb in (Verb.FAILOVER_TO_PRIMARY, Verb.REJOIN):
        world.hold(WEST, 2)
        world.order("C", accepted_by=WEST, arrived=False, epoch=2)
        world.lost.add(WEST)
    if verb is Verb.REJOIN:
        world.operations().begin(Verb.FAILOVER_TO_PRIMARY)
        world.give_back_the_recovery_region()
    world.killer.disarm()
    world.killer.calls.clear()
    return world


def uninterrupted(verb: Verb) -> tuple[dict[str, Any], int]:
    """How a run ends that nobody kills, and how many calls it makes that change something."""
    world = ready_for(verb)
    report = world.operations().begin(verb)
    assert report.outcome == "done", report
    return world.state(), len(world.killer.calls)


def resumed_or_begun(world: World, verb: Verb, *, armed: bool = False) -> None:
    """What a person does who finds that a run was killed: resumes it, or begins it if it had not begun."""
    if not armed:
        world.killer.disarm()
    run = world.journal().tail().run
    if run is not None and run.verb == verb and run.outcome is None:
        assert world.operations("bob").resume().outcome == "done"
        return
    # Killed outside the run: the lock, if it was taken, runs out.
    held = world.lock().read()
    world.clock.advance(max(0, held.until - world.clock()) if held else 0)
    if run is None or run.verb != verb:
        world.hold_on(verb)
        assert world.operations("bob").begin(verb).outcome == "done"


@pytest.mark.parametrize("verb", VERBS)
def test_killed_before_or_after_any_effect_a_run_ends_in_the_same_state(verb: Verb) -> None:
    expected, calls = uninterrupted(verb)
    assert calls >= 2 * len(PLANS[verb].steps), "each step has an intent and a result"
    for call in range(1, calls + 1):
        for after in (False, True):
            world = ready_for(verb)
            world.killer.at(call, after=after)
            with pytest.raises(KilledError):
                world.operations().begin(verb)
            where = f"{'after' if after else 'before'} call {call}, {world.killer.calls[-1]}"
            resumed_or_begun(world, verb)
            assert world.state() == expected, f"killed {where}"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("after", "trouble"),
    [(False, error("ThrottlingException")), (True, ReadTimeoutError(endpoint_url="https://aws"))],
    ids=["refused", "answer lost"],
)
def test_whatever_call_is_refused_or_loses_its_answer_a_run_ends_in_the_same_state(
    verb: Verb, after: bool, trouble: Exception
) -> None:
    expected, calls = uninterrupted(verb)
    for call in range(1, calls + 1):
        world = ready_for(verb)
        world.killer.at(call, after=after, error=trouble)
        with contextlib.suppress(RecoveryError):
            world.operations().begin(verb)
        resumed_or_begun(world, verb)
        assert world.state() == expected, f"call {call}, {world.killer.calls[call - 1]}"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("point", Point)
def test_killed_at_any_boundary_of_any_step_a_run_ends_in_the_same_state(verb: Verb, point: Point) -> None:
    expected, _ = uninterrupted(verb)
    for name in PLANS[verb].names:
        world = ready_for(verb)
        with pytest.raises(KilledError):
            world.operations(watch=killing_at(name, point)).begin(verb)
        assert world.operations("bob").resume().outcome == "done"
        assert world.state() == expected, f"killed {point} of {name}"


def killing_at(name: str, point: Point) -> Callable[[Moment], None]:
    def watch(moment: Moment) -> None:
        if moment.step.name == name and moment.point is point:
            raise KilledError(name)

    return watch


@settings(max_examples=40, deadline=None)
@given(kills=st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=2, max_size=5))
def test_killed_again_and_again_a_failover_ends_in_the_same_state(kills: list[tuple[int, bool]]) -> None:
    expected, _ = uninterrupted(Verb.FAILOVER)
    world = ready_for(Verb.FAILOVER)
    for call, after in kills:
        world.killer.at(call, after=after)
        try:
            resumed_or_begun(world, Verb.FAILOVER, armed=True)
        except KilledError:
            continue
        break
    resumed_or_begun(world, Verb.FAILOVER)
    assert world.state() == expected


def test_the_fast_tables_and_moto_end_a_failover_in_the_same_state(world_on_moto: World) -> None:
    world_on_moto.order("A")
    world_on_moto.operations().begin(Verb.FAILOVER)
    assert world_on_moto.state() == uninterrupted(Verb.FAILOVER)[0]


def test_between_the_regions_no_two_accept_whenever_a_failover_is_killed() -> None:
    _, calls = uninterrupted(Verb.FAILOVER)
    for call in range(1, calls + 1):
        world = ready_for(Verb.FAILOVER)
        world.accepting()
        world.killer.at(call, after=True)
        with pytest.raises(KilledError):
            world.operations().begin(Verb.FAILOVER)
        assert len(world.accepting()) <= 1, f"killed after call {call}"
        assert world.accepting() <= {EAST, WEST}
