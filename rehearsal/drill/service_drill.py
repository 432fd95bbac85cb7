"""A drill in which one service of one region fails: what orders get, who votes, and what a failover or waiting brings.

The checks of a drill with a lost region apply to a failover. After waiting, every confirmed order must be in the
primary's stream, and the primary's engine must have taken or cancelled it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from aws_emulator.service_failures import Plane
from components.settings.recovery import RecoverySettings
from functions import order_item
from functions.clock import system_clock
from functions.observer.observations import ObservationError, stale_for
from functions.order_item import Item
from recovery import lease
from recovery.errors import StepFailedError
from recovery.intake import IntakeError
from rehearsal.drill import audit
from rehearsal.drill.drill import Drill, beside
from rehearsal.drill.operator import Command, Finished
from rehearsal.drill.orders import NOT_ANSWERED, Traffic, stored
from rehearsal.drill.scenario import Loss, Scenario, Second
from rehearsal.drill.service_scenarios import STALE, UNANSWERED, UNSEEN, ServiceScenario, Way
from rehearsal.drill.stream import published
from rehearsal.drill.testbed import Testbed, wait_until

_LAG, _RATE, _FIRST = 0.5, 5.0, 15
_STALE_SECONDS = 5.0
"""Age of a stale lease in a drill. The stacks' `leaseStaleSeconds` is longer, as their lease is."""
_OBSERVED_EVERY = 1.0
_IN_A_ROW = RecoverySettings.model_fields["failover_observations"].default
"""Observations in a row that make a vote (`failoverObservations`). A drill observes each second, AWS each minute."""
_WATCHED_SECONDS = 12.0
_VOTED_WITHIN = 60.0
_STATUSES = 3
"""Answers to orders that a drill waits for, at least."""
_CLOSED_SECONDS = 90.0
_LASTS_SECONDS = 20.0
"""Time from the first orders in the recovery region until its service works again, unless the run has ended."""

_CONTROL_CALLS = {
    "dynamodb": "list_tables",
    "kinesis": "list_streams",
    "lambda": "list_functions",
    "ec2": "describe_vpcs",
    "autoscaling": "describe_auto_scaling_groups",
    "rds": "describe_db_instances",
    "kms": "list_keys",
    "sts": "get_caller_identity",
}
"""A call of the control plane without arguments, by service."""


@dataclass
class ServiceResult:
    """Result of the drill of a scenario. `counts` are the numbers of answers to orders by status while the service
    failed."""

    scenario: ServiceScenario
    accepted: int
    counts: Mapping[int, int]
    votes: frozenset[str]
    problems: list[str]
    seconds: float
    recovery_seconds: float | None = None

    def shown(self) -> str:
        """Return one line about the drill."""
        answers = ", ".join(f"{count} x {status or 'no answer'}" for status, count in sorted(self.counts.items()))
        recovered = "" if self.recovery_seconds is None else f"; first order {self.recovery_seconds:.1f} s"
        return (
            f"{self.scenario.name}: {answers or 'no order meanwhile'}; votes: {', '.join(sorted(self.votes)) or 'none'}"
            f"{recovered}; {self.accepted} accepted: {'; '.join(self.problems) or 'passed'}"
        )


