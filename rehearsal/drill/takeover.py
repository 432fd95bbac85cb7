"""The takeover at the end of a rehearsal: the runbook's own failover with the primary dead, which grows the region.

Unlike a drill it stays taken over: what it has grown to is looked at afterwards. So no failback names the lost orders,
and they are judged by the tables alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recovery.steps.growth import DrainBacklog, ScaleOutStep
from rehearsal.drill import ledger
from rehearsal.drill.drill import Drill, troubles
from rehearsal.drill.ledger import Findings
from rehearsal.drill.operator import Finished
from rehearsal.drill.orders import Traffic, stored
from rehearsal.drill.result import Result
from rehearsal.drill.scenario import Loss, Scenario, Second
from rehearsal.drill.world import World

# A growth waits above all for databases, minutes on a machine that is busy.
_SECONDS = 1800.0
# Orders flow while the engine works at the same in-memory AWS, which answers one call at a time.
_RATE = 2.0
_SEED = 1000


@dataclass
class TakenOver:
    """What the takeover's report says beside the stack's own."""

    result: Result
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        return [f"takeover: {trouble}" for trouble in self.result.troubles]

    @property
    def scale_out_seconds(self) -> float:
        """How long the region took to grow, by the journal."""
        return self.result.afterwards.get(ScaleOutStep.name, 0.0)

    def shown(self) -> str:
        """One line about it."""
        about = self.result.findings
        return (
            f"{self.result.recovery_seconds:.2f} s to the first accepted order, {self.result.lease_seconds:.2f} s of "
            f"them the old lease; {self.scale_out_seconds:.0f} s to grow; {about.accepted} accepted, {len(about.lost)} "
            f"lost: {'; '.join(self.result.troubles) or 'passed'}"
        )

    def as_json(self) -> dict[str, Any]:
        """The part `takeover` of report.json; seconds are measured in the in-memory AWS, `steps` by the journal."""
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
    """`growth` is the command by which the runbook's scale-out grows the region. Ends with the primary back, the lease
    in the recovery region, and no order flowing."""

    run_seconds: float = _SECONDS

    @classmethod
    def of(cls, world: World, folder: Path, growth: str) -> Takeover:
        """The takeover of a rehearsal: at a rate that leaves the engine room, nothing wrong but the loss."""
        wanted = Scenario(_SEED, Loss.DEAD, Second.NOTHING, 10, 1.0, _RATE, kill_at=None, fault=None)
        return cls(world, wanted, folder, growth=growth)

    def take(self) -> TakenOver:
        """Raises OperatorError and TimeoutError where it cannot go on."""
        began = time.monotonic()
        outside, inside = self._begun()
        with self._schedule():
            with self._flowing(outside), self._flowing(self.records.outside):
                finished, spans, detection = self._taken_over(outside, inside)
                known = stored(self._tables(self._standby), self._orders)
                self.records.note_arrived(links_stand=False)
                self._await_orders(outside, self._standby, outside.accepted_in(self._standby.region) + 1)
            self.world.server.restore(self._primary.region)
            self._mark(f"{self._primary.region} back")
            waiting = self._drained([outside])
        findings = self._found(outside, known)
        result = self._measured(finished, findings, detection, spans, began)
        result.acceptances, result.waiting = list(outside.acceptances), waiting
        result.troubles = [*troubles(result), *self._out_of_order(result, finished)]
        return TakenOver(result, finished.document)

    def _found(self, outside: Traffic, known: dict[str, Any]) -> Findings:
        acceptances = outside.acceptances
        lost = ledger.lost_orders(acceptances, self.handovers[0].epoch, known)
        ids = {acceptance.order_id for acceptance in acceptances}
        at_the_end = {**stored(self._tables(self._primary), self._orders), **known}
        at_the_end |= stored(self._tables(self._standby), self._orders)
        return Findings(
            accepted=len(ids),
            lost=tuple(lost),
            lost_too_early=tuple(self._lost_too_early(acceptances, lost)),
            duplicates=tuple(ledger.duplicates(acceptances, lost)),
            max_writers_per_epoch=max(map(len, ledger.writers_per_epoch(acceptances).values()), default=0),
            at_one_time=tuple(ledger.accepted_outside(acceptances, self.handovers)),
            unpublished=tuple(sorted(ids - self._published())),
            missing=tuple(sorted(ids - set(at_the_end))),
        )

    def _out_of_order(self, result: Result, finished: Finished) -> list[str]:
        """The growth belongs after the traffic, and what waited after that is worked off."""
        ended = {span.step: span.ended for span in result.spans}
        begun = {span.step: span.begun for span in result.spans}
        found = []
        if begun[ScaleOutStep.name] < ended["prove-order"]:
            found.append("the region began to grow before an order was accepted in it")
        if finished.facts(DrainBacklog.name).get("waiting") != 0:
            found.append("the backlog was not drained")
        return found


def _facts(document: dict[str, Any], step: str) -> dict[str, Any]:
    return next(entry["facts"] for entry in document["steps"] if entry["name"] == step)
