"""The rehearsal itself, really applied: one run for all of these tests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from blueprint.program import ROOT

pytestmark = pytest.mark.rehearsal(minutes=20)

# Bounds a run that hangs; a healthy one takes a fraction of it.
LIMIT_SECONDS = 2400


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rehearsal") / "build"


@pytest.fixture(scope="module")
def finished(build: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rehearsal", "--engine", "terraform", "--build", str(build)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS)


@pytest.fixture(scope="module")
def report(build: Path, finished: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert finished.returncode in (0, 1), finished.stdout[-3000:] + finished.stderr[-3000:]
    return json.loads((build / "report.json").read_text())


@pytest.mark.timeout(LIMIT_SECONDS + 60)
def test_the_rehearsal_passes(finished: subprocess.CompletedProcess[str]) -> None:
    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-3000:]


@pytest.mark.parametrize("stack", ["primary", "dr", "dr-active"])
def test_nearly_all_declared_resources_are_created_and_the_rest_is_listed(report: dict[str, Any], stack: str) -> None:
    found = report["stacks"][stack]
    assert found["created"] >= 0.95 * found["declared"], found["not_created"]
    assert found["created"] + len(found["not_created"]) >= found["declared"], "a resource is missing without a reason"
    assert all(entry["reason"] for entry in found["not_created"])


@pytest.mark.parametrize("stack", ["primary", "dr", "dr-active"])
def test_a_second_plan_changes_nothing(report: dict[str, Any], stack: str) -> None:
    assert report["stacks"][stack]["second_plan_clean"], report["stacks"][stack]["drift"]


def test_a_takeover_replaces_no_resource(report: dict[str, Any]) -> None:
    assert report["stacks"]["dr-active"]["replaced"] == [], "taking over must not make anew what holds data or traffic"


def test_a_takeover_succeeds_without_requests_to_the_dead_primary(report: dict[str, Any]) -> None:
    asked = report["calls_to_lost_region"]
    assert asked is not None, "the takeover was not rehearsed with the primary's region dead"
    # The provider asks IAM who it is before it falls back to the region's own STS.
    assert set(asked) <= {"iam"}, f"the takeover waits for what is lost: {asked}"


def test_every_function_worked_in_both_regions(report: dict[str, Any]) -> None:
    assert {(duty["function"], duty["region"]) for duty in report["functions"]} >= {
        (function, region)
        for function in ("order_intake", "redrive", "integrity")
        for region in ("us-east-1", "us-west-2")
    }
    assert [duty for duty in report["functions"] if duty["trouble"]] == []


def test_the_drills_passed_with_one_writer_and_named_lost_orders(report: dict[str, Any]) -> None:
    drill = report["drill"]
    assert (drill["runs"], drill["problems"]) == (3, [])
    assert drill["rpo"]["orders_accepted"] > 0
    assert (drill["max_writers_per_epoch"], drill["duplicates"], drill["rpo"]["lost_in_switchovers"]) == (1, 0, 0)
    assert (drill["resumed_after_kill"], drill["second_operators_refused"]) == (1, 1)
    assert drill["rto_s"]["modelled"], "what cannot be measured here is told apart, from the recovery stack's budget"


def test_progress_never_exceeds_the_total(finished: subprocess.CompletedProcess[str]) -> None:
    told = re.findall(r"^  \w+: (\d+) of (\d+), ", finished.stdout, re.MULTILINE)
    assert len(told) > 10, "progress is told"
    assert [(done, total) for done, total in told if int(done) > int(total)] == []


def test_boto3_finds_the_resources_that_recovery_needs(report: dict[str, Any]) -> None:
    kinds = {finding["what"] for finding in report["verified"]}
    assert len(kinds) >= 20, sorted(kinds)
    assert [finding for finding in report["verified"] if finding["missing"]] == []


def test_nothing_is_left_after_destroy(report: dict[str, Any]) -> None:
    assert report["left_after_destroy"] == []


# The provider has no write-only argument for an API key's value: AWS shows it to whoever may read the key.
KEPT_BY_THE_PROVIDER = {"password_api_key_desk"}


def test_no_password_is_in_the_providers_input_or_state(build: Path, report: dict[str, Any]) -> None:
    document = json.loads((build / "primary" / "main.tf.json").read_text())
    variables = {name: said for name, said in document["variable"].items() if name.startswith("password_")}
    assert "password_database" in variables, "the database's password is random"
    assert all(said["sensitive"] and "default" not in said for said in variables.values())
    kept = {name for name, said in variables.items() if not said.get("ephemeral")}
    assert kept == KEPT_BY_THE_PROVIDER, "a password that is not ephemeral is written into the state"


def test_python_processes_use_little_memory(report: dict[str, Any]) -> None:
    # An evaluation of one of these stacks takes up to 399, which are the modules of the SDK for a thousand resources.
    assert 0 < report["peak_python_memory_mb"] < 420


def test_no_process_is_left(finished: subprocess.CompletedProcess[str], build: Path) -> None:
    assert not (build / "session.json").exists()
