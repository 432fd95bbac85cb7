"""The takeover at the end of a rehearsal, on the minimal fixture: a failover with the runbook, and its scale-out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_emulator.server import start
from recovery import lease
from recovery.scale_out import Progress
from rehearsal.client_names import RUNBOOK
from rehearsal.drill import minimal_fixture
from rehearsal.drill.operator import OperatorError
from rehearsal.drill.series import grant_first_lease
from rehearsal.drill.takeover import Takeover
from rehearsal.drill.testbed import Testbed
from rehearsal.scale_out import ScaleOutServer

pytestmark = pytest.mark.rehearsal


@pytest.fixture
def testbed(tmp_path: Path) -> Iterator[Testbed]:
    with start(log=tmp_path / "server.log") as server:
        made = minimal_fixture.make(server)
        grant_first_lease(made, tmp_path)
        yield made


def test_the_runbook_scales_out_after_the_traffic_switch(testbed: Testbed, tmp_path: Path) -> None:
    seen: list[str] = []

    def grow(run: str, progress: Progress) -> None:
        control = testbed.client("dynamodb", minimal_fixture.STANDBY)
        right = lease.read(control, testbed.configuration.tables.control)
        seen.extend([str(right and right.holder), testbed.server.outages()["regions"][minimal_fixture.PRIMARY]])
        progress("grown")

    with ScaleOutServer(grow) as growing:
        taken = Takeover.of(testbed, tmp_path, growing.command).take()
    assert growing.failure is None
    assert seen == [minimal_fixture.STANDBY, "dead"], (
        "the region grows once it holds the lease, while the primary is dead"
    )
    said = taken.as_json()
    assert taken.problems == []
    assert list(said["steps"])[:5] == ["take-lease", "turn-traffic", "await-lease", "open-intake", "prove-order"]
    assert list(said["steps"])[-2:] == ["scale-out", "drain-backlog"]
    assert said["backlog"]["waiting"] == 0
    assert said["orders_accepted_by_new_region"] > 0
    assert said["unpublished"] == []
    assert testbed.server.outages()["regions"] == {}, "the primary is back"
    unnamed = [entry for entry in testbed.server.outages()["refused"] if not entry["name"]]
    assert unnamed == [], "whatever asked for the lost region and is no engine says who it is"
    assert {entry["name"] for entry in testbed.server.outages()["refused"]} >= {"trading-callers"}


def test_a_failed_scale_out_ends_the_takeover_and_keeps_the_traffic(testbed: Testbed, tmp_path: Path) -> None:
    def grow(run: str, progress: Progress) -> None:
        raise RuntimeError("dr: nothing was made")

    with ScaleOutServer(grow) as growing, pytest.raises(OperatorError, match="dr: nothing was made"):
        Takeover.of(testbed, tmp_path, growing.command).take()
    right = lease.read(testbed.client("dynamodb", minimal_fixture.STANDBY), testbed.configuration.tables.control)
    assert right is not None
    assert right.holder == minimal_fixture.STANDBY, "a growth that failed takes no order back"


def test_refused_requests_of_the_runbook_are_counted_by_client_name(testbed: Testbed, tmp_path: Path) -> None:
    with ScaleOutServer(lambda run, progress: None) as growing:
        takeover = Takeover.of(testbed, tmp_path, growing.command)
        takeover.take()
        testbed.server.set_outage(minimal_fixture.PRIMARY, "dead")
        # A failback asks the returned region, which is lost again.
        ended = takeover.operator.run("failback", "--yes", seconds=300)
    assert ended.code != 0
    counted = {entry["name"]: entry["count"] for entry in testbed.server.outages()["refused"]}
    assert counted.get(RUNBOOK, 0) > 0
