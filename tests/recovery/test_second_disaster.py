"""After a failover the recovery region is lost too: the runbook works from the other region, and names what is lost."""

from __future__ import annotations

import pytest

from recovery.errors import NotReadyError, UnfinishedRunError
from recovery.executor import Point
from recovery.plan import Verb
from tests.recovery.test_kills import killing_at, ready_for
from tests.recovery.world import EAST, WEST, World


@pytest.fixture
def lost() -> World:
    """The lease is in the recovery region, the primary is back, and the recovery region is lost."""
    return ready_for(Verb.FAILOVER_TO_PRIMARY)


def test_a_failover_to_the_primary_asks_nothing_of_the_lost_region(lost: World) -> None:
    """The lease, the lock and the journal are read and written by the primary's replica of the control table."""
    report = lost.operations().begin(Verb.FAILOVER_TO_PRIMARY)
    assert report.outcome == "done"
    assert (report.source, report.target) == (WEST, EAST)
    assert lost.lease().holder == EAST
    assert lost.lease().epoch == 3
    assert lost.switch.state() == "primary"


def test_an_order_that_the_first_takeover_had_not_known_is_named_by_the_second(lost: World) -> None:
    """No failback came in between, so nobody else would name it."""
    facts = lost.operations().begin(Verb.FAILOVER_TO_PRIMARY).step("reconcile-orders").facts
    assert [entry["order_id"] for entry in facts["named"]] == ["ACC-1#B"]


def test_an_order_that_was_lost_with_the_recovery_region_is_named_by_rejoin() -> None:
    """The recovery region is back; the lease and the traffic stay where they are."""
    world = ready_for(Verb.REJOIN)
    before = (world.lease().epoch, world.switch.state())
    report = world.operations().begin(Verb.REJOIN)
    assert report.outcome == "done"
    assert [entry["order_id"] for entry in report.step("reconcile-orders").facts["named"]] == ["ACC-1#C"]
    assert (world.lease().epoch, world.switch.state()) == before
    assert world.shrunk.runs == [report.run]


def test_status_and_doctor_work_without_the_recovery_region(lost: World) -> None:
    """They find the control table's other replica by themselves."""
    operations = lost.operations()
    assert operations.status()["lease"]["holder"] == WEST
    found = {check.name: check.ready for check in operations.doctor(Verb.FAILOVER_TO_PRIMARY)}
    assert all(found[name] for name in ("lease", "order intake", "tables", "last run"))


def test_a_failover_that_is_under_way_when_the_second_region_goes_is_aborted_first(world: World) -> None:
    """The message says so, and `abort` works without the region as well."""
    world.order("A")
    with pytest.raises(BaseException, match="promote-database"):
        world.operations(watch=killing_at("promote-database", Point.BEFORE_EFFECT)).begin(Verb.FAILOVER)
    world.give_back_the_primary()
    world.hold(WEST, 2)
    world.lost.add(WEST)
    with pytest.raises(UnfinishedRunError, match="`resume` or `abort` it"):
        world.operations("bob").begin(Verb.FAILOVER_TO_PRIMARY)
    assert "is given up" in world.operations("bob").abort()
    assert world.operations("bob").begin(Verb.FAILOVER_TO_PRIMARY).outcome == "done"


def test_the_primary_that_holds_the_lease_takes_nothing_over(world: World) -> None:
    """`failover --to` names the region that serves: nothing is to be done, and nothing is changed."""
    with pytest.raises(NotReadyError, match="takes orders already"):
        world.operations().begin(Verb.FAILOVER_TO_PRIMARY)
    assert world.lease().epoch == 1


def test_a_region_that_serves_does_not_rejoin(world: World) -> None:
    """`rejoin` is for the region without the lease."""
    world.operations().begin(Verb.FAILOVER)
    world.give_back_the_primary()
    with pytest.raises(NotReadyError, match="takes orders already"):
        world.operations().begin(Verb.REJOIN)


def test_the_recovery_region_is_ready_for_a_failover_again_after_rejoin() -> None:
    """Two disasters later the platform is where it began."""
    world = ready_for(Verb.REJOIN)
    world.operations().begin(Verb.REJOIN)
    world.hold(EAST, 3)
    world.clock.advance(3_600_000)
    world.hold(EAST, 3)
    world.order("D", epoch=3)
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"
    assert world.lease().holder == WEST
