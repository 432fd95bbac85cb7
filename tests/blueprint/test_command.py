"""`python -m blueprint`."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

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
    assert shown.exit_code == 1
    assert "trading-platform:natGatewayz = '2': is not a setting; did you mean natGateways?" in shown.output
    assert "Traceback" not in shown.output


def test_a_setting_without_a_value_is_a_usage_error() -> None:
    assert run(app, ["primary", "--set", "natGateways"]).exit_code == 2


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    outcome = run(app, ["primary", "--json", str(tmp_path / "missing" / "primary.json")])
    assert outcome.exit_code == 2
    assert "--json" in outcome.stderr
    assert "cannot be written" in outcome.output
