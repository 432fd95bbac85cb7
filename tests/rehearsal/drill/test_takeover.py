"""The takeover at the end of a rehearsal, on the small ground: the runbook's own failover, which grows the region."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_emulator.server import start
from recovery import lease
from recovery.scale_out import Progress
from rehearsal.client_names import RUNBOOK
from rehearsal.drill import small
from rehearsal.drill.operator import OperatorError
from rehearsal.drill.series import opened
from rehearsal.drill.takeover import Takeover
from rehearsal.drill.world import World
from rehearsal.scale_out import ScaleOutServer

pytestmark = pytest.mark.rehearsal


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with start(log=tmp_path / "server.log") as server:
        made = small.make(server)
        opened(made, tmp_path)
        yield made


def test_the_runbook_grows_the_region_after_traffic_has_moved_and_with_the_primary_dead(
    world: World, tmp_path: Path
) -> None:
    seen: list[str] = []

    def grow(run: str, progress: Progress) -> None:
        control = world.client("dynamodb", small.STANDBY)
        right = lease.read(control, world.configuration.tables.control)
        seen.extend([str(right and right.holder), world.server.outages()["regions"][small.PRIMARY]])
        progress("grown")

    with ScaleOutServer(grow) as growing:
        taken = Takeover.of(world, tmp_path, growing.command).take()
    assert growing.failure is None
    assert seen == [small.STANDBY, "dead"], "the region grows once it holds the lease, while the primary is dead"
    said = taken.as_json()
    assert taken.problems == []
    assert list(said["steps"])[:5] == ["take-lease", "turn-traffic", "await-lease", "open-intake", "prove-order"]
    assert list(said["steps"])[-2:] == ["scale-out", "drain-backlog"]
    assert said["backlog"]["waiting"] == 0
    assert said["orders_accepted_by_new_region"] > 0
    assert said["unpublished"] == []
    assert world.server.outages()["regions"] == {}, "the primary is back"
    unnamed = [entry for entry in world.server.outages()["refused"] if not entry["name"]]
    assert unnamed == [], "whatever asked for the lost region and is no engine says who it is"
    assert {entry["name"] for entry in world.server.outages()["refused"]} >= {"trading-callers"}


def test_a_growth_that_fails_leaves_orders_where_they_are_and_breaks_the_takeover_off(
    world: World, tmp_path: Path
) -> None:
    def grow(run: str, progress: Progress) -> None:
        raise RuntimeError("dr: nothing was made")

    with ScaleOutServer(grow) as growing, pytest.raises(OperatorError, match="dr: nothing was made"):
        Takeover.of(world, tmp_path, growing.command).take()
    right = lease.read(world.client("dynamodb", small.STANDBY), world.configuration.tables.control)
    assert right is not None
    assert right.holder == small.STANDBY, "a growth that failed takes no order back"


def test_the_runbook_is_counted_by_its_name(world: World, tmp_path: Path) -> None:
    with ScaleOutServer(lambda run, progress: None) as growing:
        takeover = Takeover.of(world, tmp_path, growing.command)
        takeover.take()
        world.server.set_outage(small.PRIMARY, "dead")
        # A failback asks the returned region, which is lost again.
        ended = takeover.operator.run("failback", "--yes", seconds=300)
    assert ended.code != 0
    counted = {entry["name"]: entry["count"] for entry in world.server.outages()["refused"]}
    assert counted.get(RUNBOOK, 0) > 0
