"""R4 and R7: the scale-out build, and drills on AWS."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blueprint import Blueprint, record_dr, record_primary
from components.recovery.scale_out import buildspec
from recovery import growth
from runbook.cli import app as runbook
from tests.components.security.graph import listed, statements

PROJECT = "aws:codebuild/project:Project"
TEMPLATE = "aws:fis/experimentTemplate:ExperimentTemplate"
SCHEDULE = "aws:scheduler/schedule:Schedule"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def test_the_build_uses_only_its_own_region(dr: Blueprint):
    project = dr.one(PROJECT, "scale-out").properties
    assert project["source"]["location"] == "trading-dr-artifacts-123456789012/source/platform.zip"
    assert project["environment"]["privilegedMode"] is False
    assert project["concurrentBuildLimit"] == 1, "a second would find the stack locked"
    assert project["encryptionKey"], "under a key of the platform"
    variables = {v["name"]: v["value"] for v in project["environment"]["environmentVariables"]}
    assert variables["PULUMI_STACK"] == "organization/trading-platform/dr"
    assert not [name for name in variables if "SECRET" in name or "PASSPHRASE" in name], "no secret in the clear"


def test_the_build_may_change_its_region_but_no_role(dr: Blueprint):
    for each in statements(dr.one(ROLE_POLICY, "scale-out")):
        actions = listed(each["Action"])
        assert not {a for a in actions if a.startswith("iam:")} - {"iam:GetRole", "iam:PassRole"}, each["Sid"]
        if "*" in listed(each["Resource"]):
            assert each["Condition"] == {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}, each["Sid"]


def test_the_build_may_write_the_configured_state(primary: Blueprint):
    stack = record_dr(primary, overrides={"stateBackendUrl": "s3://trading-state?region=us-west-2"})
    resources = {
        resource
        for each in statements(stack.one(ROLE_POLICY, "scale-out"))
        if each["Sid"] in ("FindTheState", "KeepTheState")
        for resource in listed(each["Resource"])
    }
    assert resources == {"arn:aws:s3:::trading-state", "arn:aws:s3:::trading-state/*"}


def test_the_builds_commands_are_valid_shell():
    phases = json.loads(buildspec())["phases"]
    for phase in phases.values():
        assert phase["on-failure"] == "ABORT", "a step that fails ends the build"
        script = "\n".join(phase["commands"])
        assert subprocess.run(["bash", "-n"], input=script, text=True, check=False, timeout=30).returncode == 0
    assert any("-m runbook grow" in command for command in phases["build"]["commands"])


def _called(tmp_path: Path, phase: str, mode: str, *, archive: bool) -> tuple[int, list[str]]:
    """Commands that a phase of the build calls, with stand-ins for them."""
    (tmp_path / ".venv/bin").mkdir(parents=True, exist_ok=True)
    log = tmp_path / "called"
    for name in ("make", "aws", "pulumi", ".venv/bin/python"):
        stand_in = tmp_path / name
        code = "exit 0" if archive or name != "aws" else "exit 1"
        stand_in.write_text(f'#!/bin/sh\necho "{stand_in.name} $*" >> {log}\n{code}\n')
        stand_in.chmod(0o755)
    log.write_text("")
    variables = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "GROW_MODE": mode,
        "TOOLCHAIN": "bucket/tools.tar.gz",
        "PULUMI_STACK": "dr",
        "PULUMI_BACKEND_URL": "s3://state",
    }
    script = "\n".join(json.loads(buildspec())["phases"][phase]["commands"])
    run = subprocess.run(
        ["bash", "-c", script], env=variables, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30
    )
    return run.returncode, log.read_text().splitlines()


def test_a_build_with_an_archive_of_tools_fetches_nothing_from_public_sites(tmp_path: Path):
    """Without one, it says so and fetches them: a takeover with slow growth is better than one without."""
    fetched = "aws s3 cp --only-show-errors s3://bucket/tools.tar.gz build/toolchain.tar.gz"
    for mode in ("grow", "preview"):
        assert _called(tmp_path, "install", mode, archive=True) == (0, [fetched, "make setup-offline"])
        assert _called(tmp_path, "install", mode, archive=False) == (0, [fetched, "make setup"])
    assert _called(tmp_path, "install", "toolchain", archive=True) == (0, ["make setup"])


def test_the_build_grows_previews_or_makes_the_archive_by_its_mode(tmp_path: Path):
    called = {
        mode: _called(tmp_path, "build", mode, archive=True) for mode in ("grow", "preview", "toolchain", "other")
    }
    grown = "python -m runbook grow --stack dr --run "
    login = "python -m delivery login dr"
    assert called["grow"] == (0, [login, f"{grown}by-hand"])
    assert called["preview"] == (0, [login, f"{grown}preview --dry-run"])
    assert called["toolchain"] == (
        0,
        ["make toolchain", "aws s3 cp --only-show-errors build/toolchain.tar.gz s3://bucket/tools.tar.gz"],
    )
    assert called["other"] == (2, [])


def test_the_build_calls_an_existing_runbook_command(tmp_path: Path):
    for mode in ("grow", "preview"):
        _, (_, command) = _called(tmp_path, "build", mode, archive=True)
        found = CliRunner().invoke(runbook, [*shlex.split(command)[3:], "--help"])
        assert found.exit_code == 0, found.output


def test_the_makefile_has_the_targets_of_the_build():
    for target in ("setup", "engine", "toolchain", "setup-offline"):
        planned = subprocess.run(["make", "-n", target], capture_output=True, text=True, check=False, timeout=60)
        assert planned.returncode == 0, planned.stderr
    offline = subprocess.run(["make", "-n", "setup-offline"], capture_output=True, text=True, check=False, timeout=60)
    assert "--no-index" in offline.stdout
    assert "curl" not in offline.stdout


def test_the_project_names_what_doctor_looks_at(primary: Blueprint):
    key = "arn:aws:kms:us-west-2:123456789012:key/mrk-1"
    stack = record_dr(primary, overrides={"stateKeyArn": key, "stateBackendUrl": "s3://state?region=us-west-2"})
    project = stack.one(PROJECT, "scale-out").properties
    variables = {v["name"]: v["value"] for v in project["environment"]["environmentVariables"]}
    assert variables[growth.BACKEND] == "s3://state?region=us-west-2"
    assert variables[growth.KEY] == key
    assert variables[growth.TOOLCHAIN] == "trading-dr-artifacts-123456789012/source/toolchain.tar.gz"
    assert variables[growth.PUBLISHED] == "trading-primary-artifacts-123456789012/source/platform.zip"
    assert variables["GROW_MODE"] == "grow"


def test_a_build_without_a_state_backend_fails_with_a_message():
    check = json.loads(buildspec())["phases"]["install"]["commands"][1]
    refused = subprocess.run(["bash", "-c", check], env={}, capture_output=True, text=True, check=False, timeout=30)
    assert refused.returncode != 0
    assert "stateBackendUrl" in refused.stderr, "it names the setting"


def test_the_experiment_isolates_a_region_and_keeps_it_running(stack: Blueprint):
    template = stack.one(TEMPLATE, "region-cut-off").properties
    assert {action["actionId"] for action in template["actions"]} == {
        "aws:network:route-table-disrupt-cross-region-connectivity",
        "aws:network:transit-gateway-disrupt-cross-region-connectivity",
        "aws:dynamodb:global-table-pause-replication",
        "aws:s3:bucket-pause-replication",
    }
    targets = {target["name"] for target in template["targets"]}
    assert {action["target"]["value"] for action in template["actions"]} == targets, "each target is used"
    assert template["stopConditions"][0]["source"] == "aws:cloudwatch:alarm", "it stops when orders suffer"
    assert template["logConfiguration"], "what it did is written down"


@pytest.mark.parametrize("stack", ["primary", "dr"], indirect=True)
def test_experiment_targets_stay_within_the_fis_limit(stack: Blueprint):
    targets = stack.one(TEMPLATE, "region-cut-off").properties["targets"]
    most = max(len(target["resourceArns"]) for target in targets if target.get("resourceArns"))
    assert most <= 5, "FIS takes five ARNs for a target"


def test_an_experiment_targets_the_connection_to_the_other_region(primary: Blueprint, dr: Blueprint):
    for stack, other in ((primary, ["us-east-1", "us-west-2"][1]), (dr, "us-east-1")):
        actions = stack.one(TEMPLATE, "region-cut-off").properties["actions"]
        regions = {p["value"] for action in actions for p in action["parameters"] if p["key"] == "region"}
        assert regions == {other}


def test_drills_are_off_by_default(primary: Blueprint, dr: Blueprint):
    assert primary.one(SCHEDULE, "region-cut-off").properties["state"] == "DISABLED"
    assert dr.one(SCHEDULE, "region-cut-off").properties["state"] == "DISABLED"
    enabled = record_primary({"drillEnabled": True})
    assert enabled.one(SCHEDULE, "region-cut-off").properties["state"] == "ENABLED"


@pytest.mark.parametrize("name", ["region-cut-off", "readiness-drill"])
def test_drills_run_on_the_first_saturday_in_the_markets_time_zone(dr: Blueprint, name: str):
    schedule = dr.one(SCHEDULE, name).properties
    assert schedule["scheduleExpression"] == "cron(0 10 ? * SAT#1 *)"
    assert schedule["scheduleExpressionTimezone"] == "America/New_York"


def test_the_recovery_region_checks_readiness_each_month(dr: Blueprint, primary: Blueprint):
    schedule = dr.one(SCHEDULE, "readiness-drill").properties
    assert schedule["state"] == "ENABLED", "it moves nothing"
    assert json.loads(schedule["target"]["input"]) == {"drill": True}
    assert "readiness-drill" not in {r.name for r in primary.of_type(SCHEDULE)}
