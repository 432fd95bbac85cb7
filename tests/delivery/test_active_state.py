"""A deployment never changes the `active` state of a deployed recovery stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from blueprint import Blueprint
from delivery.__main__ import app

STACK = "organization/trading-platform/dr"


def _check_active(folder: Path, exported: Any, config: str, stack: str = STACK) -> Any:
    (folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml").write_text(config, encoding="utf-8")
    outputs = folder / "outputs.json"
    outputs.write_text(json.dumps(exported), encoding="utf-8")
    return CliRunner().invoke(app, ["check-active", stack, str(outputs)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a build."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _file(active: str | None, role: str = "dr", namespace: str = "trading-platform") -> str:
    lines = ["config:", f"  trading-platform:role: {role}", "  trading-platform:region: us-west-2"]
    return "\n".join([*lines, *([f"  {namespace}:active: {active}"] if active else [])]) + "\n"


@pytest.mark.parametrize("active", [None, "false", '"false"'])
def test_deployment_does_not_shrink_an_active_region(folder: Path, active: str | None):
    result = _check_active(folder, {"active": True, "region": "us-west-2"}, _file(active))
    assert result.exit_code == 1
    assert f"{STACK}: is active, but Pulumi.dr.yaml says standby" in result.output
    assert "commit `active: true`, or fail back first: python -m runbook failback" in result.output


@pytest.mark.parametrize("namespace", ["trading-platform", "trading"])
def test_deployment_does_not_activate_a_standby_region(folder: Path, namespace: str):
    result = _check_active(folder, {"active": False}, _file("true", namespace=namespace))
    assert result.exit_code == 1
    assert "move orders first with python -m runbook failover (or resume)" in result.output
    assert "remove `active: true` until then" in result.output


@pytest.mark.parametrize(
    ("exported", "active"),
    [({"active": True}, "true"), ({"active": True}, '"true"'), ({"active": False}, None), ({}, None), ({}, "true")],
)
def test_deployment_with_an_unchanged_state_passes(folder: Path, exported: Any, active: str | None):
    result = _check_active(folder, exported, _file(active))
    assert result.exit_code == 0, result.output


def test_the_primary_passes_without_an_active_setting(folder: Path):
    result = _check_active(folder, {"active": True}, _file(None, role="primary"), "primary")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("exported", ["text", ["active"]])
def test_exports_that_are_not_an_object_are_refused(folder: Path, exported: Any):
    result = _check_active(folder, exported, _file(None))
    assert result.exit_code == 1
    assert "outputs.json: is not a JSON object; write it with `pulumi stack output --json`" in result.output


def test_a_missing_exports_file_is_refused(folder: Path):
    _check_active(folder, {}, _file(None))
    result = CliRunner().invoke(app, ["check-active", STACK, "missing.json"])
    assert result.exit_code == 1
    assert "missing.json: cannot be read" in result.output


def test_a_missing_or_invalid_stack_file_is_refused(folder: Path):
    result = _check_active(folder, {"active": False}, _file("maybe"))
    assert result.exit_code == 1
    assert "Pulumi.dr.yaml" in result.output
    (folder / "Pulumi.dr.yaml").unlink()
    result = CliRunner().invoke(app, ["check-active", STACK, "outputs.json"])
    assert result.exit_code == 1
    assert "Pulumi.dr.yaml: does not exist" in result.output


def test_each_stack_exports_its_active_state(primary: Blueprint, dr: Blueprint, dr_active: Blueprint):
    assert [stack.outputs["active"] for stack in (primary, dr, dr_active)] == [True, False, True]
