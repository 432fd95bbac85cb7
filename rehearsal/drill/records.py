"""Records that clients write while orders flow: objects of a bucket with replication in both directions."""

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
from rehearsal.drill import audit
from rehearsal.drill.audit import ObjectFindings, WrittenRecord
from rehearsal.drill.orders import Route, Switched
from rehearsal.drill.testbed import Testbed, wait_until

RATE = 2.0
"""Records per second: some are in replication at any moment, and the load does not delay orders."""
_ARRIVED_SECONDS = 60.0
# A few hundred objects at most.
_LIMITS = Limits(depth=6, lag_milliseconds=0, max_listed=10_000)


class Writer:
    """Writes `RATE` records per second to the bucket of the site that `route` returns, outside every region or `inside`
    one.

    It does not repeat a record without a confirmation; it writes the next one.
    """

    def __init__(
        self, testbed: Testbed, buckets: dict[str, str], prefix: str, route: Route, inside: str | None = None
    ) -> None:
        self._testbed = testbed
        self._buckets = buckets
        self._prefix = prefix
        self._route = route
        self._inside = inside
        self._clients: dict[str, Any] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.written: list[WrittenRecord] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Wait for the pending answer, if the writer was started."""
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
                self.written.append(WrittenRecord(key, site.region, time.time_ns() // 1_000_000))

    def _client(self, site: Site) -> Any:
        if site.region not in self._clients:
            self._clients[site.region] = self._testbed.client("s3", site.region, self._inside)
        return self._clients[site.region]


class Records:
    """The records of one drill, under the prefix `drill/NAME/`.

    Clients that follow the traffic switch write some of them; an isolated primary writes the others.
    """

    def __init__(self, testbed: Testbed, name: str) -> None:
        self._testbed = testbed
        self._prefix = f"drill/{name}/"
        self._buckets = buckets(testbed)
        primary = testbed.configuration.primary
        self.outside = Writer(testbed, self._buckets, f"{self._prefix}o", Switched(testbed))
        self.inside = Writer(testbed, self._buckets, f"{self._prefix}i", lambda: primary, inside=primary.region)
        self._before: list[WrittenRecord] = []
        self._known: set[str] = set()

    @property
    def written(self) -> list[WrittenRecord]:
        """Return the confirmed records so far."""
        return [*self.outside.written, *self.inside.written]

    def await_written(self, count: int) -> None:
        """Wait until the primary's bucket has this number of records."""
        wait_until(lambda: len(self._of_primary()) >= count, what=f"{count} records", within=_ARRIVED_SECONDS)

    def record_arrivals(self, *, links_up: bool) -> None:
        """Record which objects of the primary the new region has. With working links, wait for objects in replication
        first."""
        self._before = self._of_primary()
        self._known = self._listed(self._testbed.configuration.standby)
        if links_up:
            # Objects that have not arrived by then are lost, and the findings name them.
            with suppress(TimeoutError):
                wait_until(self._all_arrived, what="the primary's records", within=_ARRIVED_SECONDS)

    def findings(self, lost_at: int | None, lag: float) -> ObjectFindings:
        """Return the findings after both regions serve again and replication is complete.

        `lost_at` is the time of the loss (milliseconds since 1970); `lag` is in seconds. Raises SideUnavailableError if
        a bucket cannot be read.
        """
        lost = audit.lost_objects(self._before, self._known)
        configuration = self._testbed.configuration
        in_both = self._listed(configuration.primary) & self._listed(configuration.standby)
        compared = self._compared()
        return ObjectFindings(
            written=len(self.written),
            lost=tuple(lost),
            lost_too_early=tuple(audit.objects_lost_too_early(self.written, lost, lost_at, lag * 1000)),
            missing=tuple(sorted({one.key for one in self.written} - in_both)),
            compared=compared.primary_entries,
            differing=tuple(sorted(compared.differences)),
        )

    def _of_primary(self) -> list[WrittenRecord]:
        region = self._testbed.configuration.primary.region
        return [one for one in self.written if one.region == region]

    def _all_arrived(self) -> bool:
        self._known = self._listed(self._testbed.configuration.standby)
        return not audit.lost_objects(self._before, self._known)

    def _listed(self, site: Site) -> set[str]:
        pages = self._testbed.client("s3", site.region).get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self._buckets[site.region], Prefix=self._prefix)
        return {listed["Key"] for page in found for listed in page.get("Contents", [])}

    def _compared(self) -> Comparison:
        """Compare the records of both regions with the platform's integrity check."""
        configuration = self._testbed.configuration
        primary, standby = (
            BucketSide(self._testbed.client("s3", site.region), site.region, self._buckets[site.region], self._prefix)
            for site in (configuration.primary, configuration.standby)
        )
        return Comparer(system_clock, time.sleep, lambda _seconds: False).run(primary, standby, _LIMITS)


def buckets(testbed: Testbed) -> dict[str, str]:
    """Return the first pair of buckets that the integrity check compares, by region. Raises LookupError if there is
    none."""
    found = testbed.configuration
    compared = json.loads(testbed.variables(found.standby, found.standby.integrity)["COMPARISONS"])
    pair = _first_pair(compared)
    return {found.primary.region: pair["bucket"], found.standby.region: pair["replica"]}


def _first_pair(compared: Iterable[dict[str, Any]]) -> dict[str, Any]:
    for entry in compared:
        if "bucket" in entry:
            return entry
    raise LookupError("the integrity check compares no buckets, so the drill cannot compare records")
