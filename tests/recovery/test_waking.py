"""A function that was idle for weeks wakes while a failover asks it."""

from __future__ import annotations

from typing import Any

import pytest

from recovery import readiness
from recovery.plan import Verb, plan_of
from tests.recovery.clients import Lambda, error
from tests.recovery.world import World

NOT_READY = "ResourceNotReadyException"


def _sleeps(monkeypatch: pytest.MonkeyPatch, world: World, milliseconds: int, code: str = NOT_READY) -> None:
    """Order intake refuses every call until so much time has passed."""
    awake, real = world.clock() + milliseconds, Lambda.invoke

    def invoke(self: Lambda, FunctionName: str, **parameters: Any) -> Any:
        if "order-intake" in FunctionName and world.clock() < awake:
            raise error(code)
        return real(self, FunctionName, **parameters)

    monkeypatch.setattr(Lambda, "invoke", invoke)


@pytest.mark.parametrize("code", [NOT_READY, "ResourceConflictException"])
def test_a_failover_waits_for_a_function_that_wakes(world: World, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    _sleeps(monkeypatch, world, 60_000, code)
    context = world.operations().context(plan_of(Verb.FAILOVER), "")
    (intake,) = [check for check in readiness.checks(context) if check.name == "order intake"]
    assert intake.ready
    assert "is not ready yet" in intake.found
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"


def test_a_function_that_does_not_wake_fails_the_step_and_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sleeps(monkeypatch, world, 86_400_000)
    report = world.operations().begin(Verb.FAILOVER)
    assert report.outcome != "done"
    (failed,) = [step for step in report.steps if step.trouble]
    assert failed.name == "open-intake"
    assert NOT_READY in failed.trouble


def test_a_function_that_is_missing_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _sleeps(monkeypatch, world, 86_400_000, "ResourceNotFoundException")
    context = world.operations().context(plan_of(Verb.FAILOVER), "")
    (intake,) = [check for check in readiness.checks(context) if check.name == "order intake"]
    assert not intake.ready
