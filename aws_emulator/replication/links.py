"""Replication links between Regions: a change arrives after a lag, unless a Region is lost first.

Changes that had not arrived when a Region was lost wait until it returns. The emulator delivers changes at the next
request, which clients cannot distinguish from delivery on time.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aws_emulator.outage import Outages
from aws_emulator.service_failures import ServiceFailures

USUAL_LAG_SECONDS = 1.0
"""Typical lag of a global table (DynamoDB Developer Guide, "Global tables: How it works")."""
_SERVICES = {"table": "dynamodb", "bucket": "s3"}
"""The service that replicates a kind of store."""


@dataclass(frozen=True, eq=False)
class PendingChange:
    """One pending change of the store `name`, a table or a bucket (`kind`).

    Times are seconds of a monotonic clock. `late_after` is the agreed time limit, if any.
    """

    kind: str
    name: str
    source: str
    target: str
    written: float
    due: float
    deliver: Callable[[], None]
    late_after: float | None = None


@dataclass(eq=False)
class ReplicationLinks:
    """All pending changes. `gather` has functions that send the newest changes before a delivery."""

    outages: Outages
    clock: Callable[[], float] = time.monotonic
    lag: float = USUAL_LAG_SECONDS
    gather: list[Callable[[], None]] = field(default_factory=list)
    services: ServiceFailures = field(default_factory=ServiceFailures)
    _waiting: list[PendingChange] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def send(self, change: PendingChange) -> None:
        """Add a pending change."""
        with self._lock:
            self._waiting.append(change)

    def set_lag(self, seconds: float) -> None:
        """Set the lag of new changes. Pending changes arrive no later than a change that is sent now."""
        with self._lock:
            self.lag = seconds
            latest = self.clock() + seconds
            self._waiting = [replace(one, due=min(one.due, latest)) for one in self._waiting]

    def settle(self) -> None:
        """Deliver the changes that have arrived by now."""
        with self._lock:
            for gathered in self.gather:
                gathered()
            if not self._waiting:
                return
            now, waiting = self.clock(), self._waiting
            self._waiting = []
            for change in waiting:
                if change.due <= now and self._link_worked(change):
                    change.deliver()
                else:
                    self._waiting.append(change)

    def report(self) -> dict[str, Any]:
        """Return `lag_seconds`, and pending changes by store and link; for buckets, also the number that is late by its
        rule."""
        self.settle()
        now = self.clock()
        links: dict[tuple[str, str, str, str], list[PendingChange]] = defaultdict(list)
        with self._lock:
            for one in self._waiting:
                links[(one.kind, one.name, one.source, one.target)].append(one)
        waiting = []
        for (kind, name, source, target), changes in sorted(links.items()):
            entry: dict[str, Any] = {kind: name, "source": source, "target": target, "count": len(changes)}
            if any(one.late_after is not None for one in changes):
                entry["late"] = sum(
                    one.late_after is not None and now - one.written > one.late_after for one in changes
                )
            waiting.append(entry)
        return {"lag_seconds": self.lag, "waiting": waiting}

    def lost_since(self, *regions: str, kind: str | None = None) -> float | None:
        """Return when the first of these Regions was lost, by the clock; None while all are served.

        With the `kind` of a store, a failure of its service is a loss, too.
        """
        times = [at for region in regions if (at := self.outages.lost_since(region)) is not None]
        if kind in _SERVICES and (failed := self.services.lost_since(_SERVICES[kind], *regions)) is not None:
            times.append(failed)
        return min(times, default=None)

    def _link_worked(self, change: PendingChange) -> bool:
        """Return whether the link worked at the arrival time. Links within a Region always work."""
        if change.source == change.target:
            return True
        lost = self.lost_since(change.source, change.target, kind=change.kind)
        return lost is None or change.due < lost
