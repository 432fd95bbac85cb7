"""The takeover at the end of a rehearsal: a failover by the runbook with the primary dead, including the scale-out.

Unlike a drill it does not fail back, so that the rehearsal can check the scaled-out region. Without failback no report
names lost orders; the check uses the tables alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recovery.steps.growth import DrainBacklog, ScaleOutStep
from rehearsal.drill import audit
from rehearsal.drill.audit import Findings
from rehearsal.drill.drill import Drill, problems_of
from rehearsal.drill.operator import Finished
from rehearsal.drill.orders import Traffic, stored
from rehearsal.drill.result import Result
from rehearsal.drill.scenario import Loss, Scenario, Second
from rehearsal.drill.testbed import Testbed

# A scale-out waits mainly for databases, which takes minutes on a busy machine.
_SECONDS = 1800.0
# Orders flow while the provider uses the same in-memory AWS, which answers one call at a time.
_RATE = 2.0
_SEED = 1000


@dataclass
class TakenOver:
    """Result of the takeover."""

    result: Result
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        return [f"takeover: {problem}" for problem in self.result.problems]

    @property
    def scale_out_seconds(self) -> float:
        """Return the seconds of the scale-out, from the journal."""
        return self.result.afterwards.get(ScaleOutStep.name, 0.0)

    def shown(self) -> str:
        """Return one line about the takeover."""
        about = self.result.findings
        return (
            f"{self.result.recovery_seconds:.2f} s to the first accepted order, {self.result.lease_seconds:.2f} s of "
            f"them wait for the old lease; {self.scale_out_seconds:.0f} s to scale out; "
            f"{about.accepted} accepted, {len(about.lost)} lost: {'; '.join(self.result.problems) or 'passed'}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the part `takeover` of report.json. Seconds are measured in the in-memory AWS; `steps` are from the
        journal."""
        about = self.result.findings
        return {
            "run": self.document["run"],
            "rto_s": round(self.result.recovery_seconds, 3),
            "lease_wait_s": round(self.result.lease_seconds, 3),
            "detection_s": round(self.result.detection_seconds or 0.0, 3),
            "scale_out_s": round(self.scale_out_seconds, 3),
            "steps": {span.step: round((span.ended - span.begun) / 1000, 3) for span in self.result.spans},
            "resumed_after_failed_step": self.result.resumptions,
            "orders_accepted": about.accepted,
            "orders_accepted_by_new_region": sum(
                one.region == self.document["target"] for one in self.result.acceptances
            ),
            "orders_lost": list(about.lost),
            "unpublished": list(about.unpublished),
            "backlog": _facts(self.document, DrainBacklog.name),
            "runbook_reached_lost_region": self.document["reached"],
            "problems": self.problems,
        }


@dataclass
class Takeover(Drill):
    """Runs the takeover. `growth` is the command of the runbook's scale-out step.

    Afterwards the primary serves again, the recovery region holds the lease, and no order flows.
    """

    run_seconds: float = _SECONDS

    @classmethod
    def of(cls, testbed: Testbed, folder: Path, growth: str) -> Takeover:
        """Return the takeover of a rehearsal: no fault but the loss, at a low rate that leaves capacity for the
        provider."""
        wanted = Scenario(_SEED, Loss.DEAD, Second.NOTHING, 10, 1.0, _RATE, kill_at=None, fault=None)
        return cls(testbed, wanted, folder, growth=growth)

    def take(self) -> TakenOver:
        """Run the takeover. Raises OperatorError and TimeoutError if it cannot continue."""
        began = time.monotonic()
        outside, inside = self._start_clients()
        with self._schedule():
            with self._running(outside), self._running(self.records.outside):
                finished, spans, detection = self._take_over(outside, inside)
                known = stored(self._tables(self._standby), self._orders)
                self.records.record_arrivals(links_up=False)
                self._await_orders(outside, self._standby, outside.accepted_in(self._standby.region) + 1)
            self.testbed.server.restore(self._primary.region)
            self._mark(f"{self._primary.region} back")
            waiting = self._drain([outside])
        findings = self._found(outside, known)
        result = self._measure(finished, findings, detection, spans, began)
        result.acceptances, result.waiting = list(outside.acceptances), waiting
        result.problems = [*problems_of(result), *self._out_of_order(result, finished)]
        return TakenOver(result, finished.document)

    def _found(self, outside: Traffic, known: dict[str, Any]) -> Findings:
        acceptances = outside.acceptances
        lost = audit.lost_orders(acceptances, self.handovers[0].epoch, known)
        ids = {acceptance.order_id for acceptance in acceptances}
        at_the_end = {**stored(self._tables(self._primary), self._orders), **known}
        at_the_end |= stored(self._tables(self._standby), self._orders)
        return Findings(
            accepted=len(ids),
            lost=tuple(lost),
            lost_too_early=tuple(self._lost_too_early(acceptances, lost)),
            duplicates=tuple(audit.duplicates(acceptances, lost)),
            max_writers_per_epoch=max(map(len, audit.writers_per_epoch(acceptances).values()), default=0),
            at_one_time=tuple(audit.accepted_outside(acceptances, self.handovers)),
            unpublished=tuple(sorted(ids - self._published())),
            missing=tuple(sorted(ids - set(at_the_end))),
        )

    def _out_of_order(self, result: Result, finished: Finished) -> list[str]:
        """Return errors if the scale-out began before the first accepted order, or if the backlog is not empty."""
        ended = {span.step: span.ended for span in result.spans}
        begun = {span.step: span.begun for span in result.spans}
        found = []
        if begun[ScaleOutStep.name] < ended["prove-order"]:
            found.append("the scale-out began before the region accepted an order")
        if finished.facts(DrainBacklog.name).get("waiting") != 0:
            found.append("the backlog was not drained")
        return found


def _facts(document: dict[str, Any], step: str) -> dict[str, Any]:
    return next(entry["facts"] for entry in document["steps"] if entry["name"] == step)
