"""`doctor` proves that the region can grow without the primary's region and without public sites."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recovery import growth
from recovery.check import Check
from recovery.context import Parts
from recovery.plan import Verb, plan_of
from recovery.scale_out import CodeBuildScaleOut
from recovery.steps.growth import ScaleOutStep
from tests.recovery.world import EAST, WEST, World

DAYS = 24 * 3_600_000


def _growth(world: World, verb: Verb = Verb.FAILOVER) -> dict[str, Check]:
    return {check.name: check for check in world.operations().doctor(verb) if check.name.startswith("growth")}


def test_a_region_that_has_all_that_growth_needs_is_ready(world: World) -> None:
    found = _growth(world)
    assert list(found) == [f"growth: {name}" for name in ("state", "program", "secrets key", "tools", "proof")]
    assert [check.found for check in found.values() if not check.ready] == []
    assert "the version that the pipeline published last" in found["growth: program"].found


@pytest.mark.parametrize(
    ("fault", "name", "shown"),
    [
        (lambda it: it.variables.update(PULUMI_BACKEND_URL=""), "state", "PULUMI_BACKEND_URL of standby-scale-out"),
        (lambda it: it.buckets.clear(), "state", "404"),
        (
            lambda it: it.variables.update(PULUMI_BACKEND_URL="s3://trading-state?region=us-east-1"),
            "state",
            "is in us-east-1",
        ),
        (lambda it: it.objects.pop(it.program), "program", "platform.zip does not exist"),
        (lambda it: it.objects.update({it.program: "v1"}), "program", "is not the version that the pipeline published"),
        (
            lambda it: it.variables.update(STATE_KEY_ARN=""),
            "secrets key",
            "STATE_KEY_ARN of standby-scale-out is empty",
        ),
        (
            lambda it: it.variables.update(STATE_KEY_ARN="arn:aws:kms:us-east-1:123456789012:key/1"),
            "secrets key",
            "is in us-east-1",
        ),
        (lambda it: setattr(it, "key_state", "PendingDeletion"), "secrets key", "is PendingDeletion"),
        (lambda it: setattr(it, "key", "arn:other"), "secrets key", "NotFoundException"),
        (lambda it: it.objects.pop(it.tools), "tools", "fetches its tools from public sites"),
        (lambda it: it.variables.update(TOOLCHAIN=""), "tools", "fetches its tools from public sites"),
        (lambda it: it.builds.clear(), "proof", "no build of standby-scale-out has succeeded"),
        (lambda it: it.builds[0].update(buildStatus="FAILED"), "proof", "no build of standby-scale-out has succeeded"),
        (
            lambda it: it.builds[0]["environment"]["environmentVariables"][0].update(value="toolchain"),
            "proof",
            "no build of standby-scale-out has succeeded",
        ),
    ],
)
def test_each_thing_that_growth_lacks_is_missing_with_the_way_out(
    world: World, fault: Callable[..., object], name: str, shown: str
) -> None:
    """Before, `doctor` was green in each of these cases, and the build of a takeover failed."""
    fault(world.building)
    found = _growth(world)
    assert [check.name for check in found.values() if not check.ready] == [f"growth: {name}"]
    assert shown in found[f"growth: {name}"].found
    assert found[f"growth: {name}"].way_out


def test_a_proof_that_is_older_than_a_month_proves_nothing(world: World) -> None:
    world.clock.advance(growth.PROVEN_DAYS * DAYS)
    assert _growth(world)["growth: proof"].ready
    world.clock.advance(DAYS)
    found = _growth(world)["growth: proof"]
    assert not found.ready
    assert "doctor --preview" in found.way_out


def test_a_primary_that_does_not_answer_leaves_the_programs_age_unknown(world: World) -> None:
    world.lost.add(EAST)
    found = _growth(world)["growth: program"]
    assert found.ready
    assert "the primary does not answer" in found.found


def test_a_program_that_no_pipeline_publishes_is_compared_with_nothing(world: World) -> None:
    """GitHub's workflow writes to the recovery region's bucket directly."""
    del world.building.objects[world.building.published]
    found = _growth(world)["growth: program"]
    assert found.ready
    assert "no pipeline publishes it" in found.found


def test_a_project_that_does_not_exist_is_missing(world: World) -> None:
    world.building.project = "another"
    (found,) = _growth(world).values()
    assert (found.ready, found.found) == (False, "project standby-scale-out does not exist")


def test_a_run_to_the_primary_needs_no_growth(world: World) -> None:
    assert not _growth(world, Verb.FAILBACK)


def test_a_failover_does_not_wait_for_what_growth_needs(world: World) -> None:
    """Orders come first: what growth lacks is `doctor`'s to say, and the step's own."""
    world.services["codebuild", WEST] = object()
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"
    assert ScaleOutStep.name in plan_of(Verb.FAILOVER).names


def test_the_preview_runs_the_build_and_reports_how_it_ended(world: World) -> None:
    parts = Parts(world.switch, CodeBuildScaleOut(world.building, world.building.project))
    operations = world.operations(parts=lambda _clients: parts)
    found = growth.preview(operations.context(plan_of(Verb.FAILOVER), ""))
    assert (found.ready, found.found) == (True, "build-1 succeeded")
    variables = world.building.builds[-1]["environment"]["environmentVariables"]
    assert {"name": "GROW_MODE", "value": "preview"} in variables

    class Failing(type(world.building)):  # type: ignore[misc]
        def batch_get_builds(self, ids: object) -> object:
            return {"builds": [{**self.builds[-1], "buildStatus": "FAILED"}]}

    parts = Parts(world.switch, CodeBuildScaleOut(Failing(world.clock), world.building.project))
    failed = growth.preview(world.operations(parts=lambda _clients: parts).context(plan_of(Verb.FAILOVER), ""))
    assert not failed.ready
    assert "ended as FAILED" in failed.found


def test_growth_without_a_build_has_no_preview(world: World) -> None:
    found = growth.preview(world.operations().context(plan_of(Verb.FAILOVER), ""))
    assert not found.ready
    assert "has no preview" in found.found
