"""Carries a plan out, so that it can be killed at any moment and taken up again.

Before each effect its intent is in the journal, after it its result. Who takes a run up skips what has a result,
looks at what has an intent only, and does what is not done: the end is the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError

from recovery.context import Context
from recovery.errors import (
    CorruptJournalError,
    JournalTakenError,
    LockLostError,
    RecoveryError,
)
from recovery.journal import Entry, Facts, Journal, JournalUnavailableError, Kind, Outcome, Run
from recovery.plan import Plan
from recovery.report import Report, Status, StepReport
from recovery.steps.engines import AwaitEngines
from recovery.steps.lease import AwaitLease, AwaitQuiet
from recovery.steps.step import Stage, Step
from recovery.steps.traffic import ProveOrder

# Without the journal or the lock nothing may be done any more, and nothing can be said about it either.
_FATAL = (JournalTakenError, JournalUnavailableError, CorruptJournalError, LockLostError)


class Point(StrEnum):
    """The boundaries of a step, at each of which a process may die."""

    BEFORE_INTENT = "before intent"
    BEFORE_EFFECT = "before effect"
    AFTER_EFFECT = "after effect"
    BEFORE_RESULT = "before result"
    AFTER_RESULT = "after result"


@dataclass(frozen=True)
class Moment:
    """A boundary that a run passes; `seconds` is a clock that only grows, for durations within a process."""

    step: Step
    point: Point
    seconds: float


Watch = Callable[[Moment], None]
"""Is told of each boundary as it is passed. What it raises ends the run there, as a kill would."""


def _unwatched(_moment: Moment) -> None:
    return


@dataclass
class Executor:
    """One process's work on one run. `check_lock` raises LockLostError when the lock is another's."""

    plan: Plan
    context: Context
    journal: Journal
    run: Run
    watch: Watch = _unwatched
    check_lock: Callable[[], None] = lambda: None
    stopwatch: Callable[[], float] = time.perf_counter
    _last: Entry = field(init=False)
    _reports: dict[str, StepReport] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._last = self.run.entries[-1]
        self.context.check_lock = self.check_lock

    def execute(self) -> Report:
        """Takes every step that has no result yet; raises what makes it impossible to go on at all."""
        intents, results = self.run.intents(), self.run.results()
        self.context.results.update(results)
        for step in self.plan.steps:
            if step.name in results:
                self._reports[step.name] = _report(step, Status.DONE_BEFORE, facts=results[step.name])
                continue
            if waits_for := self._unmet(step):
                trouble = f"waits for {', '.join(waits_for)}"
                self._reports[step.name] = _report(step, Status.HELD_UP, trouble=trouble)
                continue
            if not self._take(step, intents.get(step.name)) and step.stage is not Stage.AFTER:
                break
        whole = all(name in self.context.results for name in self.plan.names)
        if whole:
            self._append(Kind.ENDED, "", {"outcome": str(Outcome.DONE)})
        return self._report("done" if whole else "incomplete")

    def _take(self, step: Step, intended: Facts | None) -> bool:
        """One step; whether it is done. A failure is in the journal, and the run goes on or stops by its stage."""
        started = self.stopwatch()
        try:
            facts = self._attempt(step, intended)
        except _FATAL:
            raise
        except (RecoveryError, BotoCoreError, ClientError) as error:
            self._append(Kind.FAILED, step.name, {"trouble": str(error)})
            seconds = self.stopwatch() - started
            self._reports[step.name] = _report(step, Status.FAILED, seconds, trouble=str(error))
            return False
        self.context.results[step.name] = facts
        self._reports[step.name] = _report(step, Status.DONE, self.stopwatch() - started, facts)
        return True

    def _attempt(self, step: Step, intended: Facts | None) -> Facts:
        self._pass(step, Point.BEFORE_INTENT)
        fresh = intended is None
        if intended is None:
            intended = step.observe(self.context)
            self._append(Kind.INTENT, step.name, intended)
        self._pass(step, Point.BEFORE_EFFECT)
        if (fresh and step.at_once) or not step.done(self.context, intended):
            step.act(self.context, intended)
        self._pass(step, Point.AFTER_EFFECT)
        facts = step.verify(self.context, intended)
        self._pass(step, Point.BEFORE_RESULT)
        self._append(Kind.RESULT, step.name, facts)
        self._pass(step, Point.AFTER_RESULT)
        return facts

    def _unmet(self, step: Step) -> list[str]:
        planned = set(self.plan.names)
        return [name for name in step.needs if name in planned and name not in self.context.results]

    def _pass(self, step: Step, point: Point) -> None:
        self.check_lock()
        self.watch(Moment(step, point, self.stopwatch()))

    def _append(self, kind: Kind, step: str, facts: Facts) -> None:
        self._last = self.journal.append(
            self._last,
            run=self.run.id,
            verb=self.run.verb,
            kind=kind,
            step=step,
            at=self.context.waiter.clock(),
            facts=facts,
        )
        self.run = Run((*self.run.entries, self._last))

    def _report(self, outcome: str) -> Report:
        return Report(
            run=self.run.id,
            verb=self.run.verb,
            source=self.context.source.region,
            target=self.context.target.region,
            outcome=outcome,
            steps=tuple(self._reports.get(step.name) or _report(step, Status.NOT_BEGUN) for step in self.plan.steps),
            recovery_seconds=recovery_seconds(self.run),
            lease_seconds=_lease_seconds(self.run),
            tradable_seconds=tradable_seconds(self.run),
            reached=asdict(self.context.clients.reached),
        )


def recovery_seconds(run: Run) -> float | None:
    """From the decision to the first accepted order, by the journal; None before that."""
    for entry in run.entries:
        if entry.kind == Kind.RESULT and entry.step == ProveOrder.name:
            return (entry.at - run.began.content["decided_at"]) / 1000
    return None


def tradable_seconds(run: Run) -> float | None:
    """From the decision to the first engine in service, by the journal; None where no engine was waited for."""
    for entry in run.entries:
        if entry.kind == Kind.RESULT and entry.step == AwaitEngines.name and entry.content.get("in_service"):
            return (entry.at - run.began.content["decided_at"]) / 1000
    return None


def _lease_seconds(run: Run) -> float | None:
    waited = [
        facts["waited_milliseconds"]
        for step, facts in run.results().items()
        if step in (AwaitLease.name, AwaitQuiet.name)
    ]
    return sum(waited) / 1000 if waited else None


def _report(
    step: Step, status: Status, seconds: float = 0.0, facts: Facts | None = None, trouble: str | None = None
) -> StepReport:
    return StepReport(step.name, str(step.stage), status, round(seconds, 6), facts or {}, trouble)
