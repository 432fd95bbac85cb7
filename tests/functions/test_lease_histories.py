"""Many random histories of two regions and their lease, faster than a search that can shrink what it finds.

`test_lease_model` searches with hypothesis and shrinks. Here a history costs about a millisecond, so that 100,000 take
minutes: `LEASE_HISTORIES=100000 .venv/bin/python -m pytest -n 0 tests/functions/test_lease_histories.py`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from recovery.takeover import NOBODY
from tests.functions.lease_model import LINKS, REGIONS, SETTINGS, Weather
from tests.functions.test_lease_model import (
    TwoRegions,
    WithoutTheConfirmation,
    WithoutTheWait,
    WithoutTheWaitAfterNobody,
)

HISTORIES = int(os.environ.get("LEASE_HISTORIES", "1000"))
FIRST_SEED = int(os.environ.get("LEASE_FIRST_SEED", "0"))
_STEPS = 40
_FINDS_WITHIN = 6_000
"""Histories in which the driver finds a lease without one of its rules."""
_NEAR = (0, 0, 1, SETTINGS.margin, SETTINGS.margin + 2 * SETTINGS.write_timeout, 300)
Draw = random.Random


def _delay(draw: Draw) -> int:
    return draw.choice((0, draw.randint(0, 60)))


def _weather(draw: Draw) -> Weather:
    kind = draw.randrange(3)
    if kind == 0:
        return Weather()
    fate = draw.choice(("lost", "unanswered", "late")) if kind == 2 else "answered"
    return Weather(_delay(draw), _delay(draw), fate)


def _time_passes(machine: TwoRegions, draw: Draw) -> None:
    machine.time_passes(draw.randint(0, draw.choice((60, 2 * SETTINGS.lease))))


def _boundary(machine: TwoRegions, draw: Draw) -> None:
    at = draw.choice(("valid_from", "valid_until"))
    machine.a_clock_comes_to_a_boundary(draw.choice(REGIONS), at, draw.choice(_NEAR))


def _drift(machine: TwoRegions, draw: Draw) -> None:
    machine.a_clock_drifts(draw.choice(REGIONS), draw.randint(-SETTINGS.margin // 2, SETTINGS.margin // 2))


def _network(machine: TwoRegions, draw: Draw) -> None:
    machine.the_network_parts_or_heals(set(draw.sample(LINKS, draw.choice((0, 0, 1, 1, 2, 3)))))


def _orders(machine: TwoRegions, draw: Draw) -> None:
    machine.orders_arrive(draw.randint(0, 3), _weather(draw), draw.choice((0, 1, 2, 4, 4)))


def _answers(machine: TwoRegions, draw: Draw) -> None:
    machine.writes_are_answered(draw.randint(1, 4))


def _restart(machine: TwoRegions, draw: Draw) -> None:
    machine.a_process_dies_and_another_starts(draw.randint(0, 3))


def _late_write(machine: TwoRegions, draw: Draw) -> None:
    if machine.world.under_way:
        machine.a_write_that_was_thought_lost_is_applied(draw.randint(0, 9))


def _takeover(machine: TwoRegions, draw: Draw) -> None:
    holder = draw.choice((*REGIONS, *REGIONS, NOBODY))
    thinking = draw.choice((0, draw.randint(0, 300)))
    waits = draw.random() < 0.5
    machine.an_operator_takes_over(draw.choice(REGIONS), holder, _weather(draw), thinking, _weather(draw), waits)


_RULES: tuple[Callable[[TwoRegions, Draw], None], ...] = (
    *(_time_passes, _boundary, _drift, _network, _orders, _orders, _answers, _restart, _late_write, _takeover),
)


def history(kind: type[TwoRegions], seed: int) -> int:
    """Plays one history and gives how many orders were accepted. Raises AssertionError for two writers."""
    draw, machine = random.Random(seed), kind()
    machine.somebody_holds_the_lease()
    for _ in range(_STEPS):
        draw.choice(_RULES)(machine, draw)
    machine.writes_are_answered(99)
    machine.orders_are_accepted_by_one_region_at_a_time()
    return len(machine.world.accepted)


def _play(kind: type[TwoRegions], histories: int, first: int = 0) -> int:
    """Plays histories and gives how many orders were accepted in all of them."""
    return sum(history(kind, seed) for seed in range(first, first + histories))


def test_no_random_history_has_two_writers() -> None:
    """Two regions never accept orders at one time, over LEASE_HISTORIES histories from LEASE_FIRST_SEED on."""
    accepted = _play(TwoRegions, HISTORIES, FIRST_SEED)
    print(f"{HISTORIES} histories, {accepted} accepted orders, 0 with two writers")
    assert accepted > HISTORIES, "histories without orders prove nothing"


@pytest.mark.parametrize("broken", [WithoutTheWait, WithoutTheWaitAfterNobody, WithoutTheConfirmation])
def test_the_driver_finds_a_lease_without_one_of_its_rules(broken: type[TwoRegions]) -> None:
    """The histories are wild enough to find these; `test_lease_model` plays the schedules of the rarer faults."""
    with pytest.raises(AssertionError, match=r"at one time|had passed"):
        _play(broken, _FINDS_WITHIN)
