"""Records that are written while orders flow: objects of a bucket that replicates to the other region, and back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.clock import system_clock
from functions.integrity.compare import Comparer, Comparison, Limits
from functions.integrity.objects import BucketSide
from recovery.configuration import Site
from rehearsal.drill import ledger
from rehearsal.drill.ledger import Filed, ObjectFindings
from rehearsal.drill.orders import Route, Switched
from rehearsal.drill.world import World, wait_until

RATE = 2.0
"""Records a second: a few are on their way at any moment, and the orders are not held up."""
_ARRIVED_SECONDS = 60.0
# Some hundred objects at most.
_LIMITS = Limits(depth=6, lag_milliseconds=0, max_listed=10_000)


class Writer:
    """Files `RATE` records a second in the bucket of the site that `route` gives, from outside or `inside` a region.
    A record that was not confirmed is not filed again: the next one is."""

    def __init__(
        self, world: World, buckets: dict[str, str], prefix: str, route: Route, inside: str | None = None
    ) -> None:
        self._world = world
        self._buckets = buckets
        self._prefix = prefix
        self._route = route
        self._inside = inside
        self._clients: dict[str, Any] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.filed: list[Filed] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits for the answer that is under way; one that was never started has none."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._ended.wait(1 / RATE):
            number += 1
            site, key = self._route(), f"{self._prefix}{number}.json"
            body = json.dumps({"record": key, "filed_in": site.region}).encode()
            with suppress(BotoCoreError, ClientError):
                self._client(site).put_object(Bucket=self._buckets[site.region], Key=key, Body=body)
                self.filed.append(Filed(key, site.region, time.time_ns() // 1_000_000))

    def _client(self, site: Site) -> Any:
        if site.region not in self._clients:
            self._clients[site.region] = self._world.client("s3", site.region, self._inside)
        return self._clients[site.region]


class Records:
    """The records of one drill, under the prefix `drill/NAME/`: those of clients who follow the traffic switch, and
    those that a primary which is cut off goes on filing."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._prefix = f"drill/{name}/"
        self._buckets = buckets(world)
        primary = world.configuration.primary
        self.outside = Writer(world, self._buckets, f"{self._prefix}o", Switched(world))
        self.inside = Writer(world, self._buckets, f"{self._prefix}i", lambda: primary, inside=primary.region)
        self._before: list[Filed] = []
        self._known: set[str] = set()

    @property
    def filed(self) -> list[Filed]:
        """What has been confirmed so far."""
        return [*self.outside.filed, *self.inside.filed]

    def await_filed(self, count: int) -> None:
        """Returns once the primary's bucket has so many records."""
        wait_until(lambda: len(self._of_primary()) >= count, what=f"{count} records", within=_ARRIVED_SECONDS)

    def note_arrived(self, *, links_stand: bool) -> None:
        """What the region that took over has of the records filed in the primary until now; where the links stand,
        what is on its way is waited for."""
        self._before = self._of_primary()
        self._known = self._listed(self._world.configuration.standby)
        if links_stand:
            # What has not come by then is lost, and the findings name it.
            with suppress(TimeoutError):
                wait_until(self._all_arrived, what="the primary's records", within=_ARRIVED_SECONDS)

    def findings(self, lost_at: int | None, lag: float) -> ObjectFindings:
        """What became of them, with both regions back and nothing on its way; `lost_at` is when the primary was lost
        (milliseconds since 1970), `lag` in seconds.

        Raises SideUnavailableError where a bucket cannot be read.
        """
        lost = ledger.lost_objects(self._before, self._known)
        configuration = self._world.configuration
        in_both = self._listed(configuration.primary) & self._listed(configuration.standby)
        compared = self._compared()
        return ObjectFindings(
            written=len(self.filed),
            lost=tuple(lost),
            lost_too_early=tuple(ledger.objects_lost_too_early(self.filed, lost, lost_at, lag * 1000)),
            missing=tuple(sorted({one.key for one in self.filed} - in_both)),
            compared=compared.primary_entries,
            differing=tuple(sorted(compared.differences)),
        )

    def _of_primary(self) -> list[Filed]:
        region = self._world.configuration.primary.region
        return [one for one in self.filed if one.region == region]

    def _all_arrived(self) -> bool:
        self._known = self._listed(self._world.configuration.standby)
        return not ledger.lost_objects(self._before, self._known)

    def _listed(self, site: Site) -> set[str]:
        pages = self._world.client("s3", site.region).get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self._buckets[site.region], Prefix=self._prefix)
        return {listed["Key"] for page in found for listed in page.get("Contents", [])}

    def _compared(self) -> Comparison:
        """Both regions' records, as the platform's integrity check compares them."""
        configuration = self._world.configuration
        primary, standby = (
            BucketSide(self._world.client("s3", site.region), site.region, self._buckets[site.region], self._prefix)
            for site in (configuration.primary, configuration.standby)
        )
        return Comparer(system_clock, time.sleep, lambda _seconds: False).run(primary, standby, _LIMITS)


def buckets(world: World) -> dict[str, str]:
    """The first pair of buckets that the integrity check compares, by region.

    Raises LookupError where it compares none.
    """
    found = world.configuration
    compared = json.loads(world.variables(found.standby, found.standby.integrity)["COMPARISONS"])
    pair = _first_pair(compared)
    return {found.primary.region: pair["bucket"], found.standby.region: pair["replica"]}


def _first_pair(compared: Iterable[dict[str, Any]]) -> dict[str, Any]:
    for entry in compared:
        if "bucket" in entry:
            return entry
    raise LookupError("the integrity check compares no buckets, so no records can be followed")
