"""The report as a table that a person reads."""

from __future__ import annotations

import io
import shutil

from rich.console import Console
from rich.table import Table
from rich.text import Text

from policy.report import Exempted, NotEvaluated, Report, Violation
from policy.rule import Severity
from policy.tokens import STACK

_STYLE = {Severity.MANDATORY: "bold red", Severity.ADVISORY: "yellow"}


def text(report: Report) -> str:
    """One row for each finding, and a line that sums them up."""
    width = shutil.get_terminal_size((120, 24)).columns
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    for title, findings in (("Violations", report.violations), ("Could not be evaluated", report.not_evaluated)):
        if findings:
            console.print(_table(title, findings))
    for entry in report.not_configured:
        console.print(Text(f"not configured: {entry.rule.id}: {entry.text}"), soft_wrap=True)
    for entry in report.remediated:
        where = _short(entry.urn, entry.stack)
        console.print(Text(f"the engine corrects: {entry.rule.id}, {where}: {', '.join(entry.properties)}"))
    for exempted in report.exempted:
        console.print(_exempted(exempted))
    for expired in report.expired:
        console.print(Text(expired.expiry_text, style="bold red"), soft_wrap=True)
    for notice in report.notices:
        console.print(Text(notice), soft_wrap=True)
    for error in report.errors:
        console.print(Text(f"error: {error.text}", style="bold red"), soft_wrap=True)
    console.print(Text(_sum(report)), soft_wrap=True)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def _table(title: str, findings: list[Violation] | list[NotEvaluated]) -> Table:
    table = Table(title=title, title_justify="left", show_lines=True)
    for column in ("Rule", "Resource", "Finding", "Remedy"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        table.add_row(
            Text(f"{finding.rule.id}\n{finding.severity.value}", style=_STYLE[finding.severity]),
            Text(_short(finding.urn, finding.stack)),
            Text(finding.message if isinstance(finding, Violation) else f"{finding.property} {finding.reason}"),
            Text(finding.rule.remediation),
        )
    return table


def _short(urn: str, stack: str) -> str:
    """Stack, own type and name: what is left of a URN when its parents and project are."""
    types, _, name = urn.rpartition("::")
    type_ = types.rpartition("::")[2].rpartition("$")[2]
    return f"stack {stack}" if type_ in ("", STACK) else f"{stack}: {type_} {name}"


def _exempted(exempted: Exempted) -> Text:
    finding, exemption = exempted.finding, exempted.exemption
    where = _short(finding.urn, finding.stack)
    return Text(f"exempted until {exemption.expires}: {finding.rule.id}, {where}: {exemption.reason}")


def _sum(report: Report) -> str:
    mandatory, advisory = (report.by_severity[severity.value] for severity in (Severity.MANDATORY, Severity.ADVISORY))
    further = {
        "in the baseline": len(report.known),
        "entries of the baseline without a finding": report.stale,
        "not configured": len(report.not_configured),
        "corrected by the engine": len(report.remediated),
        "expired exemptions": len(report.expired),
        "rules that failed": len({error.rule.id for error in report.errors}),
    }
    return (
        f"{report.rules} rules, {report.evaluated} judgements: "
        f"{mandatory} mandatory and {advisory} advisory violations, "
        f"{len(report.not_evaluated)} not evaluated, {len(report.exempted)} exempted"
        + "".join(f", {count} {what}" for what, count in further.items() if count)
    )
