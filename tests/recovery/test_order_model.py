"""Whatever is lost or late, an accepted order is traded or named, and the model sees it when one is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.recovery.order_model import OrderModel
from tests.recovery.world import EAST, WEST

NAMES = st.sampled_from(["A", "B", "C"])
REGIONS = st.sampled_from([EAST, WEST])


class Orders(RuleBasedStateMachine):
    """Clients, replication, streams, engines, up to two disasters and a failback, in any order; at the end the regions
    see each other."""

    republishes, restores, reads_the_stream, waits = True, True, True, True

    def __init__(self) -> None:
        super().__init__()
        self.model = OrderModel(
            republishes=self.republishes,
            restores=self.restores,
            reads_the_stream=self.reads_the_stream,
            waits=self.waits,
        )

    @rule(name=NAMES)
    def a_client_enters(self, name: str) -> None:
        # A client may repeat an order that was accepted: it does not know whether its answer was lost.
        self.model.enter(self._here, name)

    @rule(name=NAMES)
    def a_client_cancels(self, name: str) -> None:
        self.model.cancel(self._here, name)

    @rule(count=st.integers(1, 8))
    def writes_arrive(self, count: int) -> None:
        self.model.deliver(count)

    @rule(region=REGIONS)
    def an_engine_takes_an_order(self, region: str) -> None:
        self.model.engine(region)

    @rule(working=st.booleans())
    def the_stream_fails_or_works(self, working: bool) -> None:
        self.model.world.streams[EAST].working = working

    @precondition(lambda self: not self.model.cut)
    @rule()
    def a_process_stands_still_before_its_mark(self) -> None:
        self.model.freezes[self._here] = True

    @rule(milliseconds=st.integers(1, 4_000))
    def time_passes(self, milliseconds: int) -> None:
        self.model.world.clock.advance(milliseconds)

    @rule()
    def the_redrive_runs(self) -> None:
        self.model.redrive(self._here)

    @precondition(lambda self: self.model.acked and self.model.takeovers < 2)
    @rule()
    def the_region_with_the_lease_is_lost(self) -> None:
        """The first disaster, or the second: then the recovery region is lost."""
        self.model.take_over()

    @precondition(lambda self: self.model.unfinished is not None)
    @rule()
    def the_runbook_goes_on(self) -> None:
        """Before it does, clients of the new region enter and cancel orders."""
        self.model.go_on()

    @precondition(lambda self: self.model.cut)
    @rule()
    def the_regions_see_each_other_again(self) -> None:
        self.model.give_back()

    @precondition(lambda self: self.model.takeovers and not self.model.cut and self._here == WEST)
    @rule()
    def an_operator_fails_back(self) -> None:
        self.model.fail_back()

    @property
    def _here(self) -> str:
        return self.model.holder

    def teardown(self) -> None:
        if not self.model.takeovers:
            self.model.take_over()
        if self.model.cut:
            self.model.give_back()
        self.model.drain()
        self.model.judge()


class WithoutRepublishing(Orders):
    """A takeover that leaves to the old stream what the old region published."""

    republishes = False


class WithoutTheStream(Orders):
    """A return that looks at the tables alone, whose items a second acceptance has overwritten."""

    reads_the_stream = False


class WithoutWaiting(Orders):
    """Order intake and the redrive publish a cancellation before the order has its name."""

    waits = False


class WithoutRestoring(Orders):
    """A return that takes the last write for the truth."""

    restores = False


def search(machine: type[Orders], examples: int) -> None:
    bounded = settings(
        max_examples=examples,
        stateful_step_count=15,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    run_state_machine_as_test(machine, settings=bounded)


def test_every_accepted_order_is_traded_or_named_and_no_cancellation_is_undone() -> None:
    search(Orders, 60)


def _a_record_that_dies_with_its_stream(machine: Orders) -> None:
    machine.a_client_enters("A")
    machine.writes_arrive(4)
    machine.the_region_with_the_lease_is_lost()


def _a_mark_that_comes_after_the_cancellation(machine: Orders) -> None:
    machine.a_process_stands_still_before_its_mark()
    machine.a_client_enters("A")
    machine.writes_arrive(4)
    machine.the_region_with_the_lease_is_lost()
    machine.a_client_cancels("A")


def _a_cancellation_before_the_orders_are_named(machine: Orders) -> None:
    """The old region has traded the order, and what its engine wrote is lost with it."""
    machine.a_client_enters("A")
    machine.writes_arrive(4)
    machine.an_engine_takes_an_order(EAST)
    machine.the_region_with_the_lease_is_lost()
    machine.a_client_cancels("A")
    machine.an_engine_takes_an_order(WEST)


def _an_order_that_its_client_enters_again(machine: Orders) -> None:
    machine.a_client_enters("A")
    machine.the_region_with_the_lease_is_lost()
    machine.a_client_enters("A")


@pytest.mark.parametrize(
    ("broken", "schedule", "found"),
    [
        (WithoutTheStream, _an_order_that_its_client_enters_again, "was accepted twice"),
        (WithoutRepublishing, _a_record_that_dies_with_its_stream, "neither traded nor named"),
        (WithoutWaiting, _a_cancellation_before_the_orders_are_named, "was traded and cancelled"),
        (WithoutRestoring, _a_mark_that_comes_after_the_cancellation, "was undone"),
    ],
    ids=["accepted twice", "lost with the stream", "traded and cancelled", "undone cancellation"],
)
def test_the_model_finds_a_seeded_fault(broken: type[Orders], schedule: Callable[[Orders], None], found: str) -> None:
    for kind in (Orders, broken):
        machine = kind()
        schedule(machine)
        if kind is Orders:
            machine.teardown()
        else:
            with pytest.raises(AssertionError, match=found):
                machine.teardown()


def test_the_search_finds_a_seeded_fault_by_itself() -> None:
    with pytest.raises(AssertionError, match="neither traded nor named"):
        search(WithoutRepublishing, 200)
