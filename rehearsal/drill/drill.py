"""One drill: loss of the primary, takeover, return of the primary, reconciliation, failback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions import order_item
from functions.order_item import Item
from recovery import lease, named_orders
from recovery.configuration import Site
from recovery.errors import LockHeldError, NotReadyError, UnfinishedRunError
from recovery.intake import IntakeError, InvokedIntake
from recovery.journal import Journal, Kind
from recovery.steps.republish import RepublishOrders, RestoreCancellations
from recovery.steps.step import Stage
from rehearsal.drill import audit, promotion
from rehearsal.drill.audit import Findings, Handover
from rehearsal.drill.engines import Engine
from rehearsal.drill.operator import Command, Finished, Operator
from rehearsal.drill.orders import Acceptance, Switched, Traffic, stored
from rehearsal.drill.records import Records
from rehearsal.drill.result import DECIDED, Mark, Result, Span
from rehearsal.drill.scenario import Loss, Scenario, Second
from rehearsal.drill.stream import published
from rehearsal.drill.testbed import Testbed, wait_until

# Time limits for a busy machine. An idle machine needs seconds.
_RUN_SECONDS = 420.0
_ORDERS_SECONDS = 120.0
_OBSERVED_EVERY = 0.1
_MISSED_IN_A_ROW = 2
# Interval of the redrive schedule in a drill. The stacks use one minute.
_SWEPT_EVERY = 5.0
_REFUSALS = {error.exit_code for error in (LockHeldError, UnfinishedRunError, NotReadyError)}
_DRAINED_SECONDS = 90.0
_AFTERWARDS = 10
"""Number of orders that the new region accepts before a drill continues."""


_WRITTEN_FIRST = 3
"""Number of records in the primary's bucket before the drill takes the primary away."""


