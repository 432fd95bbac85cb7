"""The preview of a pull request, as the workflow runs it: a clean checkout, a file backend, a fresh primary.

The recovery region cannot be previewed before its primary exists: that step fails, and the comment says so.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from aws_emulator.server import RunningServer
from blueprint.program import ROOT
from delivery.comment import Host
from rehearsal.engines.pulumi_command import PulumiCommand

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

ACTION = ROOT / ".github" / "actions" / "preview" / "action.yaml"
WORKFLOW = ROOT / ".github" / "workflows" / "pull-request.yaml"
LEAST_RESOURCES = 1000
_LIMIT_SECONDS = 600


@dataclass(frozen=True)
class Step:
    """One step of the workflow: its command, exit code, and what it said."""

    command: str
    code: int
    said: str


def _runs(file: Path) -> Iterator[str]:
    """Commands of the steps in a workflow or an action, in their order."""
    read = yaml.safe_load(file.read_text(encoding="utf-8"))
    jobs = [read["runs"]] if "runs" in read else read["jobs"].values()
    for job in jobs:
        yield from (step["run"] for step in job.get("steps", ()) if "run" in step)


def _environment_of(checkout: Path, command: Path) -> None:
    """A virtual environment as `make setup engine` leaves it, made of links."""
    made, present = checkout / ".venv", ROOT / ".venv"
    (made / "bin").mkdir(parents=True)
    for name in ("pyvenv.cfg", "lib"):
        (made / name).symlink_to((present / name).resolve())
    for tool in (present / "bin").iterdir():
        if tool.name != "pulumi":
            (made / "bin" / tool.name).symlink_to(tool)
    (made / "bin" / "pulumi").symlink_to(command)
    (checkout / "policy" / ".venv").symlink_to("../.venv")


@pytest.fixture(scope="module")
def steps(
    command: PulumiCommand, home: Path, aws: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Step]:
    """What the steps said, by a word of their commands."""
    folder = tmp_path_factory.mktemp("pull-request")
    checkout, state = folder / "checkout", folder / "state"
    checkout.mkdir()
    state.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "x"], cwd=checkout, input=archive, check=True)
    _environment_of(checkout, command.path)
    environment = {
        **os.environ,
        **aws.environment(),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "of this test alone",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "REHEARSAL_PLUGIN_FOLDER": str(ROOT / "build" / "engine" / "plugins"),
        "LOG": "https://code.example/actions/runs/1",
    }

    def run(shell: str) -> Step:
        # How the host runs a step (GitHub Actions, workflow syntax, `jobs.<id>.steps[*].shell`).
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", shell],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LIMIT_SECONDS,
        )
        return Step(shell, ran.returncode, ran.stdout + ran.stderr)

    for stack in ("primary", "dr"):
        made = run(f".venv/bin/pulumi stack init {stack} --non-interactive")
        assert made.code == 0, made.said
    wanted = [shell for shell in _runs(ACTION) if not shell.startswith("make ")]
    wanted += [shell for shell in _runs(WORKFLOW) if "delivery comment" in shell]
    done = [run(shell) for shell in wanted]
    found = {name: step for name in ("primary.txt", "dr.txt", "ready") for step in done if name in step.command}
    found["comment"] = Step(done[-1].command, done[-1].code, (checkout / "build/previews/comment.md").read_text())
    return found


def test_the_preview_of_a_fresh_stack_is_complete(steps: dict[str, Step]) -> None:
    """Every resource is previewed, nothing is left out for want of a value, and the policy pack passes."""
    step = steps["primary.txt"]
    assert step.code == 0, step.said[-3000:]
    (count,) = (int(found) for found in re.findall(r"\+ (\d+) to create", step.said))
    assert count >= LEAST_RESOURCES
    assert not re.findall(r"^\s*error: ", step.said, re.MULTILINE), step.said[-3000:]


def test_the_preview_of_a_recovery_region_without_its_primary_fails(steps: dict[str, Step]) -> None:
    """The exit code of the engine is the step's, though its output is piped."""
    step = steps["dr.txt"]
    assert step.code != 0
    assert "bring the primary up first" in step.said, step.said[-3000:]
    assert "Traceback" not in step.said


def test_unevaluated_rules_are_named_and_do_not_refuse(steps: dict[str, Step]) -> None:
    """Each rule that a preview cannot judge stands in the output by its name, under one advisory policy."""
    assert "could-not-be-evaluated" in steps["primary.txt"].said


def test_the_comment_holds_both_previews_within_the_hosts_limit(steps: dict[str, Step]) -> None:
    comment: Any = steps["comment"]
    assert comment.code == 0
    assert len(comment.said) <= Host.GITHUB.limit
    assert "### Preview of `primary`" in comment.said
    assert "### Preview of `dr`" in comment.said
    assert "to create" in comment.said
    assert "https://code.example/actions/runs/1" in comment.said
