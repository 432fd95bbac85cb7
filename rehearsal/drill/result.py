"""Measurements of one drill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.drill.audit import Findings, ObjectFindings
from rehearsal.drill.orders import Acceptance
from rehearsal.drill.promotion import Promotion
from rehearsal.drill.scenario import Scenario

DECIDED = "decided"
"""The mark at which the recovery time begins."""


@dataclass(frozen=True)
class Mark:
    """An event and its time, in milliseconds since 1970."""

    at: int
    what: str


@dataclass(frozen=True)
class Span:
    """A step of the runbook from its journal; times in milliseconds since 1970."""

    step: str
    begun: int
    ended: int


@dataclass
class Result:
    """Result of one drill.

    `recovery_seconds` pass from the decision to the first accepted order. `lease_seconds` of them are the wait for the
    old lease. `steps` has the seconds of each step before the first order. `problems` are the reasons why the drill
    failed. Whether every confirmed order was in both regions, so that the drill may lose none.
    """

    scenario: Scenario
    recovery_seconds: float
    lease_seconds: float
    steps: Mapping[str, float]
    detection_seconds: float | None
    findings: Findings
    resumed: bool
    refused: str | None
    integrity: Mapping[str, Any]
    marks: list[Mark] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    acceptances: list[Acceptance] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    strong: bool = False
    """Whether every confirmed order was in both regions, so that none may be lost."""
    resumptions: int = 0
    """Number of resumed runs after a failed step, which happens when a busy machine exceeds the time limits."""
    seconds: float = 0.0
    objects: ObjectFindings = field(default_factory=ObjectFindings)
    promotion: Promotion | None = None
    waiting: tuple[str, ...] = ()
    """Changes that had not reached the other region at the end, by store."""

    @property
    def gap_seconds(self) -> float:
        """Return the seconds in which no region accepted orders in a switchover, from the journal.

        The switchover compares both regions before it stops one. A resumed run continues inside this gap.
        """
        gap = [span for span in self.spans if span.step in self.steps]
        return (max(span.ended for span in gap) - min(span.begun for span in gap)) / 1000 if gap else 0.0

    @property
    def afterwards(self) -> dict[str, float]:
        """Return seconds by step for the steps after the first accepted order, from the journal."""
        gap = [span.ended for span in self.spans if span.step in self.steps]
        return {
            span.step: (span.ended - span.begun) / 1000
            for span in self.spans
            if span.step not in self.steps and gap and span.begun >= max(gap)
        }

    @property
    def preparation(self) -> float:
        """Return the seconds of the recovery time outside every step: the readiness check, clients, the lock."""
        return max(0.0, self.recovery_seconds - sum(self.steps.values()))

    @property
    def beyond_lease(self) -> float:
        """Return the seconds of the recovery time without the wait for the old lease."""
        return self.recovery_seconds - self.lease_seconds
