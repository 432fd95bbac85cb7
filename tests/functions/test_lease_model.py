"""Whatever fails, two regions never accept orders at one time; and the model sees it when they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from functions.control_item import ControlItem
from functions.order_intake import lease as rules
from functions.order_intake.lease import Grant, LeaseSettings, LeaseStoreUnavailableError
from recovery.takeover import NOBODY, Takeover, take_over
from tests.functions.lease_model import LINKS, REGIONS, SETTINGS, Accepted, ModelStore, Process, Weather, World

# What fails is drawn from all that can; most of the time nothing does, or no run would get anywhere.
DELAY = st.one_of(st.just(0), st.integers(0, 60))
FATES = st.sampled_from(["lost", "unanswered", "late"])
WEATHER = st.one_of(st.builds(Weather), st.builds(Weather, DELAY, DELAY), st.builds(Weather, DELAY, DELAY, FATES))
NEAR = st.sampled_from([0, 0, 1, SETTINGS.margin, SETTINGS.margin + 2 * SETTINGS.write_timeout, 300])
CUTS = st.one_of(st.just(set()), st.sampled_from(LINKS).map(lambda link: {link}), st.sets(st.sampled_from(LINKS)))
PROCESSES = st.integers(0, 3)
ERROR = st.integers(-SETTINGS.margin // 2, SETTINGS.margin // 2)


class TwoRegions(RuleBasedStateMachine):
    """Two processes in each of two regions, and an operator in each who may take over."""

    settings_of_the_lease = SETTINGS
    store_type: type[ModelStore] = ModelStore

    def __init__(self) -> None:
        super().__init__()
        self.world = World(settings=self.settings_of_the_lease)
        self.processes = [self._start(number) for number in range(4)]
        self.in_hand: list[tuple[Process, Grant, int]] = []

    @initialize()
    def somebody_holds_the_lease(self) -> None:
        self.world.stored = ControlItem(
            REGIONS[0], 1, self.world.now - SETTINGS.margin, self.world.now + SETTINGS.lease
        )

    @rule(milliseconds=st.one_of(st.integers(0, 60), st.integers(0, 2 * SETTINGS.lease)))
    def time_passes(self, milliseconds: int) -> None:
        self.world.now += milliseconds

    @precondition(lambda self: self.world.stored is not None)
    @rule(region=st.sampled_from(REGIONS), at=st.sampled_from(["valid_from", "valid_until"]), before=NEAR)
    def a_clock_comes_to_a_boundary(self, region: str, at: str, before: int) -> None:
        boundary = getattr(self.world.stored, at) - before - self.world.clock_error[region]
        self.world.now = max(self.world.now, boundary)

    @rule(region=st.sampled_from(REGIONS), error=ERROR)
    def a_clock_drifts(self, region: str, error: int) -> None:
        self.world.clock_error[region] = error

    @rule(cut=CUTS)
    def the_network_parts_or_heals(self, cut: set[frozenset[str]]) -> None:
        self.world.cut = cut

    @rule(first=PROCESSES, weather=WEATHER, answered=st.sampled_from([0, 1, 2, 4, 4]))
    def orders_arrive(self, first: int, weather: Weather, answered: int) -> None:
        """One at each process, so that every process that wrongly thinks it may accept is found out."""
        self.processes[first].store.weather = weather
        for process in self.processes[first:] + self.processes[:first]:
            grant = process.keeper.grant()
            if isinstance(grant, Grant):
                self.in_hand.append((process, grant, self.world.now))
        self.writes_are_answered(answered)

    @rule(orders=st.integers(1, 4))
    def writes_are_answered(self, orders: int) -> None:
        for process, grant, began in self.in_hand[:orders]:
            if process in self.processes and self.confirms(process, grant):
                self.world.accepted.append(Accepted(process.region, grant.epoch, began, self.world.now))
        del self.in_hand[:orders]

    @rule(number=PROCESSES)
    def a_process_dies_and_another_starts(self, number: int) -> None:
        self.processes[number] = self._start(number)

    @precondition(lambda self: self.world.under_way)
    @rule(position=st.integers(0, 9))
    def a_write_that_was_thought_lost_is_applied(self, position: int) -> None:
        self.world.under_way.pop(position % len(self.world.under_way))()

    @rule(
        region=st.sampled_from(REGIONS),
        holder=st.sampled_from([*REGIONS, *REGIONS, NOBODY]),
        reading=WEATHER,
        thinking=st.one_of(st.just(0), st.integers(0, 300)),
        writing=WEATHER,
        waits=st.booleans(),
    )
    def an_operator_takes_over(
        self, region: str, holder: str, reading: Weather, thinking: int, writing: Weather, waits: bool
    ) -> None:
        """Gives the lease to a region, or to nobody as a switchover does first; wherever the operator is."""
        store = self.store_type(self.world, region)
        store.weather = reading
        try:
            stored = store.read()
            self.world.now += thinking
            takeover = self.take_over(stored, holder, region)
            store.weather = writing
            store.take_over(takeover.condition, takeover.item)
        except LeaseStoreUnavailableError:
            return
        if waits:
            self.world.now += takeover.wait_milliseconds(self.world.clock_of(region)())

    @invariant()
    def orders_are_accepted_by_one_region_at_a_time(self) -> None:
        for earlier, later in zip(self.world.accepted, self.world.accepted[1:], strict=False):
            assert later.epoch >= earlier.epoch, f"an order was accepted under an epoch that had passed: {later}"
            if earlier.region != later.region:
                assert later.began >= earlier.confirmed, f"two regions accepted at one time: {earlier} and {later}"

    def confirms(self, process: Process, grant: Grant) -> bool:
        return process.keeper.confirms(grant)

    def take_over(self, stored: ControlItem | None, holder: str, region: str) -> Takeover:
        return take_over(stored, holder, self.world.clock_of(region)(), SETTINGS.lease)

    def _start(self, number: int) -> Process:
        return Process.start(self.world, REGIONS[number // 2], self.store_type)


class WithoutTheWait(TwoRegions):
    """A takeover that does not wait out the old lease."""

    def take_over(self, stored: ControlItem | None, holder: str, region: str) -> Takeover:
        return _at_once(super().take_over(stored, holder, region), self.world.clock_of(region)())


class WithoutTheWaitAfterNobody(TwoRegions):
    """A takeover from nobody that forgets the lease before."""

    def take_over(self, stored: ControlItem | None, holder: str, region: str) -> Takeover:
        takeover = super().take_over(stored, holder, region)
        if stored is None or stored.holder != NOBODY:
            return takeover
        return _at_once(takeover, self.world.clock_of(region)())


def _at_once(takeover: Takeover, now: int) -> Takeover:
    return replace(takeover, item=replace(takeover.item, valid_from=now, valid_until=now + SETTINGS.lease))


class WithoutTheConfirmation(TwoRegions):
    """A holder that looks at its clock before the write only."""

    def confirms(self, process: Process, grant: Grant) -> bool:
        return True


class WithoutTheMargin(TwoRegions):
    """A holder that trusts its clock to the millisecond."""

    def confirms(self, process: Process, grant: Grant) -> bool:
        return rules.confirms(
            replace(grant, accepted_until=grant.valid_until + 1), self.world.clock_of(process.region)()
        )


class ExtensionsThatShorten(TwoRegions):
    """An extension that is not conditional on a later end."""

    class store_type(ModelStore):  # noqa: N801 - it takes the place of an attribute
        def grows(self, stored: ControlItem, lease: ControlItem) -> bool:
            return True


class TakeoverOfWhateverIsStored(TwoRegions):
    """A takeover that is conditional on the epoch alone, so that an extension may slip in before it."""

    class store_type(ModelStore):  # noqa: N801
        def take_over(self, condition: ControlItem | None, item: ControlItem) -> None:
            stored = self._world.stored
            same_epoch = stored is not None and condition is not None and stored.epoch == condition.epoch
            super().take_over(stored if same_epoch else condition, item)


_CALM = Weather()
_OLD, _NEW = REGIONS


def _take_over(machine: TwoRegions, holder: str = _NEW) -> None:
    machine.an_operator_takes_over(_NEW, holder, _CALM, 0, _CALM, False)


def _new_holder_is_answered_first(machine: TwoRegions) -> None:
    machine.time_passes(SETTINGS.recheck)
    earlier, machine.in_hand = machine.in_hand, []
    machine.orders_arrive(2, _CALM, 0)
    machine.in_hand += earlier
    machine.writes_are_answered(9)


def _a_takeover_while_an_order_is_in_hand(machine: TwoRegions) -> None:
    machine.orders_arrive(0, _CALM, 0)
    _take_over(machine)
    _new_holder_is_answered_first(machine)


def _a_takeover_by_way_of_nobody_while_an_order_is_in_hand(machine: TwoRegions) -> None:
    machine.orders_arrive(0, _CALM, 0)
    _take_over(machine, NOBODY)
    _take_over(machine)
    _new_holder_is_answered_first(machine)


def _a_process_that_stands_still_between_grant_and_answer(machine: TwoRegions) -> None:
    machine.orders_arrive(0, _CALM, 0)
    _take_over(machine)
    machine.time_passes(SETTINGS.lease)
    _new_holder_is_answered_first(machine)


def _clocks_that_are_as_far_apart_as_they_may_be(machine: TwoRegions) -> None:
    machine.a_clock_drifts(_OLD, -SETTINGS.margin // 2)
    machine.a_clock_drifts(_NEW, SETTINGS.margin // 2)
    machine.orders_arrive(0, _CALM, 0)
    _take_over(machine)
    machine.time_passes(SETTINGS.lease - SETTINGS.margin // 2 - SETTINGS.recheck)
    _new_holder_is_answered_first(machine)


def _an_extension_with_an_earlier_end(machine: TwoRegions) -> None:
    first, second = machine.processes[:2]
    for process in (first, second):
        assert isinstance(process.keeper.grant(), Grant)
    machine.time_passes(SETTINGS.lease // 2 + SETTINGS.margin)
    assert isinstance(first.keeper.grant(), Grant)
    machine.a_clock_drifts(_OLD, -SETTINGS.margin // 2)
    assert isinstance(second.keeper.grant(), Grant)
    machine.a_clock_drifts(_OLD, 0)
    granted_to_the_first = first.keeper.grant()
    assert isinstance(granted_to_the_first, Grant)
    stored = machine.world.stored
    assert stored is not None
    assert stored.valid_until >= granted_to_the_first.valid_until, (
        "an order was granted more than the lease, at one time"
    )


def _an_extension_between_a_takeover_s_read_and_its_write(machine: TwoRegions) -> None:
    machine.orders_arrive(0, _CALM, 4)
    store = machine.store_type(machine.world, _NEW)
    read = store.read()
    machine.time_passes(SETTINGS.lease // 2 + 20)
    machine.orders_arrive(0, _CALM, 4)
    takeover = machine.take_over(read, _NEW, _NEW)
    store.take_over(takeover.condition, takeover.item)
    machine.time_passes(SETTINGS.lease // 2 - 20 - SETTINGS.margin)
    # The old holder's lease was extended, so it may accept; the new holder waited out the one that it had read.
    in_hand = machine.processes[0].keeper.grant()
    assert isinstance(in_hand, Grant)
    machine.in_hand.append((machine.processes[0], in_hand, machine.world.now))
    machine.time_passes(SETTINGS.margin)
    machine.in_hand += [
        (process, grant, machine.world.now)
        for process in machine.processes[2:]
        if isinstance(grant := process.keeper.grant(), Grant)
    ]
    machine.in_hand.reverse()
    machine.writes_are_answered(4)


_SCHEDULES = {
    WithoutTheWait: _a_takeover_while_an_order_is_in_hand,
    WithoutTheWaitAfterNobody: _a_takeover_by_way_of_nobody_while_an_order_is_in_hand,
    WithoutTheConfirmation: _a_process_that_stands_still_between_grant_and_answer,
    WithoutTheMargin: _clocks_that_are_as_far_apart_as_they_may_be,
    ExtensionsThatShorten: _an_extension_with_an_earlier_end,
    TakeoverOfWhateverIsStored: _an_extension_between_a_takeover_s_read_and_its_write,
}


def _play(kind: type[TwoRegions], schedule: Callable[[TwoRegions], None]) -> None:
    machine = kind()
    machine.somebody_holds_the_lease()
    schedule(machine)
    machine.writes_are_answered(9)
    machine.orders_are_accepted_by_one_region_at_a_time()


@pytest.mark.parametrize(("broken", "schedule"), _SCHEDULES.items(), ids=[kind.__name__ for kind in _SCHEDULES])
def test_each_rule_of_the_lease_prevents_what_happens_without_it(
    broken: type[TwoRegions], schedule: Callable[[TwoRegions], None]
) -> None:
    with pytest.raises(AssertionError, match=r"at one time|had passed"):
        _play(broken, schedule)
    _play(TwoRegions, schedule)


def test_two_regions_never_accept_orders_at_one_time() -> None:
    thorough = settings(
        max_examples=100,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    run_state_machine_as_test(TwoRegions, settings=thorough)


def test_orders_are_accepted_in_the_model_by_one_region_and_then_the_other() -> None:
    world = World()
    world.stored = ControlItem(REGIONS[0], 1, world.now, world.now + SETTINGS.lease)
    old, new = (Process.start(world, region) for region in REGIONS)

    assert isinstance(old.keeper.grant(), Grant)
    takeover = take_over(world.stored, REGIONS[1], world.now, SETTINGS.lease)
    new.store.take_over(takeover.condition, takeover.item)
    assert not isinstance(new.keeper.grant(), Grant)
    world.now += SETTINGS.lease
    assert isinstance(new.keeper.grant(), Grant), "the new holder accepts as soon as it has waited out the old lease"
    assert not isinstance(old.keeper.grant(), Grant)


def test_the_model_uses_settings_that_the_rules_allow() -> None:
    assert isinstance(SETTINGS, LeaseSettings)
