"""Clients that enter orders at a fixed rate, repeat each until it is accepted, and enter some orders twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions import order_item
from recovery.configuration import Site
from recovery.intake import Accepted, IntakeError, InvokedIntake
from recovery.switch import HealthCheckSwitch, SwitchError
from rehearsal.drill.testbed import Testbed

ACCOUNT = "DRILL"
# Interval at which clients look up the active site. The time that resolvers cache an answer is modelled separately.
_LOOKED_AT_EVERY = 0.1
_REPEATED_SHARE = 0.1
_CANCELLED_SHARE = 0.15


@dataclass(frozen=True)
class Acceptance:
    """An answer that accepts an order.

    `accepted_at` is the clock of order intake, `answered_at` the client's clock, both in milliseconds since 1970.
    `asked` is the region that answered. `region` and `epoch` are the values in the answer.
    """

    order_id: str
    asked: str
    region: str
    epoch: int
    accepted_at: int
    answered_at: int


Route = Callable[[], Site]
NOT_ANSWERED = 0
"""The status of a call that got no answer."""


class _CountingIntake(InvokedIntake):
    """Order intake, and the status of each answer to a new order with its time (milliseconds since 1970)."""

    def __init__(self, client: Any, function: str, account_claim: str, answers: list[tuple[int, int]]) -> None:
        super().__init__(client, function, account_claim)
        self._answers = answers

    def _ask(
        self,
        method: str,
        resource: str,
        account: str | None,
        body: Mapping[str, str] | None,
        path: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        status = NOT_ANSWERED
        asked_at = time.time_ns() // 1_000_000
        try:
            status, answer = super()._ask(method, resource, account, body, path)
        finally:
            if method == "POST":
                self._answers.append((asked_at, status))
        return status, answer


class Switched:
    """Returns the site that the traffic switch selects, by the region that answers."""

    def __init__(self, testbed: Testbed) -> None:
        found = testbed.configuration
        self._sites = {"primary": found.primary, "standby": found.standby}
        self._switches = [
            HealthCheckSwitch(testbed.client("dynamodb", site.region), found.tables.control)
            for site in (found.standby, found.primary)
        ]
        self._site, self._looked_at = found.primary, 0.0

    def __call__(self) -> Site:
        if time.monotonic() - self._looked_at >= _LOOKED_AT_EVERY:
            for switch in self._switches:
                with suppress(SwitchError):
                    self._site = self._sites[switch.state()]
                    self._looked_at = time.monotonic()
                    break
        return self._site


class Traffic:
    """A client that enters `rate` orders per second at the site that `route` returns, outside every region or `inside`
    one."""

    def __init__(
        self, testbed: Testbed, name: str, rate: float, route: Route, seed: int, inside: str | None = None
    ) -> None:
        self._testbed = testbed
        self._name = name
        self._rate = rate
        self._route = route
        self._inside = inside
        self._random = random.Random(seed)
        self._intakes: dict[str, InvokedIntake] = {}
        self._open: list[str] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._number = 0
        self._answers: list[tuple[int, int]] = []
        self.entered = 0
        self.acceptances: list[Acceptance] = []
        self.cancelled: set[str] = set()
        """Ids of orders whose cancel request was accepted."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop new orders and wait for the pending answer."""
        self._ended.set()
        self._thread.join()

    def accepted_in(self, region: str) -> int:
        """Return the number of accepting answers from a region."""
        return sum(acceptance.region == region for acceptance in list(self.acceptances))

    def statuses(self, since: int) -> dict[int, int]:
        """Return the numbers of answers by status, for orders entered since a time (milliseconds since 1970)."""
        return dict(Counter(status for asked_at, status in list(self._answers) if asked_at >= since))

    @property
    def unanswered(self) -> list[str]:
        """Return orders that are not accepted yet."""
        return list(self._open)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._ended.is_set():
            self._number += 1
            self.entered += 1
            self._open.append(f"{self._name}-{self._number}")
            # Oldest first, in the order of the client's requests.
            for client_order_id in self._open[:_AT_A_TIME]:
                if not self._enter(client_order_id):
                    break
            due = max(due + 1 / self._rate, time.monotonic())
            self._ended.wait(max(0.0, due - time.monotonic()))

    def _enter(self, client_order_id: str) -> bool:
        """Enter an order; return whether it was accepted. Sometimes repeat an accepted order, as a client that lost the
        answer."""
        site = self._route()
        accepted = self._asked(site, client_order_id)
        if accepted is None:
            return False
        self._open.remove(client_order_id)
        if self._random.random() < _REPEATED_SHARE:
            self._asked(site, client_order_id)
        if self._random.random() < _CANCELLED_SHARE:
            self._cancel(site, client_order_id)
        return True

    def _cancel(self, site: Site, client_order_id: str) -> None:
        """Send a cancel request once: without an answer the client has no acknowledgement."""
        with suppress(IntakeError):
            if self._intake(site).cancel(ACCOUNT, client_order_id):
                self.cancelled.add(order_item.order_id(ACCOUNT, client_order_id))

    def _asked(self, site: Site, client_order_id: str) -> Accepted | None:
        try:
            accepted = self._intake(site).enter(ACCOUNT, _order(client_order_id))
        except IntakeError:
            return None
        if accepted is not None:
            self.acceptances.append(_acceptance(accepted, site.region))
        return accepted

    def _intake(self, site: Site) -> InvokedIntake:
        if site.region not in self._intakes:
            client = self._testbed.client("lambda", site.region, self._inside)
            claim = self._testbed.configuration.account_claim
            self._intakes[site.region] = _CountingIntake(client, site.order_intake, claim, self._answers)
        return self._intakes[site.region]


_AT_A_TIME = 4


def _order(client_order_id: str) -> dict[str, str]:
    return {
        "client_order_id": client_order_id,
        "instrument": "XYZ",
        "side": "BUY",
        "type": "LIMIT",
        "quantity": "1",
        "limit_price": "10.5",
        "time_in_force": "DAY",
    }


def _acceptance(accepted: Accepted, asked: str) -> Acceptance:
    return Acceptance(
        order_item.order_id(ACCOUNT, accepted.client_order_id),
        asked,
        accepted.region,
        accepted.epoch,
        round(datetime.fromisoformat(accepted.accepted_at).timestamp() * 1000),
        time.time_ns() // 1_000_000,
    )


def stored(client: Any, table: str) -> dict[str, order_item.Item]:
    """Return every order of a region's table, by id."""
    found: dict[str, order_item.Item] = {}
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for attributes in page["Items"]:
            if order_item.is_cancellation(attributes):
                continue
            item = order_item.from_attributes(attributes)
            found[item["order_id"]] = item
    return found
