"""`python -m blueprint`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blueprint import program
from blueprint.__main__ import app

run = CliRunner().invoke


def test_a_tree_shows_components_and_their_children() -> None:
    shown = run(app, ["primary"])
    assert shown.exit_code == 0
    assert "trading:network:Vpc" in shown.output


def test_json_goes_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "primary.json"
    assert run(app, ["primary", "--json", str(file)]).exit_code == 0
    recorded = json.loads(file.read_text())
    assert set(recorded) == {"stack", "resources", "outputs"}
    assert recorded["stack"] == "primary"


def test_a_bad_setting_ends_with_one_message_and_a_non_zero_exit() -> None:
    shown = run(app, ["primary", "--set", "natGatewayz=2"])
    assert shown.exit_code == 2
    assert "trading-platform:natGatewayz = '2': is not a setting; did you mean natGateways?" in shown.output
    assert "Traceback" not in shown.output


def test_a_setting_without_a_value_is_a_usage_error() -> None:
    for words in (["natGateways"], ["=2"], ["natGateways=2", "--set", "natGateways=3"]):
        shown = run(app, ["primary", "--set", *words])
        assert shown.exit_code == 2
        (line,) = shown.stderr.splitlines()
        assert re.fullmatch(r"--set = '.*': is .*; .+", line)


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    outcome = run(app, ["primary", "--json", str(tmp_path / "missing" / "primary.json")])
    assert outcome.exit_code == 2
    assert "--json" in outcome.stderr
    assert "cannot be written" in outcome.output


def test_a_program_that_refuses_its_settings_leaves_its_message_alone() -> None:
    """In a process of its own: Python reports tasks that are not ended when it collects them."""
    ended = subprocess.run(
        [sys.executable, "-m", "blueprint", "dr", "--set", 'apiClients=["other"]'],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("trading-platform:apiClients = 'other': is not a client of the primary")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["x", "--program", "/nonexistent"], "--program = '/nonexistent': has no Python program of Pulumi; name a"),
        (["primary", "--set", "trading-platform:apiLogDays=1"], "; leave the namespace off and write apiLogDays"),
        (["primary", "--set", "trading:apiLogDays=1"], "; leave the namespace off and write apiLogDays"),
        (["primary", "--set", 'clientCidrs=["::/0"]'], "clientCidrs = '::/0': is not an address range; write it like"),
        (["primary", "--layer", "x"], "needs a file; add --picture FILE.svg"),
        (["primary", "--unknown"], "No such option: --unknown"),
        ([], "Missing argument 'stack'"),
    ],
)
def test_each_bad_argument_is_one_line_that_says_what_to_do(words: list[str], line: str) -> None:
    shown = run(app, words)
    assert shown.exit_code == 2
    (message,) = shown.stderr.splitlines()
    assert line in message


def test_an_unknown_stack_is_bad_input() -> None:
    shown = run(app, ["staging"])
    assert shown.exit_code == 2
    assert "known stacks: dr, primary, sandbox" in shown.output


def test_a_stack_file_that_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, said in (
        ("config:\n\trole: dr\n", "Pulumi.tried.yaml, line 2: "),
        ("config:\n  dbEngineVersion: 17.10\n", "trading-platform:dbEngineVersion = 17.10: arrives as 17.1"),
        ("config:\n  drillEnabled: yes\n", "trading-platform:drillEnabled = yes: is not a boolean"),
    ):
        (tmp_path / "Pulumi.tried.yaml").write_text(text, encoding="utf-8")
        with monkeypatch.context() as patched:
            patched.setattr(program, "ROOT", tmp_path)
            shown = run(app, ["tried"])
        assert shown.exit_code == 2
        (message,) = shown.output.strip().splitlines()
        assert said in message
