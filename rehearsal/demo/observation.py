"""State of a drill for display, and the observer that collects it while the drill runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from recovery import lease
from recovery.errors import RecoveryError
from recovery.journal import Journal, Kind, Run
from rehearsal.drill.drill import Drill
from rehearsal.drill.orders import Acceptance
from rehearsal.drill.result import DECIDED, Mark
from rehearsal.drill.scenario import Loss

_OBSERVED_EVERY_SECONDS = 0.4
_RATE_WINDOW_MILLISECONDS = 3_000


@dataclass(frozen=True)
class RegionView:
    """One region: `accepted` orders since the drill began, `per_second` over the last three seconds."""

    name: str
    is_reachable: bool
    has_lease: bool
    accepted: int
    per_second: float


@dataclass(frozen=True)
class StepView:
    """A step of the runbook's latest run; `seconds` until its result, or so far."""

    name: str
    is_done: bool
    seconds: float


@dataclass(frozen=True)
class Observation:
    """The drill at one moment. `since_decision` and `recovered_after` are seconds, None before they are known."""

    marks: tuple[Mark, ...]
    regions: tuple[RegionView, ...]
    verb: str
    steps: tuple[StepView, ...]
    since_decision: float | None
    recovered_after: float | None
    epoch: int | None

    @property
    def headline(self) -> str:
        """The latest event, as a sentence."""
        return _sentence(self.marks[-1].what) if self.marks else "The stacks start"


def _sentence(mark: str) -> str:
    fixed = {
        "begin": "Orders flow to the primary region",
        "detected": "The loss is detected",
        DECIDED: "The operator confirms the failover",
        "failover done": "The recovery region serves orders",
        "switchover done": "The recovery region serves orders",
        "failback done": "The primary region serves orders again",
    }
    if mark in fixed:
        return fixed[mark]
    region, _, what = mark.partition(" ")
    happened = {
        Loss.DEAD.value: f"Region {region} is lost",
        Loss.CUT_OFF.value: f"Region {region} is cut off from the others",
        "back": f"Region {region} is back; the runbook fails back",
    }
    return happened.get(what, mark)


class Observer:
    """Reads the lease, the journal and the clients' answers of a drill in a thread of its own, until it is left."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill
        found = drill.testbed.configuration
        self._names = (found.primary.region, found.standby.region)
        self._table = found.tables.control
        # The control table answers in the recovery region, which is never lost in a demo.
        self._client = drill.testbed.client("dynamodb", found.standby.region)
        self._journal = Journal(self._client, self._table)
        self._holder: str | None = None
        self._epoch: int | None = None
        self._run: Run | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def now(self) -> Observation:
        """The current state of the drill."""
        at = time.time_ns() // 1_000_000
        marks = tuple(self._drill.marks)
        answers = [answer for traffic in self._drill.flows for answer in list(traffic.acceptances)]
        decided = next((mark.at for mark in marks if mark.what == DECIDED), None)
        recovered = _first_answer(answers, self._names[1], decided)
        run = self._run
        return Observation(
            marks,
            tuple(self._region(name, marks, answers, at) for name in self._names),
            run.verb if run else "",
            steps_of(run, at) if run else (),
            None if decided is None else (at - decided) / 1000,
            None if recovered is None or decided is None else (recovered - decided) / 1000,
            self._epoch,
        )

    def _region(self, name: str, marks: Sequence[Mark], answers: Sequence[Acceptance], at: int) -> RegionView:
        of_region = [answer for answer in answers if answer.region == name]
        recent = [answer for answer in of_region if answer.answered_at > at - _RATE_WINDOW_MILLISECONDS]
        about = [mark.what for mark in marks if mark.what.startswith(f"{name} ")]
        return RegionView(
            name,
            is_reachable=not about or about[-1].endswith(" back"),
            has_lease=self._holder == name,
            accepted=len({answer.order_id for answer in of_region}),
            per_second=len(recent) * 1000 / _RATE_WINDOW_MILLISECONDS,
        )

    def _poll(self) -> None:
        while not self._ended.wait(_OBSERVED_EVERY_SECONDS):
            try:
                found = lease.read(self._client, self._table)
                self._holder = found.holder if found else None
                self._epoch = found.epoch if found else None
                self._run = self._journal.tail().run
            except RecoveryError:
                # The view keeps what it read before; the drill itself reports what fails.
                continue


def _first_answer(answers: Sequence[Acceptance], region: str, since: int | None) -> int | None:
    if since is None:
        return None
    found = (one.answered_at for one in answers if one.region == region and one.answered_at >= since)
    return min(found, default=None)


def steps_of(run: Run, at: int) -> tuple[StepView, ...]:
    """Steps of a run in the order in which they began, seen at a moment in milliseconds since 1970."""
    begun: dict[str, int] = {}
    done: dict[str, int] = {}
    for entry in run.entries:
        if entry.kind == Kind.INTENT:
            begun.setdefault(entry.step, entry.at)
        elif entry.kind == Kind.RESULT:
            done[entry.step] = entry.at
    return tuple(
        StepView(step, step in done, max(0, done.get(step, at) - start) / 1000) for step, start in begun.items()
    )
