"""One drill, from flowing orders to flowing orders: loss, takeover, return, reconciliation, failback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions import order_item
from functions.order_item import Item
from recovery import lease
from recovery import named as named_orders
from recovery.configuration import Site
from recovery.errors import LockHeldError, NotReadyError, UnfinishedRunError
from recovery.intake import IntakeError, InvokedIntake
from recovery.journal import Journal, Kind
from recovery.steps.republish import RepublishOrders, RestoreCancellations
from recovery.steps.step import Stage
from rehearsal.drill import ledger, promotion
from rehearsal.drill.engines import Engine
from rehearsal.drill.ledger import Findings, Handover
from rehearsal.drill.operator import Command, Finished, Operator
from rehearsal.drill.orders import Acceptance, Switched, Traffic, stored
from rehearsal.drill.records import Records
from rehearsal.drill.result import DECIDED, Mark, Result, Span
from rehearsal.drill.scenario import Loss, Scenario, Second
from rehearsal.drill.stream import published
from rehearsal.drill.world import World, wait_until

# Limits for a machine that is busy; what is waited for comes in seconds.
_RUN_SECONDS = 420.0
_ORDERS_SECONDS = 120.0
_OBSERVED_EVERY = 0.1
_MISSED_IN_A_ROW = 2
# How often the redrive's schedule is kept here; the stacks' own is each minute.
_SWEPT_EVERY = 5.0
_REFUSALS = {error.exit_code for error in (LockHeldError, UnfinishedRunError, NotReadyError)}
_DRAINED_SECONDS = 90.0
_AFTERWARDS = 10
"""Orders that the new region accepts before a drill goes on."""


_FILED_FIRST = 3
"""Records that are in the primary's bucket before it is lost."""


