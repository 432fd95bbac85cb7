"""A report page with a drill, losses, and something that was not created."""

from __future__ import annotations

import pytest

from blueprint import Blueprint
from policy.check import evaluate
from rehearsal.drill.audit import Findings, ObjectFindings
from rehearsal.drill.series import Series
from rehearsal.page.rehearsal_page import page
from rehearsal.report import Report, StackReport
from tests.rehearsal.drill.test_series import result


@pytest.fixture(scope="session")
def text(primary: Blueprint, dr: Blueprint) -> str:
    lost = Findings(accepted=10, lost=("DRILL#<one>",))
    series = Series(results=[result(findings=lost, objects=ObjectFindings(10, ("key-lost",), compared=10))])
    stack = StackReport(declared=2, created=1, not_created=[("aws:sqs/queue:Queue", "orders", "no <answer>")])
    stack.unsupported_arguments = ["aws_x.y: z"]
    report = Report("terraform", "AWS provider", {"primary": stack}, drills=series)
    report.policy = {"primary": evaluate([primary.as_json()])}
    report.seconds = {"up": 12.0}
    return page(report, [primary, dr])
