"""The links between Regions: what is under way on them arrives after a lag, unless a Region is lost first.

What had not arrived when a Region was lost waits until it is back. Delivering happens when the next request comes:
nobody can see the difference.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aws_emulator.outage import Outages

USUAL_LAG_SECONDS = 1.0
"""Typical of a global table (DynamoDB Developer Guide, "Global tables: How it works")."""


@dataclass(frozen=True, eq=False)
class Shipment:
    """One change on its way from the store `name`, a table or a bucket (`kind`). Times are of a clock that only grows,
    in seconds; `late_after` is how long it may take, where that is agreed."""

    kind: str
    name: str
    source: str
    target: str
    written: float
    due: float
    deliver: Callable[[], None]
    late_after: float | None = None


@dataclass(eq=False)
class Transit:
    """Everything that is under way. `gather` holds what sends the newest changes before anything is delivered."""

    outages: Outages
    clock: Callable[[], float] = time.monotonic
    lag: float = USUAL_LAG_SECONDS
    gather: list[Callable[[], None]] = field(default_factory=list)
    _waiting: list[Shipment] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def send(self, shipment: Shipment) -> None:
        """Puts a change on its way."""
        with self._lock:
            self._waiting.append(shipment)

    def set_lag(self, seconds: float) -> None:
        """How long a change takes from now on. What is under way arrives no later than what is sent now."""
        with self._lock:
            self.lag = seconds
            latest = self.clock() + seconds
            self._waiting = [replace(one, due=min(one.due, latest)) for one in self._waiting]

    def settle(self) -> None:
        """Delivers what has arrived by now."""
        with self._lock:
            for gathered in self.gather:
                gathered()
            if not self._waiting:
                return
            now, waiting = self.clock(), self._waiting
            self._waiting = []
            for shipment in waiting:
                if shipment.due <= now and self._passes(shipment):
                    shipment.deliver()
                else:
                    self._waiting.append(shipment)

    def report(self) -> dict[str, Any]:
        """`lag_seconds`, and how many changes wait by store and link; of buckets, how many are late by their rule."""
        self.settle()
        now = self.clock()
        links: dict[tuple[str, str, str, str], list[Shipment]] = defaultdict(list)
        with self._lock:
            for one in self._waiting:
                links[(one.kind, one.name, one.source, one.target)].append(one)
        waiting = []
        for (kind, name, source, target), shipments in sorted(links.items()):
            entry: dict[str, Any] = {kind: name, "source": source, "target": target, "count": len(shipments)}
            if any(one.late_after is not None for one in shipments):
                entry["late"] = sum(
                    one.late_after is not None and now - one.written > one.late_after for one in shipments
                )
            waiting.append(entry)
        return {"lag_seconds": self.lag, "waiting": waiting}

    def lost_since(self, *regions: str) -> float | None:
        """When the first of these Regions was lost, by the clock; None while all are served."""
        moments = [moment for region in regions if (moment := self.outages.lost_since(region)) is not None]
        return min(moments, default=None)

    def _passes(self, shipment: Shipment) -> bool:
        """Whether the link was there when it would have arrived. Within a Region nothing is cut."""
        if shipment.source == shipment.target:
            return True
        lost = self.lost_since(shipment.source, shipment.target)
        return lost is None or shipment.due < lost
