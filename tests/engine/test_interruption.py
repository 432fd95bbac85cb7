"""Updates that do not come to their end, and two at one time."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from tests.engine.project import Project, kill_group, kill_plugin

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


def _until(child: subprocess.Popen[str], text: str) -> None:
    """Reads what a command says until a text is in it."""
    assert child.stdout is not None
    for line in child.stdout:
        if text in line:
            return
    raise AssertionError(f"the command ended without {text!r}")


@pytest.fixture(scope="module", autouse=True)
def standing(project: Project) -> None:
    """Everything exists before the first update goes wrong."""
    ran = project.up()
    assert ran.code == 0, ran.said


@pytest.mark.parametrize("process", ["terraform-provider-aws", "rehearsal.plugins.aws"])
def test_a_plugin_that_dies_fails_the_update_and_keeps_the_state(project: Project, process: str) -> None:
    """The error names what has died in one line; the next update goes on from the state."""
    project.set(cidr=f"10.{len(process)}.0.0/16", size=process)
    with project.begun("up", "--yes", "--skip-preview") as child:
        # A network is replaced, and what is in it after that: whatever the plugin is at, more is to come.
        _until(child, "creating")
        kill_plugin(child, process)
        said, _ = child.communicate(timeout=120)
    assert child.returncode != 0
    assert ("ended during" if process.startswith("terraform") else "error reading from server") in said, said
    assert "Traceback" not in said
    assert len(project.state()) >= 8
    ran = project.up(cidr=f"10.{len(process)}.0.0/16", size=process)
    assert ran.code == 0, ran.said


def test_an_update_that_is_interrupted_ends_in_order(project: Project) -> None:
    """After an interrupt nothing is pending or locked: the next update simply goes on."""
    project.set(cidr="10.33.0.0/16", size="larger")
    with project.begun("up", "--yes", "--skip-preview") as child:
        # The engine has its signal handler by then.
        _until(child, "creating")
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=120)
    assert not json.loads(project.run("stack", "export").said)["deployment"].get("pending_operations")
    ran = project.up(cidr="10.33.0.0/16", size="larger")
    assert ran.code == 0, ran.said


def test_a_second_update_waits_for_no_one_and_says_why(project: Project) -> None:
    project.set(cidr="10.7.0.0/16")
    with project.begun("up", "--yes", "--skip-preview") as first:
        _until(first, "Updating")
        second = project.run("up", "--yes", "--skip-preview")
        first.communicate(timeout=300)
    assert first.returncode == 0
    assert second.code != 0
    assert "lock" in second.said


def test_an_update_that_is_killed_is_recovered(project: Project) -> None:
    """The lock is named, `pulumi cancel` lifts it, and the next update goes on or names what is pending."""
    project.set(cidr="10.44.0.0/16")
    with project.begun("up", "--yes", "--skip-preview") as child:
        _until(child, "creating")
        kill_group(child)
    locked = project.run("up", "--yes", "--skip-preview")
    assert locked.code != 0
    assert "lock" in locked.said
    assert project.run("cancel", "--yes").code == 0
    # What was under way is named in the state: whether it was made is the operator's to say.
    state = json.loads(project.run("stack", "export").said)
    ran = project.run("up", "--yes", "--skip-preview")
    pending = state["deployment"].get("pending_operations")
    assert ran.code == 0 or (pending and "already" in ran.said), ran.said
