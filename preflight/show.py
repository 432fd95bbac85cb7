"""What the command prints: progress on stderr, findings on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from preflight.model import Finding, Question, Verdict
from recovery.redaction import redacted_message

_ORDER = (Verdict.STOPS, Verdict.UNANSWERED, Verdict.WARNS, Verdict.NOT_ASKED, Verdict.OK)
_STYLES = {Verdict.STOPS: "red", Verdict.UNANSWERED: "magenta", Verdict.WARNS: "yellow", Verdict.OK: "green"}
# Without a terminal: a line for each quarter of the work.
_LINES = 4


class Show:
    """The output of one run; `as_json` leaves stdout to exactly one document."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._out = Console(highlight=False)
        self._progress = Console(stderr=True, highlight=False)

    def tell(self, line: str) -> None:
        """A line about what is under way."""
        self._progress.print(line, markup=False, soft_wrap=True, style="dim")

    @contextmanager
    def progress(self, total: int) -> Iterator[Any]:
        """Yields what to call with each finding as it comes: a bar on a terminal, plain lines otherwise."""
        done = 0
        if self._progress.is_terminal:
            columns = (
                TextColumn("asking"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[now]}"),
            )
            with Progress(*columns, console=self._progress, transient=True) as bars:
                task = bars.add_task("ask", total=total, now="")
                yield lambda finding: bars.update(task, advance=1, now=finding.subject[:60])
            return

        def told(_: Finding) -> None:
            nonlocal done
            done += 1
            if done == total or done % max(1, total // _LINES) == 0:
                self.tell(f"{done} of {total} asked")

        yield told

    def findings(self, stack: str, findings: Sequence[Finding], code: int) -> None:
        """One line for each: what is needed, what was found, the way out. What stops the update stands first."""
        if self._as_json:
            self._document({"stack": stack, "exit_code": code, "findings": [finding.as_json() for finding in findings]})
            return
        for verdict in _ORDER:
            for finding in findings:
                if finding.verdict is verdict:
                    self._line(finding)
        counts = [f"{sum(f.verdict is verdict for f in findings)} {verdict.value}" for verdict in _ORDER]
        self._out.print(f"{stack}: {', '.join(counts)}")

    def requests(self, stack: str, questions: Sequence[Question]) -> None:
        """What to have before the update, without asking the account."""
        if self._as_json:
            entries = [
                {"check": q.check, "subject": q.subject, "region": q.region, "needed": q.needed, "request": q.request}
                for q in questions
            ]
            self._document({"stack": stack, "requests": entries})
            return
        for question in questions:
            line = f"{question.region:10} {question.check}: {question.subject}: {question.needed}"
            self._out.print(line, markup=False, soft_wrap=True)
            if question.request:
                self._out.print(f"{'':10}   → {question.request}", markup=False, soft_wrap=True)

    def error(self, message: str, code: int) -> None:
        """One message; nothing was changed."""
        message = redacted_message(message, sys.argv[1:])
        if self._as_json:
            self._document({"error": message, "exit_code": code})
        self._progress.print(message, markup=False, soft_wrap=True)

    def _line(self, finding: Finding) -> None:
        style = _STYLES.get(finding.verdict, "dim")
        self._out.print(f"[{style}]{finding.verdict.value:14}[/]", end=" ")
        line = f"{finding.region:10} {finding.check}: {finding.subject}: needs {finding.needed}; found {finding.found}"
        self._out.print(line + (f" → {finding.way_out}" if finding.way_out else ""), markup=False, soft_wrap=True)

    def _document(self, document: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
