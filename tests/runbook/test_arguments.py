"""Bad input to any command: exit code 2, one line, and no call."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from runbook import cli
from tests.recovery.world import World
from tests.runbook.conftest import Run
from tests.runbook.test_commands import COMMANDS, VERBS

NEEDED = {"restore": ("--at", "2026-01-02T14:00:00Z"), "grow": ("--run", "r-1")}
TIMES = [
    "",
    " ",
    "NaN",
    "inf",
    "0",
    "1735689600",
    "yesterday",
    "2026-01-02",
    "20260102T140000Z",
    "2026-W01-5",
    "2026-W01-5T14:00:00Z",
    "2026-002T14:00:00Z",
    "2026-01-02T14Z",
    "2026-01-02T14:00Z",
    "2026-01-02T14:00:00",
    "2026-01-02T24:30:00Z",
    "2026-13-02T14:00:00Z",
    "2026-02-30T14:00:00Z",
    "2026-01-02T14:00:60Z",
    "2026-01-02T14:00:00+24:00",
    "2026-01-02T14:00:00+00:00:01",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "10000-01-01T00:00:00Z",
    "２０２６-01-02T14:00:00Z",
    "2026-01-02T14:00:00Z\n",
    "2026-01-02T14:00:00Z; rm",
]
CONTROL = ["", " ", "a\nb", "\x1b[31mred", "us-west-2\n", "us west", "US-WEST-2", "x" * 5000]


def refused(run: Run, *words: str) -> str:
    found = run(*words)
    assert found.exit_code == 2, f"{words}: {found.output}"
    assert found.exception is None or isinstance(found.exception, SystemExit)
    lines = found.stderr.splitlines()
    assert len(lines) == 1, found.stderr
    assert lines[0].isprintable()
    return lines[0]


@pytest.mark.parametrize("at", TIMES)
def test_a_time_of_another_form_is_refused(run: Run, world: World, at: str) -> None:
    calls = len(world.killer.calls)
    assert refused(run, "restore", "--yes", "--at", at).startswith(f"refused: --at = {at!r}: ")
    assert len(world.killer.calls) == calls


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "1969-12-31T23:59:59.5-23:59",
        "9999-12-31T23:59:59.999999999+14:00",
        "2026-01-02t14:00:00z",
    ],
)
def test_a_time_far_away_is_outside_the_window(run: Run, backups: object, at: str) -> None:
    found = run("restore", "--dry-run", "--at", at)
    assert found.exit_code == (0 if at.startswith("2026") else 10), found.output


@pytest.mark.parametrize("region", CONTROL)
def test_a_region_of_another_form_is_refused(run: Run, region: str) -> None:
    line = refused(run, "restore", *NEEDED["restore"], "--region", region)
    assert line.startswith("refused: --region = ")


def test_a_third_region_is_refused_before_any_call(run: Run, world: World) -> None:
    calls = len(world.killer.calls)
    assert "'eu-west-1' is neither" in refused(run, "restore", *NEEDED["restore"], "--region", "eu-west-1")
    assert len(world.killer.calls) == calls


@pytest.mark.parametrize("command", [*VERBS, "abort"])
@pytest.mark.parametrize("reason", ["", " ", "a\nb", "\x1b[31mred", "\x00", "tab\there", "x" * 5000, "\u202eleft"])
def test_a_reason_that_is_not_one_line_is_refused(run: Run, world: World, command: str, reason: str) -> None:
    before = world.state()
    assert "--reason = " in refused(run, command, "--yes", "--force", "--reason", reason)
    assert world.state() == before


@pytest.mark.parametrize("command", [*VERBS, "abort"])
@pytest.mark.parametrize("forced", [[], ["--force"]])
@pytest.mark.parametrize("reason", ["", "  ", "\t", "\n", "\u00a0"])
def test_a_blank_reason_is_refused_with_and_without_force(
    run: Run, world: World, command: str, forced: list[str], reason: str
) -> None:
    before = world.state()
    assert "--reason = " in refused(run, command, "--yes", *forced, "--reason", reason)
    assert world.state() == before


@pytest.mark.parametrize("command", [*VERBS, "doctor", "resume", "abort"])
@pytest.mark.parametrize("words", ["", " ", "\t\n", '"', "'open", "a \\", '""'])
def test_a_scale_out_command_that_names_none_is_refused(run: Run, command: str, words: str) -> None:
    assert refused(run, command, "--scale-out-command", words).startswith("refused: --scale-out-command = ")


@pytest.mark.parametrize("run_id", ["", " ", "a\nb", "-x", "a b", "x" * 200])
def test_a_run_of_another_form_is_refused(run: Run, run_id: str) -> None:
    assert "--run = " in refused(run, "grow", f"--run={run_id}")


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"grow"}))
@pytest.mark.parametrize("content", [None, "folder", b"", b"\xff\xfe", b"[]", b'{"recovery": "[secret]"}', b"{}"])
def test_each_command_refuses_a_bad_file_of_exports(tmp_path: Path, command: str, content: bytes | str | None) -> None:
    path = tmp_path / "bad.json"
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    words = [command, "--outputs", str(path), *NEEDED.get(command, ())]
    found = CliRunner().invoke(cli.app, words)
    assert found.exit_code == 2, found.output
    assert isinstance(found.exception, SystemExit)
    assert len(found.stderr.splitlines()) == 1, found.stderr
    as_json = CliRunner().invoke(cli.app, [*words, "--json"])
    assert json.loads(as_json.stdout)["exit_code"] == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_refuses_unknown_words_on_one_line(run: Run, command: str) -> None:
    for words in (("--no-such-option",), ("one", "two", "three"), ("--cwd",)):
        assert refused(run, command, *NEEDED.get(command, ()), *words)
    found = run(command, "--no-such-option", "--json")
    assert json.loads(found.stdout)["exit_code"] == 2


def test_a_missing_option_and_an_unknown_command_are_refused(run: Run) -> None:
    assert "--at" in refused(run, "restore")
    assert "--run" in refused(run, "grow")
    assert "no-such" in refused(run, "no-such")
    assert "failover" in refused(run, "plan", "no-such-verb")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("stack", ["", " ", "--help", "-s", "a\nb", "a/b/c/d", "a/../b c", "x" * 500])
def test_a_stack_of_another_form_is_refused(command: str, stack: str) -> None:
    words = [command, f"--stack={stack}", *NEEDED.get(command, ())]
    found = CliRunner().invoke(cli.app, words, env={"RUNBOOK_OUTPUTS": None})
    assert found.exit_code == 2, found.output
    assert "--stack = " in found.stderr
    assert len(found.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_does_not_exist_is_named(command: str, tmp_path: Path) -> None:
    words = [command, "--cwd", str(tmp_path / "missing"), *NEEDED.get(command, ())]
    found = CliRunner().invoke(cli.app, words, env={"RUNBOOK_OUTPUTS": None})
    assert found.exit_code == 2, found.output
    assert "--cwd = " in found.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_without_the_engine_each_command_says_how_to_get_it(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_: None)
    words = [command, "--cwd", str(tmp_path), *NEEDED.get(command, ())]
    found = CliRunner().invoke(cli.app, words, env={"RUNBOOK_OUTPUTS": None})
    assert found.exit_code == 2, found.output
    (line,) = found.stderr.splitlines()
    assert "`make engine`" in line
    assert "--outputs FILE" in line


def test_an_engine_that_answers_with_an_error_says_so_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "pulumi"
    failed = "error: cannot connect to postgres://u:hunter2@db/state: no route"
    engine.write_text(f'#!/bin/sh\n[ "$1" = version ] && {{ echo v3.999.0; exit 0; }}\necho "{failed}"\nexit 255\n')
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = CliRunner().invoke(cli.app, ["status", "--cwd", str(tmp_path)], env={"RUNBOOK_OUTPUTS": None})
    assert found.exit_code == 2, found.output
    assert "hunter2" not in found.output
    assert "postgres://***@db/state" in found.stderr
