"""What one drill measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.drill.ledger import Findings, ObjectFindings
from rehearsal.drill.orders import Acceptance
from rehearsal.drill.promotion import Promotion
from rehearsal.drill.scenario import Scenario

DECIDED = "decided"
"""The mark at which the recovery time begins."""


@dataclass(frozen=True)
class Mark:
    """Something that happened at a moment, in milliseconds since 1970."""

    at: int
    what: str


@dataclass(frozen=True)
class Span:
    """A step of the runbook, by its journal; milliseconds since 1970."""

    step: str
    begun: int
    ended: int


@dataclass
class Result:
    """`recovery_seconds` pass from the decision to the first accepted order, `lease_seconds` of them are the wait for
    the old lease; `steps` are seconds by step of the gap. `troubles` say why this drill did not pass."""

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
    troubles: list[str] = field(default_factory=list)
    strong: bool = False
    """Whether every confirmed order was in both regions, so that none may be lost."""
    resumptions: int = 0
    """How often a step failed, on a machine that is too busy for its time limits, and the run was taken up again."""
    seconds: float = 0.0
    objects: ObjectFindings = field(default_factory=ObjectFindings)
    promotion: Promotion | None = None
    waiting: tuple[str, ...] = ()
    """What still had not reached the other region at the end, by store."""

    @property
    def gap_seconds(self) -> float:
        """How long no region accepted orders in a switchover, by the journal: it compares both regions before it stops
        any, and whoever takes it up again goes on in the gap."""
        gap = [span for span in self.spans if span.step in self.steps]
        return (max(span.ended for span in gap) - min(span.begun for span in gap)) / 1000 if gap else 0.0

    @property
    def afterwards(self) -> dict[str, float]:
        """Seconds by step of what followed the first accepted order, by the journal."""
        gap = [span.ended for span in self.spans if span.step in self.steps]
        return {
            span.step: (span.ended - span.begun) / 1000
            for span in self.spans
            if span.step not in self.steps and gap and span.begun >= max(gap)
        }

    @property
    def preparation(self) -> float:
        """What of the recovery time was in no step: looking whether the region can take over, clients, the lock."""
        return max(0.0, self.recovery_seconds - sum(self.steps.values()))

    @property
    def beyond_lease(self) -> float:
        """What of the recovery time was work and not the wait for the old lease."""
        return self.recovery_seconds - self.lease_seconds
