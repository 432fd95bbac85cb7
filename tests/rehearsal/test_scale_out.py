"""The command that has a rehearsal grow the region: what the runbook sees of it."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from recovery.errors import StepFailedError
from recovery.scale_out import CommandScaleOut, Progress
from rehearsal.scale_out import ScaleOutServer


def scale_out(command: str, **variables: str) -> CommandScaleOut:
    return CommandScaleOut(command.split(), {**os.environ, **variables})


def test_the_runbook_receives_the_progress_and_end_of_a_scale_out() -> None:
    told: list[str] = []

    def grow(run: str, progress: Progress) -> None:
        progress(f"grows for {run}")
        progress("half way")

    with ScaleOutServer(grow) as growing:
        assert scale_out(growing.command).start("run-1", told.append) == "run-1"
    assert told == ["grows for run-1", "half way"]
    assert growing.runs == ["run-1"]


def test_a_failed_scale_out_fails_the_step_with_its_error_and_does_not_restart() -> None:
    def grow(run: str, progress: Progress) -> None:
        raise RuntimeError("dr: nothing was made")

    with ScaleOutServer(grow) as growing:
        for _ in range(2):
            with pytest.raises(StepFailedError, match=r"ended with 1: dr: nothing was made; then `resume`"):
                scale_out(growing.command).start("run-1", lambda _line: None)
    assert isinstance(growing.failure, RuntimeError)
    assert growing.runs == ["run-1"], "what failed once is not tried again behind the rehearsal's back"


def test_a_scale_out_continues_after_its_command_was_killed() -> None:
    begun, may_end, at_once = threading.Event(), threading.Event(), []

    def grow(run: str, progress: Progress) -> None:
        at_once.append(run)
        begun.set()
        may_end.wait(60)
        progress("a line that nobody reads")
        progress("another")
        at_once.pop()
        assert not at_once, "two growths at one time"

    with ScaleOutServer(grow) as growing:
        killed = subprocess.Popen(growing.command.split(), env={**os.environ, "RECOVERY_RUN": "run-1"})
        assert begun.wait(60)
        killed.kill()
        killed.wait()
        threading.Timer(0.1, may_end.set).start()
        assert scale_out(growing.command).start("run-1", lambda _line: None) == "run-1"
    assert growing.failure is None
    assert growing.runs == ["run-1", "run-1"]


def test_the_command_needs_a_rehearsal(tmp_path: Path) -> None:
    with ScaleOutServer(lambda run, progress: None) as growing:
        command = growing.command
    with pytest.raises(StepFailedError, match="no rehearsal listens at"):
        scale_out(command).start("run-1", lambda _line: None)


def test_a_rehearsal_does_not_scale_in() -> None:
    with (
        ScaleOutServer(lambda run, progress: None) as growing,
        pytest.raises(StepFailedError, match="ended with 2: usage:"),
    ):
        scale_out(growing.command, RECOVERY_ACTIVE="false").start("run-1", lambda _line: None)
    assert growing.runs == []
