"""A deployment leaves a region as the runbook has moved it, whatever is committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from blueprint import Blueprint
from delivery.__main__ import app

STACK = "organization/trading-platform/dr"


def _ask(folder: Path, exported: Any, config: str, stack: str = STACK) -> Any:
    (folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml").write_text(config, encoding="utf-8")
    outputs = folder / "outputs.json"
    outputs.write_text(json.dumps(exported), encoding="utf-8")
    return CliRunner().invoke(app, ["standing", stack, str(outputs)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program, in which a build is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _file(active: str | None, role: str = "dr", namespace: str = "trading-platform") -> str:
    lines = ["config:", f"  trading-platform:role: {role}", "  trading-platform:region: us-west-2"]
    return "\n".join([*lines, *([f"  {namespace}:active: {active}"] if active else [])]) + "\n"


@pytest.mark.parametrize("active", [None, "false", '"false"'])
def test_a_region_that_takes_orders_is_not_shrunk_by_a_deployment(folder: Path, active: str | None):
    said = _ask(folder, {"active": True, "region": "us-west-2"}, _file(active))
    assert said.exit_code == 1
    assert f"{STACK}: has taken over, and by Pulumi.dr.yaml it would stand by" in said.output
    assert "commit `active: true`, or hand back first: python -m runbook failback" in said.output


@pytest.mark.parametrize("namespace", ["trading-platform", "trading"])
def test_a_region_that_stands_by_is_not_grown_past_the_runbook(folder: Path, namespace: str):
    said = _ask(folder, {"active": False}, _file("true", namespace=namespace))
    assert said.exit_code == 1
    assert "orders are moved before it grows, by python -m runbook failover, or resume" in said.output
    assert "take `active: true` out until that is done" in said.output


@pytest.mark.parametrize(
    ("exported", "active"),
    [({"active": True}, "true"), ({"active": True}, '"true"'), ({"active": False}, None), ({}, None), ({}, "true")],
)
def test_a_deployment_that_leaves_the_region_as_it_is_goes_on(folder: Path, exported: Any, active: str | None):
    said = _ask(folder, exported, _file(active))
    assert said.exit_code == 0, said.output


def test_the_primary_always_serves_and_says_nothing_of_it(folder: Path):
    said = _ask(folder, {"active": True}, _file(None, role="primary"), "primary")
    assert said.exit_code == 0, said.output


@pytest.mark.parametrize("exported", ["text", ["active"]])
def test_exports_that_are_none_are_refused(folder: Path, exported: Any):
    said = _ask(folder, exported, _file(None))
    assert said.exit_code == 1
    assert "outputs.json: is no JSON object; write it by pulumi stack output --json" in said.output


def test_exports_that_are_not_there_are_refused(folder: Path):
    _ask(folder, {}, _file(None))
    said = CliRunner().invoke(app, ["standing", STACK, "elsewhere.json"])
    assert said.exit_code == 1
    assert "elsewhere.json: cannot be read" in said.output


def test_a_stack_without_a_file_or_with_a_bad_one_is_refused(folder: Path):
    said = _ask(folder, {"active": False}, _file("maybe"))
    assert said.exit_code == 1
    assert "Pulumi.dr.yaml" in said.output
    (folder / "Pulumi.dr.yaml").unlink()
    said = CliRunner().invoke(app, ["standing", STACK, "outputs.json"])
    assert said.exit_code == 1
    assert "Pulumi.dr.yaml: is not there" in said.output


def test_each_stack_exports_what_a_deployment_asks(primary: Blueprint, dr: Blueprint, dr_active: Blueprint):
    assert [stack.outputs["active"] for stack in (primary, dr, dr_active)] == [True, False, True]
