"""The report says what was measured, and what does not pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Resource
from rehearsal.engines import Drift, Outcome
from rehearsal.report import Report, StackReport
from rehearsal.stacks import Declared
from rehearsal.verification import Finding


def queue(name: str) -> Resource:
    urn = f"urn:pulumi:t::p::aws:sqs/queue:Queue::{name}"
    return Resource(urn, "aws:sqs/queue:Queue", name, True, None, None, {}, (), {})


QUEUES = tuple(queue(str(number)) for number in range(20))
DECLARED = Declared("primary", {}, Blueprint("primary", QUEUES, {}), evaluated_in=1.0)
ALL = frozenset(resource.urn for resource in QUEUES)


def stack(created: frozenset[str] = ALL, read_back: frozenset[str] = ALL, drift: tuple[Drift, ...] = ()) -> StackReport:
    made = StackReport.of(DECLARED, Outcome("primary", created=created, seconds={"up": 2.0}))
    made.planned_again(read_back, drift)
    return made


def report(**stacks: StackReport) -> Report:
    return Report("terraform", "AWS provider 5.100.0", dict(stacks))


def test_a_clean_rehearsal_passes() -> None:
    assert report(primary=stack()).problems() == []


def test_created_means_in_state_and_read() -> None:
    found = stack(read_back=ALL - {QUEUES[0].urn})
    assert found.created == 19
    assert found.not_created == [("aws:sqs/queue:Queue", "0", "created, but missing when it was read back")]


def test_fewer_than_95_percent_created_does_not_pass() -> None:
    few = stack(created=frozenset(r.urn for r in QUEUES[:18]))
    assert report(primary=few).problems() == ["primary: 18 of 20 created, fewer than 95%"]


def test_drift_fails_and_is_listed() -> None:
    drifting = stack(drift=(Drift("aws_sqs_queue.x", ("policy", "tags")),))
    assert report(primary=drifting).problems() == [
        "primary: the second plan would change aws_sqs_queue.x (policy, tags)"
    ]


def test_missing_and_leftover_resources_fail() -> None:
    failing = report(primary=stack())
    failing.verified = [Finding("queue", "primary", 20, ("orders",))]
    failing.leftovers = ["primary: bucket x"]
    assert failing.problems() == [
        "primary: queue declared and not found: orders",
        "left after destroy: primary: bucket x",
    ]


def test_refused_requests_and_failed_checks_fail() -> None:
    """Both are named with the operation and the count."""
    failing = report(primary=stack())
    failing.strictness = {
        "refused": [{"service": "ec2", "operation": "CreateVpc", "reason": "too many", "count": 2}],
        "failed": [{"service": "eks", "operation": "CreateCluster", "reason": "zones: KeyError", "count": 1}],
    }
    assert failing.problems() == [
        "AWS would refuse: ec2 CreateVpc: too many (2 times)",
        "the in-memory AWS could not check: eks CreateCluster: zones: KeyError (1 times)",
    ]


def test_the_report_file_has_every_documented_field(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    report(primary=stack()).write(file)
    written: dict[str, Any] = json.loads(file.read_text())
    assert written["engine"] == "terraform"
    assert set(written["stacks"]["primary"]) >= {
        "declared",
        "created",
        "not_created",
        "unsupported_arguments",
        "second_plan_clean",
        "drift",
        "seconds",
    }
    assert written["stacks"]["primary"]["seconds"] == {"evaluate": 1.0, "up": 2.0}
