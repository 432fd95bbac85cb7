"""Orders that flow, as clients enter them: at a rate, each until it is accepted, some of them twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions import order_item
from recovery.configuration import Site
from recovery.intake import Accepted, IntakeError, InvokedIntake
from recovery.switch import HealthCheckSwitch, SwitchError
from rehearsal.drill.world import World

ACCOUNT = "DRILL"
# Where clients are led is looked at this often; what resolvers keep is modelled apart.
_LOOKED_AT_EVERY = 0.1
_REPEATED_SHARE = 0.1
_CANCELLED_SHARE = 0.15


@dataclass(frozen=True)
class Acceptance:
    """An answer that accepts an order. `accepted_at` is order intake's clock, `answered_at` the client's, both in
    milliseconds since 1970; `asked` is the region that gave the answer, `region` and `epoch` those in it."""

    order_id: str
    asked: str
    region: str
    epoch: int
    accepted_at: int
    answered_at: int


Route = Callable[[], Site]


class Switched:
    """The site to which the traffic switch leads."""

    def __init__(self, world: World) -> None:
        found = world.configuration
        self._sites = {"primary": found.primary, "standby": found.standby}
        self._switch = HealthCheckSwitch(world.client("dynamodb", found.standby.region), found.tables.control)
        self._site, self._looked_at = found.primary, 0.0

    def __call__(self) -> Site:
        if time.monotonic() - self._looked_at >= _LOOKED_AT_EVERY:
            try:
                self._site = self._sites[self._switch.state()]
            except SwitchError:
                return self._site
            self._looked_at = time.monotonic()
        return self._site


class Traffic:
    """A client that enters `rate` orders a second at the site that `route` gives, from outside or `inside` a region."""

    def __init__(
        self, world: World, name: str, rate: float, route: Route, seed: int, inside: str | None = None
    ) -> None:
        self._world = world
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
        self.entered = 0
        self.acceptances: list[Acceptance] = []
        self.cancelled: set[str] = set()
        """Ids of orders whose request to cancel was accepted."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Enters no new order, and waits for the answer that is under way."""
        self._ended.set()
        self._thread.join()

    def accepted_in(self, region: str) -> int:
        """How many answers a region has given that accept."""
        return sum(acceptance.region == region for acceptance in list(self.acceptances))

    @property
    def unanswered(self) -> list[str]:
        """Orders that are not accepted yet."""
        return list(self._open)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._ended.is_set():
            self._number += 1
            self.entered += 1
            self._open.append(f"{self._name}-{self._number}")
            # The oldest first, as a client that repeats in order does.
            for client_order_id in self._open[:_AT_A_TIME]:
                if not self._enter(client_order_id):
                    break
            due = max(due + 1 / self._rate, time.monotonic())
            self._ended.wait(max(0.0, due - time.monotonic()))

    def _enter(self, client_order_id: str) -> bool:
        """Whether it was accepted; one that was is repeated now and then, as by a client that lost the answer."""
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
        """Once: a request without an answer was acknowledged to nobody."""
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
            client = self._world.client("lambda", site.region, self._inside)
            claim = self._world.configuration.account_claim
            self._intakes[site.region] = InvokedIntake(client, site.order_intake, claim)
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
    """Every order of a region's table, by id."""
    found: dict[str, order_item.Item] = {}
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for attributes in page["Items"]:
            if order_item.is_cancellation(attributes):
                continue
            item = order_item.from_attributes(attributes)
            found[item["order_id"]] = item
    return found
