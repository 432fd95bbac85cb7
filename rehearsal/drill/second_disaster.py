"""A drill of two disasters: after a failover the recovery region is lost, too, while it holds the lease.

The primary has returned by then, and no failback has followed. `failover --to` moves the orders to the primary;
`rejoin` follows when the recovery region has returned. The checks know confirmed orders, what engines took, and the
orders that the reports of the three runs name.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from functions import order_item
from functions.order_item import Item
from recovery.steps.orders import ReconcileOrders
from recovery.steps.republish import RepublishOrders, RestoreCancellations
from rehearsal.drill import audit
from rehearsal.drill.drill import Drill
from rehearsal.drill.operator import Finished
from rehearsal.drill.orders import Acceptance, Traffic, stored
from rehearsal.drill.scenario import Loss, Scenario, Second, scenario
from rehearsal.drill.stream import published
from rehearsal.drill.testbed import Testbed, wait_until

_NAMING = (ReconcileOrders.name, RepublishOrders.name, RestoreCancellations.name)
_BETWEEN = 15
"""Number of orders that the recovery region accepts after the primary has returned, and before it is lost."""
_CLOSED_SECONDS = 60.0


@dataclass
class SecondDisasterResult:
    """Result of the drill. `named` is the number of orders that the reports name."""

    scenario: Scenario
    accepted: int
    named: int
    lost: int
    traded_twice: int
    cancelled: int
    recovery_seconds: tuple[float, float]
    problems: list[str]
    seconds: float

    def shown(self) -> str:
        """Return one line about the drill."""
        return (
            f"second disaster {self.scenario.seed}: primary {self.scenario.loss}, lag {self.scenario.lag:g} s; first "
            f"orders after {self.recovery_seconds[0]:.1f} and {self.recovery_seconds[1]:.1f} s; {self.accepted} "
            f"accepted, {self.lost} lost, {self.traded_twice} traded twice, {self.named} named, {self.cancelled} "
            f"cancelled: {'; '.join(self.problems) or 'passed'}"
        )


@dataclass
class _Takeover:
    """Data at a takeover: `epoch` is the old one, `known` the table of the new region, `received` the orders that its
    consumers had received, `lost_at` the time of the loss."""

    epoch: int
    known: Mapping[str, Item]
    received: set[str]
    lost_at: int


@dataclass
class SecondDisaster(Drill):
    """Runs both disasters. The primary holds the lease before and after the run."""

    runs: list[Finished] = field(default_factory=list)
    takeovers: list[_Takeover] = field(default_factory=list)

    @classmethod
    def of(cls, testbed: Testbed, folder: Path, seed: int = 0) -> SecondDisaster:
        """Return the drill of a seed. Even seeds lose the primary as a whole, odd ones cut it off."""
        drawn = scenario(seed, testbed.configuration.standby.region)
        loss = Loss.CUT_OFF if seed % 2 else Loss.DEAD
        wanted = Scenario(
            seed, loss, Second.NOTHING, drawn.accepted_first, drawn.lag, drawn.rate, kill_at=None, fault=None
        )
        return cls(testbed, wanted, folder)

    def play(self) -> SecondDisasterResult:
        """Run the drill. Raises OperatorError and TimeoutError if it cannot continue."""
        began = time.monotonic()
        outside, inside = self._start_clients()
        flows = [outside, inside]
        with self._schedule(), self._run_engines():
            with self._running(outside), self._running(self.records.outside):
                failover, _, _ = self._take_over(outside, inside)
                assert self.lost_at is not None
                self._note_takeover(failover, self.lost_at, self.handovers[0].epoch)
                self._return_primary(outside)
                second = self._lose_recovery_region(outside)
                self._rejoin(outside)
            waiting = self._drain(flows)
            self._await_closed(flows)
        problems = self._problems(flows)
        if waiting:
            problems.append(f"not replicated at the end: {', '.join(waiting)}")
        acceptances = _acceptances(flows)
        return SecondDisasterResult(
            self.scenario,
            len({one.order_id for one in acceptances}),
            len(self._named()),
            sum(len(audit.lost_orders(acceptances, one.epoch, one.known)) for one in self.takeovers),
            len(self._traded_twice()),
            len(set[str]().union(*(flow.cancelled for flow in flows))),
            (float(failover.document["recovery_seconds"]), float(second.document["recovery_seconds"])),
            problems,
            time.monotonic() - began,
        )

    def _note_takeover(self, finished: Finished, lost_at: int, old_epoch: int) -> None:
        """Note what the new region has and has received, while the old one is lost."""
        new = self._standby if len(self.takeovers) == 0 else self._primary
        self.runs.append(finished)
        since = self.marks[0].at if not self.takeovers else lost_at
        known = stored(self._tables(new), self._orders)
        self.takeovers.append(_Takeover(old_epoch, known, published(self.testbed, since, (new,)), lost_at))

    def _return_primary(self, outside: Traffic) -> None:
        """Return the primary as a replica of the recovery region, while orders flow in the recovery region."""
        self.testbed.server.restore(self._primary.region)
        self._mark(f"{self._primary.region} back")
        self._await_replication()
        self.testbed.server.set_replica_roles(self.testbed.replica_roles(self._standby, self._primary))
        self._await_orders(outside, self._standby, outside.accepted_in(self._standby.region) + _BETWEEN)

    def _lose_recovery_region(self, outside: Traffic) -> Finished:
        """Lose the recovery region, and move the orders to the primary."""
        self._mark(f"{self._standby.region} dead")
        lost_at, old_epoch = self.marks[-1].at, self.handovers[-1].epoch
        before = outside.accepted_in(self._primary.region)
        self.testbed.server.set_outage(self._standby.region, Loss.DEAD.value)
        finished = self.operator.run("failover", "--to", self._primary.region, "--yes", seconds=self.run_seconds)
        finished = self.operator.resume_until_done(finished, self.run_seconds)
        self._record_handover(finished)
        self._await_orders(outside, self._primary, before + _BETWEEN)
        self._note_takeover(finished, lost_at, old_epoch)
        return finished

    def _rejoin(self, outside: Traffic) -> None:
        """Return the recovery region and rejoin it as the standby."""
        self.testbed.server.restore(self._standby.region)
        self._mark(f"{self._standby.region} back")
        self._await_replication()
        finished = self.operator.run("rejoin", "--yes", seconds=self.run_seconds)
        self.runs.append(self.operator.resume_until_done(finished, self.run_seconds))
        self._mark("rejoin done")
        self._await_orders(outside, self._primary, outside.accepted_in(self._primary.region) + _BETWEEN)
        self.testbed.server.set_replica_roles(self.testbed.replica_roles(self._primary, self._standby))

    def _await_closed(self, flows: Sequence[Traffic]) -> None:
        """Wait until engines have handled what they are going to handle, for a time at most."""
        try:
            wait_until(lambda: not self._open(flows), what="closed orders", within=_CLOSED_SECONDS)
        except TimeoutError:
            return

    def _open(self, flows: Sequence[Traffic]) -> set[str]:
        items = stored(self._tables(self._primary), self._orders)
        return {
            one.order_id
            for one in _acceptances(flows)
            if items.get(one.order_id, {}).get("status") in (None, *order_item.OPEN)
        }

    def _named(self) -> set[str]:
        return set[str]().union(*(self._named_orders(run, step) for run in self.runs for step in _NAMING))

    def _traded_twice(self) -> set[str]:
        return set.intersection(*(engine.traded for engine in self.engines.values()))

    def _problems(self, flows: Sequence[Traffic]) -> list[str]:
        """Return the reasons why the drill failed; empty if it passed."""
        acceptances, named = _acceptances(flows), self._named()
        tables = {site.region: stored(self._tables(site), self._orders) for site in (self._primary, self._standby)}
        at_the_end, ids = tables[self._primary.region], {one.order_id for one in acceptances}
        cancelled = set[str]().union(*(flow.cancelled for flow in flows))
        lost = {order for one in self.takeovers for order in audit.lost_orders(acceptances, one.epoch, one.known)}
        checks = {
            "were confirmed and are not in both tables": ids - set.intersection(*map(set, tables.values())),
            "were confirmed twice with different answers": set(audit.duplicates(acceptances, lost)),
            "were accepted by a region without the lease": set(audit.accepted_outside(acceptances, self.handovers)),
            "were traded in both regions and were not named": self._traded_twice() - named,
            "were cancelled, and the cancellation was undone and not named": set(
                audit.undone(cancelled, at_the_end, named)
            ),
            "are open and were not named": self._open(flows) - named,
            "differ between the regions": _differing(tables, ids),
        }
        for number, one in enumerate(self.takeovers, start=1):
            closed = {order for order, item in one.known.items() if item["status"] not in order_item.OPEN}
            lost_now = audit.lost_orders(acceptances, one.epoch, one.known)
            checks |= {
                f"did not survive loss {number}, and were not named": set(
                    audit.unaccounted(acceptances, one.epoch, one.received | closed, named)
                ),
                f"were lost with region {number}, and were not named": set(lost_now) - named,
                f"were older than the replication lag and were lost with region {number}": set(
                    audit.lost_too_early(acceptances, lost_now, one.lost_at, self.scenario.lag * 1000)
                ),
            }
        found = [
            f"{len(orders)} orders {what}: {', '.join(sorted(orders)[:5])}" for what, orders in checks.items() if orders
        ]
        writers = audit.writers_per_epoch(acceptances)
        return found + [
            f"epoch {epoch} has {len(regions)} writers" for epoch, regions in writers.items() if len(regions) > 1
        ]


def _acceptances(flows: Sequence[Traffic]) -> list[Acceptance]:
    return [acceptance for flow in flows for acceptance in list(flow.acceptances)]


def _differing(tables: Mapping[str, Mapping[str, Item]], ids: set[str]) -> set[str]:
    one, other = tables.values()
    return {
        order for order in ids if order in one and order in other and one[order]["status"] != other[order]["status"]
    }