@dataclass
class ServiceDrill(Drill):
    """Runs a scenario of `service_scenarios`. The primary holds the lease before and after it."""

    service: ServiceScenario = field(kw_only=True)
    counts: dict[int, int] = field(default_factory=dict)
    votes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, testbed: Testbed, service: ServiceScenario, folder: Path, seed: int = 0) -> ServiceDrill:
        """Return the drill of a scenario; `seed` selects which orders are repeated and cancelled."""
        wanted = Scenario(seed, Loss.DEAD, Second.NOTHING, _FIRST, _LAG, _RATE, kill_at=None, fault=None)
        return cls(testbed, wanted, folder, service=service)

    def play(self) -> ServiceResult:
        """Run the drill. Raises OperatorError and TimeoutError if it cannot continue."""
        began = time.monotonic()
        try:
            if self.service.way is Way.WAIT:
                return self._wait(began)
            result = self.run()
        finally:
            self.testbed.server.mend_services()
        problems = [*result.problems, *self._unexpected()]
        if self.service.resumed and not self.operator.resumptions and self.service.parts[0].service == "rds":
            problems.append("no step of the failover failed")
        if not self.service.resumed and self.operator.resumptions:
            problems.append(f"{self.operator.resumptions} steps of the failover failed")
        return ServiceResult(
            self.service,
            result.findings.accepted,
            self.counts,
            self.votes,
            problems,
            time.monotonic() - began,
            result.recovery_seconds,
        )

    def _wait(self, began: float) -> ServiceResult:
        """Let the service fail and work again: the primary keeps the lease."""
        outside, _ = self._start_clients()
        with self._schedule(), self._run_engines():
            with self._running(outside):
                self._await_orders(outside, self._primary, _FIRST)
                self._fail_services(self._primary.region)
                self._watch(outside)
                self.testbed.server.mend_services()
                self._mark("services work")
                self._await_orders(outside, self._primary, outside.accepted_in(self._primary.region) + _FIRST)
            self._drain([outside])
            open_orders = self._await_closed(outside)
        problems = [*self._unexpected(), *self._lost(outside, open_orders)]
        ids = {one.order_id for one in outside.acceptances}
        return ServiceResult(self.service, len(ids), self.counts, self.votes, problems, time.monotonic() - began)

    def _await_closed(self, outside: Traffic) -> list[str]:
        """Wait until the primary's engine has handled every order; return the orders that are open after the limit."""
        left = list[str]()

        def closed() -> bool:
            items = stored(self._tables(self._primary), self._orders)
            ids = {one.order_id for one in outside.acceptances}
            left[:] = sorted(one for one in ids if items.get(one, {}).get("status") in (None, *order_item.OPEN))
            return not left

        try:
            wait_until(closed, what="closed orders", within=_CLOSED_SECONDS)
        except TimeoutError:
            return left
        return []

    def _lost(self, outside: Traffic, open_orders: list[str]) -> list[str]:
        """Return the reasons why the primary did not handle each order once."""
        held = lease.read(self._tables(self._standby), self.testbed.configuration.tables.control)
        items = stored(self._tables(self._primary), self._orders)
        ids, found = {one.order_id for one in outside.acceptances}, list[str]()
        if held is None or (held.holder, held.epoch) != (self._primary.region, self.handovers[0].epoch):
            found.append(f"the lease did not stay where it was: {held}")
        for what, orders in (
            (
                "were confirmed and are in no stream of the primary",
                ids - published(self.testbed, self.marks[0].at, (self._primary,)),
            ),
            ("were confirmed twice with different answers", set(audit.duplicates(outside.acceptances, []))),
            ("were confirmed and not handled by an engine", set(open_orders)),
            ("were traded in the recovery region", self.engines[self._standby.region].traded),
            ("were cancelled, and the cancellation was undone", set(audit.undone(outside.cancelled, items, ()))),
            (
                "were accepted by a region without the lease",
                set(audit.accepted_outside(outside.acceptances, self.handovers)),
            ),
        ):
            if orders:
                found.append(f"{len(orders)} orders {what}: {', '.join(sorted(orders)[:5])}")
        return found

    def _take_primary_away(self) -> float:
        """Let the service fail, or lose the primary as a whole; return the seconds until enough observers vote."""
        began = time.monotonic()
        if self.service.way is Way.FAILOVER_INTO_FAILURE:
            detection = super()._take_primary_away()
            self._fail_services(self._standby.region)
            return detection
        self.lost_at = system_clock()
        self._fail_services(self._primary.region)
        self._watch(self.flows[0], until=self.service.votes)
        self._mark("detected")
        return time.monotonic() - began

    def _fail_services(self, region: str) -> None:
        for part in self.service.parts:
            self.testbed.server.fail_service(part.at(region))
            if part.plane is Plane.CONTROL:
                # Nothing else may need the control plane, so the drill proves that it fails.
                self._require_failure(part.service, region)
        self._mark(f"{self.service.name} in {region}")

    def _require_failure(self, service: str, region: str) -> None:
        """Raise TimeoutError if the control plane of a service answers."""
        with suppress(BotoCoreError, ClientError):
            getattr(self.testbed.client(service, region), _CONTROL_CALLS[service])()
            raise TimeoutError(f"{service} in {region} answers, although its control plane should fail")

    def _confirm(self, commands: list[Command]) -> Finished:
        """Fail over. A failure of the recovery region ends before the run is resumed."""
        if self.service.way is not Way.FAILOVER_INTO_FAILURE:
            return super()._confirm(commands)
        (command,) = commands
        command.confirm(f"{self.scenario.verb} {self._standby.region}")
        with self._mending():
            finished = command.wait(self.run_seconds)
        if finished.code not in (0, StepFailedError.exit_code):
            finished.require_done()
        return self.operator.resume_until_done(finished, self.run_seconds)

    @contextmanager
    def _mending(self) -> Iterator[None]:
        """Let the service of the recovery region work again some time after its first orders, or at the end."""

        def mend(ended: threading.Event) -> None:
            while not ended.wait(0.2):
                if self.flows[0].accepted_in(self._standby.region) >= _STATUSES:
                    ended.wait(_LASTS_SECONDS)
                    break
            self.testbed.server.mend_services()

        with beside(mend):
            yield

    def _fail_back(self, outside: Traffic) -> tuple[Finished, dict[str, Item]]:
        self.testbed.server.mend_services()
        return super()._fail_back(outside)

    def _watch(self, outside: Traffic, until: frozenset[str] = frozenset()) -> None:
        """Observe the primary for `_WATCHED_SECONDS`, and longer until the observers of `until` vote. Count the answers
        to orders once the failure has lasted longer than the lease."""
        began, lease_ends = time.monotonic(), self.testbed.configuration.timing.lease / 1000
        row: dict[str, int] = {}
        since: int | None = None
        while True:
            time.sleep(_OBSERVED_EVERY)
            for name, missing in self._observed().items():
                row[name] = row.get(name, 0) + 1 if missing else 0
            votes = frozenset(name for name, count in row.items() if count >= _IN_A_ROW)
            self.votes = votes if until else self.votes | votes
            passed = time.monotonic() - began
            if since is None and passed > lease_ends + 1:
                since = system_clock()
            self.counts = outside.statuses(since) if since is not None else {}
            enough = sum(self.counts.values()) >= _STATUSES and self.votes >= until
            if passed > _VOTED_WITHIN or (passed > _WATCHED_SECONDS and enough):
                return

    def _observed(self) -> Mapping[str, bool]:
        """Return which observers miss the primary now. Health checkers are modelled as a caller of `/health`."""
        try:
            self._intake(self._primary).health()
            missing = False
        except IntakeError:
            missing = True
        control = self.testbed.configuration.tables.control
        try:
            stale = stale_for(self._tables(self._standby), control, self._primary.region, system_clock)
        except ObservationError:
            stale = 0.0
        return {UNANSWERED: missing, UNSEEN: missing, STALE: stale > _STALE_SECONDS}

    def _unexpected(self) -> list[str]:
        """Return the differences from the scenario's statuses and votes, and parts that struck no call."""
        found, wanted = [], self.service
        if wanted.way is not Way.FAILOVER_INTO_FAILURE:
            answered = {status for status in self.counts if status != NOT_ANSWERED}
            if answered - wanted.statuses or wanted.certain - answered:
                found.append(f"orders got {sorted(answered)}, not {sorted(wanted.statuses)}")
            if self.votes != wanted.votes:
                found.append(f"votes of {sorted(self.votes)}, not of {sorted(wanted.votes)}")
        struck = {entry["service"] for entry in self.testbed.server.service_failures()["struck"]}
        if not struck & {part.service for part in wanted.parts}:
            found.append("no call was struck")
        return found