class Flow(Protocol):
    """What is entered or written by itself, from `start` to `stop`."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Drill:
    """Runs one scenario on a world whose lease is the primary's; leaves it so."""

    world: World
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
    """By region."""
    flows: list[Traffic] = field(default_factory=list)
    """Clients of this drill, outside every region and inside the primary's, once it has begun."""

    def run(self) -> Result:
        """Raises OperatorError and TimeoutError where the drill cannot go on."""
        began = time.monotonic()
        outside, inside = self._begun()
        with self._schedule(), self._trading():
            with self._flowing(outside), self._flowing(self.records.outside):
                takeover, spans, detection = self._taken_over(outside, inside)
                known = stored(self._tables(self._standby), self._orders)
                self.records.note_arrived(links_stand=self.scenario.loss is Loss.PLANNED)
                self._note_received(takeover, known)
                failback, old = self._returned(outside)
            waiting = self._drained([outside, inside])
        result = self._judged(takeover, failback, [outside, inside], known, old, detection, spans, began)
        result.waiting = waiting
        result.troubles = troubles(result)
        return result

    def _begun(self) -> tuple[Traffic, Traffic]:
        """Operator, records and clients, outside every region and inside the primary's, before any order flows."""
        self.operator = Operator(self.world, self.folder, self.growth)
        self.world.server.set_lag(self.scenario.lag)
        self._note_lease()
        name = f"d{self.scenario.seed}-{time.time_ns() // 1_000_000 % 100_000_000}"
        outside = Traffic(self.world, name, self.scenario.rate, Switched(self.world), self.scenario.seed)
        primary = self._primary
        inside = Traffic(self.world, f"{name}i", 5.0, lambda: primary, self.scenario.seed, inside=primary.region)
        self.records, self._promoted = Records(self.world, name), promotion.count(self.world)
        self.flows = [outside, inside]
        return outside, inside

    def _taken_over(self, outside: Traffic, inside: Traffic) -> tuple[Finished, list[Span], float | None]:
        """The loss and the takeover, until the new region has accepted some orders."""
        commands = self._prepared()
        self._await_orders(outside, self._primary, self.scenario.accepted_first)
        self.records.await_filed(_FILED_FIRST)
        detection = None
        with ExitStack() as cut_off:
            if self.scenario.loss is Loss.CUT_OFF:
                cut_off.enter_context(self._flowing(inside))
                cut_off.enter_context(self._flowing(self.records.inside))
                self._await_orders(inside, self._primary, 2)
            if self.scenario.loss is not Loss.PLANNED:
                detection = self._lost()
            if self.scenario.fault:
                self.world.server.inject(self.scenario.fault)
            self._mark(DECIDED)
            finished = self._decided(commands)
            spans = self._spans()
            self._hand_over(finished)
            self.world.server.calm()
            self._await_orders(outside, self._standby, _AFTERWARDS)
        return finished, spans, detection

    def _lost(self) -> float:
        """Takes the primary's region away; seconds until that was seen."""
        self._mark(f"{self._primary.region} {self.scenario.loss}")
        self.lost_at = self.marks[-1].at
        self.world.server.set_outage(self._primary.region, self.scenario.loss.value)
        detection = self._detected()
        self._mark("detected")
        return detection

    def _returned(self, outside: Traffic) -> tuple[Finished, dict[str, Item]]:
        """The primary is back: its stores stand by, its orders are reconciled, and it takes over again."""
        world = self.world
        world.server.restore(self._primary.region)
        self._mark(f"{self._primary.region} back")
        self._replicated()
        old = stored(self._tables(self._primary), self._orders)
        world.server.stand_by(world.standing_by(self._standby, self._primary))
        finished = self.operator.run("failback", "--yes", seconds=self.run_seconds)
        finished = self.operator.carried_through(finished, self.run_seconds)
        self._hand_over(finished)
        self._await_orders(outside, self._primary, outside.accepted_in(self._primary.region) + _AFTERWARDS)
        world.server.stand_by(world.standing_by(self._primary, self._standby))
        return finished, old

    def _prepared(self) -> list[Command]:
        """Operators with the command typed and not confirmed."""
        # The health checkers and the observers ask every few seconds and the schedule each minute, so the functions'
        # processes are there. One that starts now would hold the whole in-memory AWS up for a second.
        with suppress(IntakeError):
            self._intake(self._standby).health()
        for site in (self._primary, self._standby):
            self._invoke_redrive(site)
        count = 2 if self.scenario.second is Second.TWO_OPERATORS else 1
        commands = [self.operator.begin(self.scenario.verb, kill_at=self.scenario.kill_at) for _ in range(count)]
        for command in commands:
            command.await_question()
        return commands

    def _decided(self, commands: list[Command]) -> Finished:
        for command in commands:
            command.confirm(f"{self.scenario.verb} {self._standby.region}")
        ended = [command.wait(self.run_seconds) for command in commands]
        if self.scenario.kill_at and commands[0].killed:
            self._mark(f"operator killed at {self.scenario.kill_at}")
            self.resumed = True
            resumed = self.operator.run("resume", seconds=self.run_seconds)
            return self.operator.carried_through(resumed, self.run_seconds)
        refused = [finished for finished in ended if finished.code in _REFUSALS]
        carried = [finished for finished in ended if finished not in refused]
        if len(commands) > 1 and refused:
            self.refused = str(refused[0].document.get("error", refused[0].code))
        return self.operator.carried_through((carried or refused)[0], self.run_seconds)

    def _detected(self) -> float:
        """Seconds until the primary's order intake was missed often enough, seen from the outside."""
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

    def _judged(
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
        lost = ledger.lost_orders(acceptances, old_epoch, known)
        unknown = ledger.unknown_orders(old, old_epoch, known)
        named = self._named(failback, "reconcile-orders")
        again = {order for order in named if known.get(order, {}).get("epoch", 0) > old_epoch}
        accounted = named | self.held
        told = self.republished | named
        told |= self._named(failback, RestoreCancellations.name) | self._named(failback, RepublishOrders.name)
        in_both = published(self.world, self.marks[0].at, (self._primary,)) & self.received
        twice = {order for order in in_both if order in {one.order_id for one in acceptances}}
        traded_twice = set.intersection(*(engine.traded for engine in self.engines.values()))
        cancelled = set[str]().union(*(traffic.cancelled for traffic in traffics))
        if self.scenario.loss is Loss.PLANNED:
            unknown, named, again = [], set(), set()
        at_the_end = stored(self._tables(self._primary), self._orders)
        ids = {acceptance.order_id for acceptance in acceptances}
        findings = Findings(
            accepted=len(ids),
            lost=tuple(lost),
            lost_too_early=tuple(self._lost_too_early(acceptances, lost)),
            unnamed=tuple(sorted((set(unknown) | set(lost)) - named)),
            misnamed=tuple(sorted(named - set(unknown) - again)),
            duplicates=tuple(ledger.duplicates(acceptances, lost)),
            max_writers_per_epoch=max(map(len, ledger.writers_per_epoch(acceptances).values()), default=0),
            at_one_time=tuple(ledger.accepted_outside(acceptances, self.handovers)),
            unpublished=tuple(sorted(ids - self._published())),
            missing=tuple(sorted(ids - set(at_the_end))),
            unaccounted=tuple(ledger.unaccounted(acceptances, old_epoch, self.received | self.closed, accounted)),
            twice=tuple(sorted(twice)),
            traded_twice=tuple(sorted(traded_twice)),
            twice_unnamed=tuple(sorted((self._twice_before(acceptances, old_epoch, twice) | traded_twice) - told)),
            cancelled=len(cancelled),
            undone=tuple(ledger.undone(cancelled, at_the_end, told)),
        )
        result = self._measured(takeover, findings, detection, spans, began)
        result.integrity, result.acceptances = failback.facts("compare-orders"), acceptances
        return result

    def _measured(
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
            strong=self.world.strong,
            resumptions=self.operator.resumptions,
            seconds=time.monotonic() - began,
            objects=self.records.findings(self.lost_at, self.scenario.lag),
            promotion=promotion.of(self.world, self._standby, self._promoted),
        )

    def _note_received(self, takeover: Finished, known: Mapping[str, Item]) -> None:
        """What a consumer in the region that took over has received while the primary was gone, or knows as closed."""
        self.received = published(self.world, self.marks[0].at, (self._standby,))
        self.closed = {order for order, item in known.items() if item["status"] not in order_item.OPEN}
        self.republished = self._named(takeover, RepublishOrders.name, "republished")
        self.held = self._named(takeover, RepublishOrders.name, "held")

    def _named(self, finished: Finished, step: str, became: str | None = None) -> set[str]:
        """Every order that a step of a run names, whatever its report shows of them."""
        parts = int(finished.facts(step).get("parts", 0))
        control = self.world.configuration.tables.control
        entries = named_orders.read(self._tables(self._standby), control, finished.document["run"], step, parts)
        return {entry["order_id"] for entry in entries if became in (None, entry.get("became"))}

    def _twice_before(self, acceptances: list[Acceptance], old_epoch: int, twice: set[str]) -> set[str]:
        """Orders of the old epoch that both regions' consumers received: not those that failback published again."""
        return twice & {one.order_id for one in acceptances if one.epoch <= old_epoch}

    def _lost_too_early(self, acceptances: list[Acceptance], lost: list[str]) -> list[str]:
        if self.lost_at is None:
            return []
        return ledger.lost_too_early(acceptances, lost, self.lost_at, self.scenario.lag * 1000)

    @property
    def _primary(self) -> Site:
        return self.world.configuration.primary

    @property
    def _standby(self) -> Site:
        return self.world.configuration.standby

    @property
    def _orders(self) -> str:
        return self.world.configuration.tables.orders

    def _intake(self, site: Site) -> InvokedIntake:
        """Order intake of a site, asked from outside every region."""
        client = self.world.client("lambda", site.region)
        return InvokedIntake(client, site.order_intake, self.world.configuration.account_claim)

    def _tables(self, site: Site) -> Any:
        return self.world.client("dynamodb", site.region)

    def _mark(self, what: str) -> None:
        self.marks.append(Mark(time.time_ns() // 1_000_000, what))

    def _note_lease(self) -> None:
        found = lease.read(self._tables(self._standby), self.world.configuration.tables.control)
        if found is None or found.holder != self._primary.region:
            raise TimeoutError(f"a drill begins with the lease in {self._primary.region}, and it is {found}")
        self.handovers.append(Handover(found.holder, found.epoch, found.valid_from))
        self._mark("begin")

    def _hand_over(self, finished: Finished) -> None:
        for step in ("quiesce", "take-lease"):
            facts = finished.facts(step)
            if facts:
                self.handovers.append(Handover(facts["holder"], facts["epoch"], facts["valid_from"]))
        self._mark(f"{finished.verb} done")

    def _spans(self) -> list[Span]:
        """The steps of the run that ended just now, by its journal."""
        run = Journal(self._tables(self._standby), self.world.configuration.tables.control).tail().run
        begun: dict[str, int] = {}
        spans = []
        for entry in run.entries if run else ():
            if entry.kind == Kind.INTENT:
                begun.setdefault(entry.step, entry.at)
            elif entry.kind == Kind.RESULT:
                spans.append(Span(entry.step, begun.get(entry.step, entry.at), entry.at))
        return spans

    def _replicated(self) -> None:
        def arrived() -> bool:
            return not self.world.server.replication()["waiting"]

        # With orders flowing there is always something on its way; what matters is older than the lag.
        end = time.monotonic() + self.scenario.lag + 1.0
        wait_until(lambda: time.monotonic() > end or arrived(), what="replication", within=_ORDERS_SECONDS)

    def _drained(self, traffics: list[Traffic]) -> tuple[str, ...]:
        """Waits until what was accepted has been published and copied, as far as it comes; what was not copied."""
        ids = {acceptance.order_id for traffic in traffics for acceptance in traffic.acceptances}
        end = time.monotonic() + _DRAINED_SECONDS
        while ((waiting := self._on_the_way()) or ids - self._published()) and time.monotonic() < end:
            time.sleep(_SWEPT_EVERY)
        return waiting

    def _on_the_way(self) -> tuple[str, ...]:
        return tuple(
            f"{entry['count']} of {entry.get('table') or entry['bucket']} to {entry['target']}"
            for entry in self.world.server.replication()["waiting"]
        )

    def _published(self) -> set[str]:
        return published(self.world, since=self.marks[0].at)

    def _await_orders(self, traffic: Traffic, site: Site, count: int) -> None:
        what = f"{count} orders accepted in {site.region}"
        wait_until(lambda: traffic.accepted_in(site.region) >= count, what=what, within=_ORDERS_SECONDS)

    @contextmanager
    def _flowing(self, traffic: Flow) -> Iterator[None]:
        traffic.start()
        try:
            yield
        finally:
            traffic.stop()

    @contextmanager
    def _trading(self) -> Iterator[None]:
        """Engines of both regions take what the streams bring."""
        sites = (self._primary, self._standby)
        self.engines = {site.region: Engine(self.world, site, self.marks[0].at) for site in sites}
        with ExitStack() as trading:
            for engine in self.engines.values():
                trading.enter_context(self._flowing(engine))
            yield

    @contextmanager
    def _schedule(self) -> Iterator[None]:
        """Keeps the schedule of the redrive in both regions."""
        ended = threading.Event()

        def sweep() -> None:
            while not ended.wait(_SWEPT_EVERY):
                for site in (self._primary, self._standby):
                    self._invoke_redrive(site)

        thread = threading.Thread(target=sweep, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _invoke_redrive(self, site: Site) -> None:
        # The schedule stands in its region, and is lost with it only when the region is dead.
        if self.world.server.outages()["regions"].get(site.region) == Loss.DEAD:
            return
        client = self.world.client("lambda", site.region, inside=site.region)
        # A region that goes meanwhile takes the call with it; the next one comes in its turn.
        with suppress(BotoCoreError, ClientError):
            client.invoke(FunctionName=site.redrive, Payload=json.dumps({}).encode())


def troubles(result: Result) -> list[str]:
    """Why a drill did not pass; empty when it did."""
    found, about = [], result.findings
    found += _troubles_of_records(result)
    if result.promotion is None:
        found.append("the replica of the database was not promoted")
    if result.scenario.loss is Loss.PLANNED and about.lost:
        found.append(f"a switchover lost {len(about.lost)} orders: {', '.join(about.lost[:5])}")
    elif result.strong and about.lost:
        found.append(f"{len(about.lost)} orders were lost from strongly consistent tables: {', '.join(about.lost[:5])}")
    for what, orders in (
        ("had had the time to arrive and were lost", about.lost_too_early),
        ("had not arrived at the takeover and were not named", about.unnamed),
        ("were named as not known and were known", about.misnamed),
        ("were confirmed as two", about.duplicates),
        ("were accepted by a region without the right to", about.at_one_time),
        ("were confirmed and are in no table", about.missing),
        ("were confirmed and are in no stream", about.unpublished),
        (
            "were confirmed, did not reach a consumer of the region that took over, and were not named",
            about.unaccounted,
        ),
        ("were received or traded in both regions and were not named", about.twice_unnamed),
        ("were cancelled, and the cancellation was undone and not named", about.undone),
    ):
        if orders:
            found.append(f"{len(orders)} orders {what}: {', '.join(orders[:5])}")
    if result.waiting:
        found.append(f"not copied {_DRAINED_SECONDS:g} s after the last order: {', '.join(result.waiting)}")
    if about.max_writers_per_epoch != 1:
        found.append(f"{about.max_writers_per_epoch} regions accepted orders under one epoch")
    if result.scenario.second is Second.TWO_OPERATORS and result.refused is None:
        found.append("two operators were let through at once")
    if result.scenario.second is Second.KILLED and not result.resumed:
        found.append(f"the operator was not killed at {result.scenario.kill_at}")
    return found


def _troubles_of_records(result: Result) -> list[str]:
    about, found = result.objects, []
    if result.scenario.loss is Loss.PLANNED and about.lost:
        found.append(f"a switchover lost {len(about.lost)} records: {', '.join(about.lost[:5])}")
    for what, keys in (
        ("had had the time to arrive and were lost", about.lost_too_early),
        ("were confirmed and are not in both regions", about.missing),
        ("differ between the regions", about.differing),
    ):
        if keys:
            found.append(f"{len(keys)} records {what}: {', '.join(keys[:5])}")
    if about.compared < about.written:
        found.append(f"{about.compared} records were compared, and {about.written} were written")
    return found
