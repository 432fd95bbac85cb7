"""What became of a run, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from recovery.journal import Facts


class Status(StrEnum):
    """How a step stands at the end of a run's process."""

    DONE = "done"
    DONE_BEFORE = "done before"
    FAILED = "failed"
    HELD_UP = "held up"
    NOT_BEGUN = "not begun"


@dataclass(frozen=True)
class StepReport:
    """`seconds` are of this process, from the step's intent to its result; 0 for steps that were done before."""

    name: str
    stage: str
    status: Status
    seconds: float = 0.0
    facts: Facts = field(default_factory=dict)
    trouble: str | None = None


@dataclass(frozen=True)
class Report:
    """`outcome` is `done`, `incomplete` (to be resumed) or `aborted`.

    `recovery_seconds` pass between the decision and the first accepted order, by the journal;
    `lease_seconds` of them are the wait for a lease that could not be revoked. Both are None before that.
    `reached` counts calls to the region that is left.
    """

    run: str
    verb: str
    source: str
    target: str
    outcome: str
    steps: tuple[StepReport, ...]
    recovery_seconds: float | None
    lease_seconds: float | None
    reached: dict[str, int]
    tradable_seconds: float | None = None
    """From the decision to the first engine in service: orders are accepted before, and traded from then on."""

    def step(self, name: str) -> StepReport:
        return next(step for step in self.steps if step.name == name)

    def document(self) -> dict[str, Any]:
        """As JSON writes it."""
        return asdict(self)
