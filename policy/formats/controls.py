"""The report by control: for each control of the frameworks whether its rules pass."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from enum import StrEnum

from rich.console import Console
from rich.table import Table
from rich.text import Text

from policy.frameworks import by_control, known
from policy.report import Report
from policy.rule import Rule


class Status(StrEnum):
    """The state of a control, from its worst to its best."""

    FAILED = "failed"
    NOT_EVALUATED = "not evaluated"
    EXEMPTED = "exempted"
    ACCEPTED = "in the baseline"
    NOT_CONFIGURED = "not configured"
    PASSED = "passed"
    NO_SUBJECT = "no resource"


_STYLE = {Status.FAILED: "bold red", Status.NOT_EVALUATED: "red", Status.PASSED: "green"}


def statuses(report: Report) -> dict[str, tuple[Status, int]]:
    """The state of each rule and the number of its findings, by id."""
    counts = {
        Status.FAILED: Counter(violation.rule.id for violation in report.violations),
        Status.NOT_EVALUATED: Counter(entry.rule.id for entry in (*report.not_evaluated, *report.errors)),
        Status.EXEMPTED: Counter(exempted.finding.rule.id for exempted in report.exempted),
        Status.ACCEPTED: Counter(finding.rule.id for finding in report.known),
        Status.NOT_CONFIGURED: Counter(entry.rule.id for entry in report.not_configured),
    }
    rules = [*report.applied, *(entry.rule for entry in report.not_configured)]
    return {rule.id: _status(rule, counts, report) for rule in rules}


def _status(rule: Rule, counts: dict[Status, Counter[str]], report: Report) -> tuple[Status, int]:
    for status, counted in counts.items():
        if counted[rule.id]:
            return status, counted[rule.id]
    return (Status.PASSED if report.subjects[rule.id] else Status.NO_SUBJECT), 0


def rows(report: Report) -> list[dict[str, object]]:
    """Each control with its framework, its state (the worst of its rules), its rules and the number of findings."""
    by_rule = statuses(report)
    rules = [*report.applied, *(entry.rule for entry in report.not_configured)]
    order = list(Status)
    found: list[dict[str, object]] = []
    for framework, control, asked in by_control(rules, report.frameworks):
        states = [by_rule[rule.id] for rule in asked]
        worst = min((state for state, _ in states), key=order.index)
        findings = sum(count for state, count in states if state in (Status.FAILED, Status.NOT_EVALUATED))
        found.append(
            {
                "framework": framework,
                "control": control,
                "status": worst.value,
                "findings": findings,
                "rules": {rule.id: by_rule[rule.id][0].value for rule in asked},
            }
        )
    return found


def text(report: Report) -> str:
    """A table for each framework, and its totals. Controls that no rule covers are not in it."""
    width = shutil.get_terminal_size((120, 24)).columns
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    found = rows(report)
    titles = known([*report.applied, *(entry.rule for entry in report.not_configured)])
    for name in dict.fromkeys(str(row["framework"]) for row in found):
        own = [row for row in found if row["framework"] == name]
        table = Table("Control", "Status", "Findings", "Rules", title=f"{titles[name].title} ({name})")
        for row in own:
            status = Status(str(row["status"]))
            rules = row["rules"]
            assert isinstance(rules, dict)
            lines = "\n".join(rule if len(rules) == 1 else f"{rule}: {state}" for rule, state in rules.items())
            table.add_row(
                Text(str(row["control"])), Text(status, style=_STYLE.get(status, "")), str(row["findings"]), Text(lines)
            )
        console.print(table)
        totals = Counter(str(row["status"]) for row in own)
        said = ", ".join(f"{totals[status]} {status}" for status in Status if totals[status])
        console.print(Text(f"{name}: {len(own)} controls that rules cover: {said}"), soft_wrap=True)
    for entry in report.expired:
        console.print(Text(entry.expiry_text, style="bold red"), soft_wrap=True)
    for notice in report.notices:
        console.print(Text(notice), soft_wrap=True)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()
