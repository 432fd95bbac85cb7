"""Accepted is not traded: a takeover starts engines before the stack grows, and reports both times."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions import epoch_notes
from recovery.configuration import from_outputs
from recovery.errors import ConfigurationError
from recovery.executor import Moment, Point
from recovery.plan import PLANS, Verb
from tests.functions.aws import CONTROL
from tests.recovery.clients import Silent
from tests.recovery.exports import outputs
from tests.recovery.world import LEASE_MILLISECONDS, WEST, World


def test_engines_are_started_before_the_database_is_waited_for(world: World) -> None:
    """The growth of the stack waits for the database; the engines do not."""
    world.order("A")
    report = world.operations().begin(Verb.FAILOVER)
    assert report.outcome == "done"
    assert world.engines.desired == 2
    assert report.step("await-engines").facts == {"in_service": 2}
    names = PLANS[Verb.FAILOVER].names
    assert names.index("start-engines") < names.index("promote-database")
    assert names.index("await-engines") < names.index("await-database") < names.index("scale-out")


def test_the_report_has_the_time_of_the_first_engine_beside_that_of_the_first_order(world: World) -> None:
    """Orders are accepted while no engine stands."""
    report = world.operations().begin(Verb.FAILOVER)
    assert report.recovery_seconds == LEASE_MILLISECONDS / 1000
    assert report.tradable_seconds is not None
    assert report.tradable_seconds > report.recovery_seconds
    assert world.operations().status()["last_run"]["tradable_seconds"] == report.tradable_seconds


def test_a_fleet_that_has_more_engines_keeps_them(world: World) -> None:
    """A standing minimum of the recovery stack is not taken away."""
    world.engines.desired = 5
    report = world.operations().begin(Verb.FAILOVER)
    assert world.engines.desired == 5
    assert report.tradable_seconds is not None


def test_no_more_engines_are_asked_for_than_the_fleet_may_have(world: World) -> None:
    """Auto Scaling refuses a size above the group's maximum; `doctor` says so beforehand."""
    world.engines.most = 1
    found = {check.name: check for check in world.operations().doctor()}
    assert not found["engines"].ready
    assert "raise elasticEnginesMax" in found["engines"].way_out
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"
    assert world.engines.desired == 1


def test_doctor_says_when_accepted_orders_would_wait_for_an_engine(world: World) -> None:
    """Ready, and said: accepted at once, traded later."""
    found = {check.name: check for check in world.operations().doctor()}
    assert found["engines"].ready
    assert "traded once an engine stands" in found["engines"].found
    world.engines.desired = 1
    found = {check.name: check for check in world.operations().doctor()}
    assert "orders are traded at once" in found["engines"].found


def test_auto_scaling_that_fails_keeps_no_order_out(world: World) -> None:
    """Engines are started by `resume` once the service answers again."""
    real = world.services["autoscaling", WEST]
    world.services["autoscaling", WEST] = Silent()
    report = world.operations().begin(Verb.FAILOVER)
    assert report.outcome == "incomplete"
    assert report.recovery_seconds is not None
    world.services["autoscaling", WEST] = real
    assert world.operations().resume().outcome == "done"
    assert world.engines.desired == 2


def test_exports_without_a_group_of_engines_leave_them_to_the_deployment(world: World) -> None:
    """Exports of a stack that was brought up by an earlier version."""
    found = replace(world.configuration, scale_out={"project": "standby-scale-out"})
    report = world.operations(configuration=found).begin(Verb.FAILOVER)
    assert report.outcome == "done"
    assert "scale-out starts them" in report.step("start-engines").facts["note"]
    assert report.tradable_seconds is None


@pytest.mark.parametrize("engines", [-1, 501, "two", 1.5, None])
def test_a_number_of_engines_that_is_none_is_refused(engines: object) -> None:
    """One line with the key, the value and the way out."""
    given = outputs(scale_out={"project": "grow", "engineGroup": "engines", "engines": engines})
    with pytest.raises(ConfigurationError, match=r"recovery\.scaleOut\.engines = "):
        from_outputs(given)


def test_order_intake_learns_that_an_engine_stands(world: World) -> None:
    """With immediateOrdersNeedEngine, order intake refuses immediate orders until this note has the epoch."""
    noted: list[int] = []

    def watch(moment: Moment) -> None:
        if moment.point is Point.BEFORE_INTENT and moment.step.name in ("await-engines", "scale-out"):
            noted.append(epoch_notes.read(world.dynamodb[WEST], CONTROL, epoch_notes.Note.ENGINES))

    assert world.operations(watch=watch).begin(Verb.FAILOVER).outcome == "done"
    assert noted == [0, 2], "written once the first engine is in service, before the stack grows"
    assert epoch_notes.read(world.dynamodb[WEST], CONTROL, epoch_notes.Note.ENGINES) == world.lease().epoch == 2