class Flow(Protocol):
    """A background activity that enters orders or writes records between `start` and `stop`."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Drill:
    """Runs one scenario on a testbed. The primary holds the lease before and after the run."""

    testbed: Testbed
    scenario: Scenario
    folder: Path
    marks: list[Mark] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    refused: str | None = None
    resumed: bool = False
    lost_at: int | None = None
    growth: str = "true"
    run_seconds: float = _RUN_SECONDS
    received: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    republished: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    engines: dict[str, Engine] = field(default_factory=dict)
    """Engines by region."""
    flows: list[Traffic] = field(default_factory=list)
    """Clients of this drill outside every region and inside the primary. The drill starts them."""

    def run(self) -> Result:
        """Run the drill. Raises OperatorError and TimeoutError if the drill cannot continue."""
        began = time.monotonic()
        outside, inside = self._start_clients()
        with self._schedule(), self._run_engines():
            with self._running(outside), self._running(self.records.outside):
                takeover, spans, detection = self._take_over(outside, inside)
                known = stored(self._tables(self._standby), self._orders)
                self.records.record_arrivals(links_up=self.scenario.loss is Loss.PLANNED)
                self._record_received(takeover, known)
                failback, old = self._fail_back(outside)
            waiting = self._drain([outside, inside])
        result = self._judge(takeover, failback, [outside, inside], known, old, detection, spans, began)
        result.waiting = waiting
        result.problems = problems_of(result)
        return result

    def _start_clients(self) -> tuple[Traffic, Traffic]:
        """Create the operator, the records and the clients outside every region and inside the primary, before any
        order flows."""
        self.operator = Operator(self.testbed, self.folder, self.growth)
        self.testbed.server.set_lag(self.scenario.lag)
        self._record_lease()
        name = f"d{self.scenario.seed}-{time.time_ns() // 1_000_000 % 100_000_000}"
        outside = Traffic(self.testbed, name, self.scenario.rate, Switched(self.testbed), self.scenario.seed)
        primary = self._primary
        inside = Traffic(self.testbed, f"{name}i", 5.0, lambda: primary, self.scenario.seed, inside=primary.region)
        self.records, self._promoted = Records(self.testbed, name), promotion.count(self.testbed)
        self.flows = [outside, inside]
        return outside, inside

    def _take_over(self, outside: Traffic, inside: Traffic) -> tuple[Finished, list[Span], float | None]:
        """Take the primary away and take over, until the new region has accepted some orders."""
        commands = self._start_commands()
        self._await_orders(outside, self._primary, self.scenario.accepted_first)
        self.records.await_written(_WRITTEN_FIRST)
        detection = None
        with ExitStack() as cut_off:
            if self.scenario.loss is Loss.CUT_OFF:
                cut_off.enter_context(self._running(inside))
                cut_off.enter_context(self._running(self.records.inside))
                self._await_orders(inside, self._primary, 2)
            if self.scenario.loss is not Loss.PLANNED:
                detection = self._take_primary_away()
            if self.scenario.fault:
                self.testbed.server.inject(self.scenario.fault)
            self._mark(DECIDED)
            finished = self._confirm(commands)
            spans = self._spans()
            self._record_handover(finished)
            self.testbed.server.clear_faults()
            self._await_orders(outside, self._standby, _AFTERWARDS)
        return finished, spans, detection

    def _take_primary_away(self) -> float:
        """Take the primary region away; return the seconds until the detection."""
        self._mark(f"{self._primary.region} {self.scenario.loss}")
        self.lost_at = self.marks[-1].at
        self.testbed.server.set_outage(self._primary.region, self.scenario.loss.value)
        detection = self._detection_seconds()
        self._mark("detected")
        return detection

    def _fail_back(self, outside: Traffic) -> tuple[Finished, dict[str, Item]]:
        """Restore the primary: make its stores replicas, reconcile its orders, and fail back to it."""
        testbed = self.testbed
        testbed.server.restore(self._primary.region)
        self._mark(f"{self._primary.region} back")
        self._await_replication()
        old = stored(self._tables(self._primary), self._orders)
        testbed.server.set_replica_roles(testbed.replica_roles(self._standby, self._primary))
        finished = self.operator.run("failback", "--yes", seconds=self.run_seconds)
        finished = self.operator.resume_until_done(finished, self.run_seconds)
        self._record_handover(finished)
        self._await_orders(outside, self._primary, outside.accepted_in(self._primary.region) + _AFTERWARDS)
        testbed.server.set_replica_roles(testbed.replica_roles(self._primary, self._standby))
        return finished, old

    def _start_commands(self) -> list[Command]:
        """Start the operators: they have typed the command and not confirmed it."""
        # Health checkers and observers send a request every few seconds, and the schedule runs each minute. So the
        # processes of the functions already run. A process that starts now would block the whole in-memory AWS for a
        # second.
        with suppress(IntakeError):
            self._intake(self._standby).health()
        for site in (self._primary, self._standby):
            self._invoke_redrive(site)
        count = 2 if self.scenario.second is Second.TWO_OPERATORS else 1
        commands = [self.operator.begin(self.scenario.verb, kill_at=self.scenario.kill_at) for _ in range(count)]
        for command in commands:
            command.await_question()
        return commands

    def _confirm(self, commands: list[Command]) -> Finished:
        for command in commands:
            command.confirm(f"{self.scenario.verb} {self._standby.region}")
        ended = [command.wait(self.run_seconds) for command in commands]
        if self.scenario.kill_at and commands[0].killed:
            self._mark(f"operator killed at {self.scenario.kill_at}")
            self.resumed = True
            resumed = self.operator.run("resume", seconds=self.run_seconds)
            return self.operator.resume_until_done(resumed, self.run_seconds)
        refused = [finished for finished in ended if finished.code in _REFUSALS]
        carried = [finished for finished in ended if finished not in refused]
        if len(commands) > 1 and refused:
            self.refused = str(refused[0].document.get("error", refused[0].code))
        return self.operator.resume_until_done((carried or refused)[0], self.run_seconds)

    def _detection_seconds(self) -> float:
        """Return the seconds until enough consecutive requests to the primary's order intake failed, seen from
        outside."""
        began, missed = time.monotonic(), 0
        intake = self._intake(self._primary)
        while missed < _MISSED_IN_A_ROW:
            time.sleep(_OBSERVED_EVERY)
            try:
                intake.health()
                missed = 0
            except IntakeError:
                missed += 1
        return time.monotonic() - began

    def _judge(
        self,
        takeover: Finished,
        failback: Finished,
        traffics: list[Traffic],
        known: dict[str, Item],
        old: dict[str, Item],
        detection: float | None,
        spans: list[Span],
        began: float,
    ) -> Result:
        acceptances = [acceptance for traffic in traffics for acceptance in traffic.acceptances]
        old_epoch = self.handovers[0].epoch
        lost = audit.lost_orders(acceptances, old_epoch, known)
        unknown = audit.unknown_orders(old, old_epoch, known)
        named = self._named_orders(failback, "reconcile-orders")
        reentered = {order for order in named if known.get(order, {}).get("epoch", 0) > old_epoch}
        accounted = named | self.held
        reported = self.republished | self.held | named
        reported |= self._named_orders(failback, RestoreCancellations.name) | self._named_orders(
            failback, RepublishOrders.name
        )
        in_both = published(self.testbed, self.marks[0].at, (self._primary,)) & self.received
        twice = {order for order in in_both if order in {one.order_id for one in acceptances}}
        traded_twice = set.intersection(*(engine.traded for engine in self.engines.values()))
        cancelled = set[str]().union(*(traffic.cancelled for traffic in traffics))
        if self.scenario.loss is Loss.PLANNED:
            unknown, named, reentered = [], set(), set()
        at_the_end = stored(self._tables(self._primary), self._orders)
        ids = {acceptance.order_id for acceptance in acceptances}
        findings = Findings(
            accepted=len(ids),
            lost=tuple(lost),
            lost_too_early=tuple(self._lost_too_early(acceptances, lost)),
            unnamed=tuple(sorted((set(unknown) | set(lost)) - named)),
            misnamed=tuple(sorted(named - set(unknown) - reentered)),
            duplicates=tuple(audit.duplicates(acceptances, lost)),
            max_writers_per_epoch=max(map(len, audit.writers_per_epoch(acceptances).values()), default=0),
            at_one_time=tuple(audit.accepted_outside(acceptances, self.handovers)),
            unpublished=tuple(sorted(ids - self._published())),
            missing=tuple(sorted(ids - set(at_the_end))),
            unaccounted=tuple(audit.unaccounted(acceptances, old_epoch, self.received | self.closed, accounted)),
            twice=tuple(sorted(twice)),
            traded_twice=tuple(sorted(traded_twice)),
            twice_unnamed=tuple(sorted((self._twice_before(acceptances, old_epoch, twice) | traded_twice) - reported)),
            cancelled=len(cancelled),
            undone=tuple(audit.undone(cancelled, at_the_end, reported)),
        )
        result = self._measure(takeover, findings, detection, spans, began)
        result.integrity, result.acceptances = failback.facts("compare-orders"), acceptances
        return result

    def _measure(
        self, takeover: Finished, findings: Findings, detection: float | None, spans: list[Span], began: float
    ) -> Result:
        document = takeover.document
        gap = {entry["name"]: entry["seconds"] for entry in document["steps"] if entry["stage"] == Stage.GAP}
        return Result(
            self.scenario,
            float(document["recovery_seconds"]),
            float(document["lease_seconds"] or 0.0),
            gap,
            detection,
            findings,
            self.resumed,
            self.refused,
            {},
            self.marks,
            spans,
            strong=self.testbed.strong,
            resumptions=self.operator.resumptions,
            seconds=time.monotonic() - began,
            objects=self.records.findings(self.lost_at, self.scenario.lag),
            promotion=promotion.of(self.testbed, self._standby, self._promoted),
        )

    def _record_received(self, takeover: Finished, known: Mapping[str, Item]) -> None:
        """Record which orders a consumer in the new region received, or has as closed, while the primary was lost."""
        self.received = published(self.testbed, self.marks[0].at, (self._standby,))
        self.closed = {order for order, item in known.items() if item["status"] not in order_item.OPEN}
        self.republished = self._named_orders(takeover, RepublishOrders.name, "republished")
        self.held = self._named_orders(takeover, RepublishOrders.name, "held")

    def _named_orders(self, finished: Finished, step: str, became: str | None = None) -> set[str]:
        """Return every order that a step of a run names, including the orders that its report shortens."""
        parts = int(finished.facts(step).get("parts", 0))
        control = self.testbed.configuration.tables.control
        entries = named_orders.read(self._tables(self._standby), control, finished.document["run"], step, parts)
        return {entry["order_id"] for entry in entries if became in (None, entry.get("became"))}

    def _twice_before(self, acceptances: list[Acceptance], old_epoch: int, twice: set[str]) -> set[str]:
        """Return orders of the old epoch that consumers of both regions received, without those that failback published
        again."""
        return twice & {one.order_id for one in acceptances if one.epoch <= old_epoch}

    def _lost_too_early(self, acceptances: list[Acceptance], lost: list[str]) -> list[str]:
        if self.lost_at is None:
            return []
        return audit.lost_too_early(acceptances, lost, self.lost_at, self.scenario.lag * 1000)

    @property
    def _primary(self) -> Site:
        return self.testbed.configuration.primary

    @property
    def _standby(self) -> Site:
        return self.testbed.configuration.standby

    @property
    def _orders(self) -> str:
        return self.testbed.configuration.tables.orders

    def _intake(self, site: Site) -> InvokedIntake:
        """Return the client of a site's order intake, outside every region."""
        client = self.testbed.client("lambda", site.region)
        return InvokedIntake(client, site.order_intake, self.testbed.configuration.account_claim)

    def _tables(self, site: Site) -> Any:
        return self.testbed.client("dynamodb", site.region)

    def _mark(self, what: str) -> None:
        self.marks.append(Mark(time.time_ns() // 1_000_000, what))

    def _record_lease(self) -> None:
        found = lease.read(self._tables(self._standby), self.testbed.configuration.tables.control)
        if found is None or found.holder != self._primary.region:
            raise TimeoutError(f"a drill needs the lease in {self._primary.region}, but the lease is {found}")
        self.handovers.append(Handover(found.holder, found.epoch, found.valid_from))
        self._mark("begin")

    def _record_handover(self, finished: Finished) -> None:
        for step in ("quiesce", "take-lease"):
            facts = finished.facts(step)
            if facts:
                self.handovers.append(Handover(facts["holder"], facts["epoch"], facts["valid_from"]))
        self._mark(f"{finished.verb} done")

    def _spans(self) -> list[Span]:
        """Return the steps of the last run, from its journal."""
        run = Journal(self._tables(self._standby), self.testbed.configuration.tables.control).tail().run
        begun: dict[str, int] = {}
        spans = []
        for entry in run.entries if run else ():
            if entry.kind == Kind.INTENT:
                begun.setdefault(entry.step, entry.at)
            elif entry.kind == Kind.RESULT:
                spans.append(Span(entry.step, begun.get(entry.step, entry.at), entry.at))
        return spans

    def _await_replication(self) -> None:
        def arrived() -> bool:
            return not self.testbed.server.replication()["waiting"]

        # While orders flow, some changes always wait for replication. The check counts only changes older than the lag.
        end = time.monotonic() + self.scenario.lag + 1.0
        wait_until(lambda: time.monotonic() > end or arrived(), what="replication", within=_ORDERS_SECONDS)

    def _drain(self, traffics: list[Traffic]) -> tuple[str, ...]:
        """Wait until accepted orders are published and replicated; return the stores that still wait after the time
        limit."""
        ids = {acceptance.order_id for traffic in traffics for acceptance in traffic.acceptances}
        end = time.monotonic() + _DRAINED_SECONDS
        while ((waiting := self._waiting_for_replication()) or ids - self._published()) and time.monotonic() < end:
            time.sleep(_SWEPT_EVERY)
        return waiting

    def _waiting_for_replication(self) -> tuple[str, ...]:
        return tuple(
            f"{entry['count']} of {entry.get('table') or entry['bucket']} to {entry['target']}"
            for entry in self.testbed.server.replication()["waiting"]
        )

    def _published(self) -> set[str]:
        return published(self.testbed, since=self.marks[0].at)

    def _await_orders(self, traffic: Traffic, site: Site, count: int) -> None:
        what = f"{count} orders accepted in {site.region}"
        wait_until(lambda: traffic.accepted_in(site.region) >= count, what=what, within=_ORDERS_SECONDS)

    @contextmanager
    def _running(self, traffic: Flow) -> Iterator[None]:
        traffic.start()
        try:
            yield
        finally:
            traffic.stop()

    @contextmanager
    def _run_engines(self) -> Iterator[None]:
        """Run engines in both regions that take orders from the streams."""
        sites = (self._primary, self._standby)
        self.engines = {site.region: Engine(self.testbed, site, self.marks[0].at) for site in sites}
        with ExitStack() as trading:
            for engine in self.engines.values():
                trading.enter_context(self._running(engine))
            yield

    @contextmanager
    def _schedule(self) -> Iterator[None]:
        """Run the redrive schedule in both regions."""

        def sweep(ended: threading.Event) -> None:
            while not ended.wait(_SWEPT_EVERY):
                for site in (self._primary, self._standby):
                    self._invoke_redrive(site)

        with beside(sweep):
            yield

    def _invoke_redrive(self, site: Site) -> None:
        # The schedule belongs to its region. Only a dead region loses it.
        if self.testbed.server.outages()["regions"].get(site.region) == Loss.DEAD:
            return
        client = self.testbed.client("lambda", site.region, inside=site.region)
        # A region that fails now loses the call. The next call follows at the next interval.
        with suppress(BotoCoreError, ClientError):
            client.invoke(FunctionName=site.redrive, Payload=json.dumps({}).encode())


@contextmanager
def beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run `work` in a thread of its own. It ends soon after the event that it is given is set."""
    ended = threading.Event()
    thread = threading.Thread(target=work, args=(ended,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def problems_of(result: Result) -> list[str]:
    """Return the reasons why a drill failed; empty if it passed."""
    found, about = [], result.findings
    found += _record_problems(result)
    if result.promotion is None:
        found.append("the replica of the database was not promoted")
    if result.scenario.loss is Loss.PLANNED and about.lost:
        found.append(f"a switchover lost {len(about.lost)} orders: {', '.join(about.lost[:5])}")
    elif result.strong and about.lost:
        found.append(f"{len(about.lost)} orders were lost from strongly consistent tables: {', '.join(about.lost[:5])}")
    for what, orders in (
        ("were older than the replication lag and were lost", about.lost_too_early),
        ("were missing at the takeover and were not named", about.unnamed),
        ("were named as unknown and were known", about.misnamed),
        ("were confirmed twice with different answers", about.duplicates),
        ("were accepted by a region without the lease", about.at_one_time),
        ("were confirmed and are in no table", about.missing),
        ("were confirmed and are in no stream", about.unpublished),
        (
            "were confirmed, did not reach a consumer of the new region, and were not named",
            about.unaccounted,
        ),
        ("were received or traded in both regions and were not named", about.twice_unnamed),
        ("were cancelled, and the cancellation was undone and not named", about.undone),
    ):
        if orders:
            found.append(f"{len(orders)} orders {what}: {', '.join(orders[:5])}")
    if result.waiting:
        found.append(f"not replicated {_DRAINED_SECONDS:g} s after the last order: {', '.join(result.waiting)}")
    if about.max_writers_per_epoch != 1:
        found.append(f"{about.max_writers_per_epoch} regions accepted orders under one epoch")
    if result.scenario.second is Second.TWO_OPERATORS and result.refused is None:
        found.append("two operators ran at once")
    if result.scenario.second is Second.KILLED and not result.resumed:
        found.append(f"the operator was not killed at {result.scenario.kill_at}")
    return found


def _record_problems(result: Result) -> list[str]:
    about, found = result.objects, []
    if result.scenario.loss is Loss.PLANNED and about.lost:
        found.append(f"a switchover lost {len(about.lost)} records: {', '.join(about.lost[:5])}")
    for what, keys in (
        ("were older than the replication lag and were lost", about.lost_too_early),
        ("were confirmed and are not in both regions", about.missing),
        ("differ between the regions", about.differing),
    ):
        if keys:
            found.append(f"{len(keys)} records {what}: {', '.join(keys[:5])}")
    if about.compared < about.written:
        found.append(f"{about.compared} records were compared, and {about.written} were written")
    return found
