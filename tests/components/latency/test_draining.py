"""The watch on the host that hands sessions over before the fleet takes the host away."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.latency.host_tuning.user_data import script

_METADATA = """#!/bin/bash
case "$*" in
  *target-lifecycle-state) sed -n "$(($(wc -l < "$WORLD/waits") + 1))p" "$WORLD/states" ;;
  *instance-id) echo i-1 ;;
  *) echo token ;;
esac
"""
# Time passes from one state to the next; a watch that still waits after the last of them is stopped.
_TIME = """#!/bin/bash
echo >> "$WORLD/waits"
[ "$(wc -l < "$WORLD/waits")" -lt "$(wc -l < "$WORLD/states")" ] || kill "$PPID"
"""
_NOTED = """#!/bin/bash
echo "$(basename "$0") $*" >> "$WORLD/done"
"""


@dataclass(frozen=True)
class Watched:
    """What the watch did, command by command, and whether it came to an end."""

    done: list[str]
    ended: bool


def watch(folder: Path, states: Sequence[str]) -> Watched:
    """Runs the watch on a host whose metadata tells these target states, one after the other."""
    for name, text in {"curl": _METADATA, "systemctl": _NOTED, "aws": _NOTED, "sleep": _TIME}.items():
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    (folder / "waits").touch()
    (folder / "states").write_text("\n".join(states) + "\n", encoding="utf-8")
    environment = folder / "host.env"
    environment.write_text("AWS_REGION=us-east-1\nFLEET_GROUP=engines\nTERMINATE_HOOK=drain-host\n", encoding="utf-8")
    text = script("drain-host").replace("/etc/trading/host.env", str(environment))
    world = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "WORLD": str(folder)}
    result = subprocess.run(["bash", "-c", text], env=world, check=False, capture_output=True)
    done = folder / "done"
    return Watched(done.read_text(encoding="utf-8").splitlines() if done.exists() else [], result.returncode == 0)


@pytest.mark.parametrize("leaving", ["Terminated", "Warmed:Stopped", "Warmed:Terminated"])
def test_sessions_are_handed_over_before_a_host_ends_or_goes_back_to_the_warm_pool(leaving: str, tmp_path: Path):
    watched = watch(tmp_path, ["InService", "InService", leaving])
    assert watched.ended
    stop, complete = watched.done
    assert stop == "systemctl stop trading-engine.service"
    assert complete.startswith("aws autoscaling complete-lifecycle-action --region us-east-1")
    assert "--lifecycle-hook-name drain-host --instance-id i-1 --lifecycle-action-result CONTINUE" in complete


def test_a_host_that_never_came_into_service_is_let_go(tmp_path: Path):
    assert watch(tmp_path, ["", "Terminated"]).ended


@pytest.mark.parametrize(
    "states",
    [["Warmed:Stopped"], ["InService"], ["InService", "Standby"], ["InService", "Detached"], [""]],
    ids=["on its way into the warm pool", "in service", "set aside", "taken out of the fleet", "unknown"],
)
def test_an_engine_is_left_alone_while_its_host_does_not_leave(states: list[str], tmp_path: Path):
    watched = watch(tmp_path, states)
    assert not watched.done
    assert not watched.ended
