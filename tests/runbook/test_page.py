"""The operator's page is what the commands print."""

from __future__ import annotations

import re
import shlex
from fnmatch import fnmatch
from pathlib import Path

import pytest

from recovery import errors
from tests.recovery.world import EAST, WEST, World
from tests.runbook.conftest import Backups, Run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n\$ python -m runbook (.+)\n((?:.*\n)*?)```", PAGE)


def test_the_page_has_the_commands_in_the_order_of_the_night() -> None:
    assert [block[0].split()[0] for block in BLOCKS][:6] == [
        "status",
        "doctor",
        "plan",
        "failover",
        "resume",
        "failback",
    ]


@pytest.mark.parametrize(("command", "printed"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_each_command_prints_what_the_page_says(
    run: Run, world: World, request: pytest.FixtureRequest, command: str, printed: str
) -> None:
    words = shlex.split(command)
    if words[0] == "restore":
        _: Backups = request.getfixturevalue("backups")
    if words[0] == "failback":
        world.order("LATE", arrived=False)
        assert run("failover", "--yes").exit_code == 0
        world.give_back_the_primary()
    if "--to" in words or words[0] == "rejoin":
        assert run("failover", "--yes").exit_code == 0
        world.give_back_the_primary()
        world.hold(WEST, 2)
        world.lost.add(WEST)
    if words[0] == "rejoin":
        assert run("failover", "--to", EAST, "--yes").exit_code == 0
        world.give_back_the_recovery_region()
    found = run(*words)
    lines = [" ".join(line.split()) for line in (found.stdout + found.stderr).splitlines()]
    for pattern in printed.splitlines():
        assert any(fnmatch(line, pattern) for line in lines), f"{pattern!r} is not among\n" + "\n".join(lines)


def test_every_exit_code_is_on_the_page() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    raised = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.RecoveryError) and kind is not errors.RecoveryError
    }
    assert listed == raised | {0, 130}
