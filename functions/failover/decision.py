"""What follows from a quorum of observers that miss the primary."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions import metrics
from recovery.errors import NothingToResumeError, RecoveryError
from recovery.operations import Operations, takes_over_here
from recovery.plan import Verb
from recovery.report import Report

Publish = Callable[[metrics.Metric], None]
"""Counts one."""
_ALARM_EVENT = "CloudWatch Alarm State Change"
# Amazon SNS API Reference, "Publish": a subject is ASCII and shorter than this.
_SUBJECT_CHARACTERS = 100


class UnknownEventError(ValueError):
    """The function was called with something that it does not know; nothing was done."""


class OutOfTimeError(Exception):
    """The function's time is nearly up. The run stands in the journal; the next invocation takes it up."""


@dataclass(frozen=True)
class Decider:
    """`quorum_holds` looks whether the quorum's alarm is still raised; `operations` makes what carries a run out;
    `tell` writes to people by subject and text; `go_on` has the function invoked again to take the run up."""

    automatic: bool
    quorum_alarm: str
    quorum_holds: Callable[[], bool]
    operations: Callable[[], Operations]
    tell: Callable[[str, str], None]
    go_on: Callable[[], None]
    count: Publish

    def decide(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An alarm's event, `{"resume": true}` or `{"drill": true}`; raises UnknownEventError for any other."""
        if event.get("resume") is True:
            return self._carried_out("resume", lambda: self.operations().resume())
        if event.get("drill") is True:
            return self._carried_out("drill", lambda: self.operations().begin(Verb.DRILL))
        if event.get("detail-type") != _ALARM_EVENT or event.get("detail", {}).get("alarmName") != self.quorum_alarm:
            raise UnknownEventError(
                f"event {json.dumps(event, default=str)[:200]}: is neither a change of {self.quorum_alarm}, nor "
                '{"resume": true} or {"drill": true}'
            )
        # Events come late and more than once; what counts is what the observers say now.
        if not self.quorum_holds():
            return {"decision": "none", "because": f"{self.quorum_alarm} is no longer raised"}
        if not self.automatic:
            self.count(metrics.FAILOVERS_ASKED_FOR)
            self.tell("Primary region lost? Decide about a failover", _QUESTION.format(alarm=self.quorum_alarm))
            return {"decision": "asked", "alarm": self.quorum_alarm}
        return self._carried_out("failover", self._failed_over)

    def _failed_over(self) -> Report:
        """A repeated event finds the run that the first one began; any other that does not lead to the recovery region,
        or waits for the lost one before it does, is given up. A drill gives way by itself."""
        operations = self.operations()
        try:
            under_way = operations.under_way()
        except NothingToResumeError:
            under_way = None
        if under_way is not None and takes_over_here(under_way):
            return operations.resume()
        if under_way is not None and under_way.verb != Verb.DRILL:
            said = operations.abort(f"{self.quorum_alarm}: a failover takes its place")
            self.tell(f"Recovery: {under_way.verb} is given up for a failover", f"{said}\n\n{_HOW_TO_LOOK}")
        self.count(metrics.FAILOVERS_RUN)
        return operations.begin(Verb.FAILOVER)

    def _carried_out(self, what: str, run: Callable[[], Report]) -> dict[str, Any]:
        try:
            report = run()
        except OutOfTimeError:
            self.go_on()
            return {"decision": what, "outcome": "to be continued"}
        except RecoveryError as error:
            if what != "drill":
                self.count(metrics.FAILOVERS_STOPPED)
            self.tell(f"Recovery: {what} did not run through", f"{error}\n\n{_HOW_TO_LOOK}")
            return {"decision": what, "outcome": "stopped", "because": str(error)}
        troubles = [f"{step.name}: {step.trouble}" for step in report.steps if step.trouble]
        text = "\n".join([f"{report.verb} {report.run} to {report.target}: {report.outcome}", *troubles])
        self.tell(f"Recovery: {report.verb} is {report.outcome}", f"{text}\n\n{_HOW_TO_LOOK}")
        return {"decision": what, "outcome": report.outcome, "run": report.run, "troubles": troubles}


_HOW_TO_LOOK = "python -m runbook status    says how everything stands; docs/runbook.md says what to do."
_QUESTION = (
    "{alarm}: a quorum of independent observers misses the primary region. Nothing was done.\n\n"
    "  python -m runbook status      who takes orders now\n"
    "  python -m runbook plan        what a failover does, and what it may lose\n"
    "  python -m runbook failover    moves order intake to the recovery region\n\n"
    "docs/runbook.md has the page for it."
)


def subject(text: str) -> str:
    """A subject as SNS takes it."""
    return text.encode("ascii", "replace").decode()[: _SUBJECT_CHARACTERS - 1]
