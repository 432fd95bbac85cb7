"""One order from the client to the engine, in two regions whose tables keep the last of two writes.

Order intake, the redrive and the takeover are the product's own code. The model adds what surrounds them: replication
that arrives late or after the link has healed, a stream that dies with its region, engines that read it, and a process
that stands still before its mark.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from functions import epoch_notes, order_item
from functions.order_intake.answers import Answer
from recovery import changes, known_orders, stream_records
from recovery.lease import read as read_lease
from recovery.lease import write as write_lease
from recovery.takeover import take_over
from tests.functions.aws import CONTROL, ORDERS
from tests.functions.conftest import event
from tests.recovery.tables import Tables
from tests.recovery.world import EAST, KEYS, LEASE_MILLISECONDS, WEST, World

ACCOUNT = "ACC-1"
_OTHER = {EAST: WEST, WEST: EAST}
_SHIPPED = ("put_item", "update_item")


class GlobalTable:
    """Tables of one region that note every write to an order for the other region."""

    def __init__(self, model: OrderModel, region: str, own: Tables) -> None:
        self._model, self._region, self._own = model, region, own

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        real = getattr(self._own, name)
        if name not in _SHIPPED:
            return real

        def write(**parameters: Any) -> Any:
            if parameters["TableName"] != ORDERS:
                return real(**parameters)
            identity = (parameters.get("Key") or parameters["Item"])["order_id"]["S"]
            if ":waiting" in parameters.get("ExpressionAttributeValues", {}) and self._model.freezes.pop(
                self._region, False
            ):
                self._model.frozen.append((self._region, lambda: write(**parameters)))
                return {}
            answer = real(**parameters)
            self._model.note_write(self._region, identity)
            return answer

        return write


@dataclass
class OrderModel:
    """Both regions, and what clients and engines have seen."""

    raw: dict[str, Tables] = field(default_factory=dict)
    acked: set[str] = field(default_factory=set)
    acceptances: set[tuple[str, int]] = field(default_factory=set)
    """Order and epoch of each answer that accepts."""
    cancelled: set[str] = field(default_factory=set)
    traded: dict[str, set[str]] = field(default_factory=lambda: {EAST: set(), WEST: set()})
    closed: dict[str, set[str]] = field(default_factory=lambda: {EAST: set(), WEST: set()})
    """Orders that an engine of a region closed for a cancellation."""
    named: set[str] = field(default_factory=set)
    republished: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    shipments: list[tuple[str, str, int, Mapping[str, Any]]] = field(default_factory=list)
    written: dict[tuple[str, str], int] = field(default_factory=dict)
    freezes: dict[str, bool] = field(default_factory=dict)
    frozen: list[tuple[str, Callable[[], Any]]] = field(default_factory=list)
    cut: bool = False
    """Whether the regions do not see each other."""
    unfinished: int | None = None
    """The old epoch of a takeover that has taken the lease and not more."""
    holder: str = EAST
    takeovers: int = 0
    republishes: bool = True
    restores: bool = True
    reads_the_stream: bool = True
    waits: bool = True
    world: World = field(init=False)
    _writes: int = 0
    _read: dict[str, int] = field(default_factory=lambda: {EAST: 0, WEST: 0})

    def __post_init__(self) -> None:
        self.raw = {region: Tables(KEYS) for region in (EAST, WEST)}
        self.tables = {region: GlobalTable(self, region, own) for region, own in self.raw.items()}
        self.world = World(self.tables)

    def note_write(self, region: str, identity: str) -> None:
        self._writes += 1
        item = self.raw[region].get_item(TableName=ORDERS, Key={"order_id": {"S": identity}})["Item"]
        self.written[region, identity] = self._writes
        self.shipments.append((_OTHER[region], identity, self._writes, item))

    def deliver(self, count: int) -> None:
        """The next writes arrive, unless the regions do not see each other; a later write stays."""
        if self.cut:
            return
        due, self.shipments = self.shipments[:count], self.shipments[count:]
        self._apply(due)

    def _apply(self, due: list[tuple[str, str, int, Mapping[str, Any]]]) -> None:
        for region, identity, at, item in due:
            if self.written.get((region, identity), 0) < at:
                self.written[region, identity] = at
                self.raw[region].put_item(TableName=ORDERS, Item=dict(item))

    def enter(self, region: str, name: str) -> None:
        body = (
            f'{{"client_order_id":"{name}","instrument":"XYZ","side":"BUY","type":"MARKET",'
            '"quantity":"1","time_in_force":"IOC"}'
        )
        answer = self._answer(region, "POST", "/orders", body)
        if answer.status in (201, 202):
            self.acked.add(f"{ACCOUNT}#{name}")
            self.acceptances.add((f"{ACCOUNT}#{name}", answer.body["epoch"]))

    def cancel(self, region: str, name: str) -> None:
        if self._answer(region, "DELETE", "/orders/{client_order_id}", None, name).status == 202:
            self.cancelled.add(f"{ACCOUNT}#{name}")

    def _answer(self, region: str, method: str, resource: str, body: str | None, name: str = "") -> Answer:
        asked = event(method, resource, body, account=ACCOUNT, path={"client_order_id": name} if name else None)
        return self.world.applications[region].answer(asked).answer

    def engine(self, region: str) -> None:
        """An engine takes the next record of its region's stream, if its region holds the lease."""
        records = self.world.streams[region].records
        if self._read[region] >= len(records) or self.world.lease().holder != region:
            return
        record = records[self._read[region]]
        self._read[region] += 1
        order = record["order_id"]
        if order in self.traded[region] or order in self.closed[region]:
            return
        if record["kind"] == "cancel":
            self.closed[region].add(order)
            self._close(region, order, "CANCELLED")
        else:
            self.traded[region].add(order)
            self._close(region, order, "FILLED")

    def _close(self, region: str, order: str, status: str) -> None:
        self.tables[region].update_item(
            TableName=ORDERS,
            Key={"order_id": {"S": order}},
            UpdateExpression="SET #status = :status, changed_at = :at REMOVE outbox",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": status}, ":at": {"N": str(self.world.clock())}},
        )

    def take_over(self) -> None:
        """The region that holds the lease is lost, and its stream with it; the other region takes the lease.

        Clients, engines and the redrive go on; `go_on` is the rest of the takeover.
        """
        if self.cut:
            return
        self.cut, self.takeovers = True, self.takeovers + 1
        self.unfinished = self._take_lease()
        if not self.waits:
            self._note_republished()
        self.redrive(self.holder)

    def go_on(self) -> None:
        """The runbook records the known orders and publishes open ones again, if a takeover has yet to do it."""
        if self.unfinished is None:
            return
        epoch, self.unfinished = self.unfinished, None
        pages = changes.orders_up_to_epoch(self.world.dynamodb[self.holder], ORDERS, epoch, 0)
        self.known = {order["order_id"] for page in pages for order in page}
        known_orders.write(self.world.dynamodb[WEST], CONTROL, epoch, 0, self.world.clock(), self.known)
        self._republish()

    def fail_back(self) -> None:
        """A planned return of the lease: nothing is accepted until everything has arrived."""
        if self.cut or self.holder == EAST:
            return
        self._take_lease()
        self.deliver(len(self.shipments))
        self._republish()

    def _take_lease(self) -> int:
        """The other region has the lease, and the old one has ended; gives the old epoch."""
        found = read_lease(self.world.dynamodb[WEST], CONTROL)
        assert found is not None
        self.holder = _OTHER[self.holder]
        takeover = take_over(found, self.holder, self.world.clock(), LEASE_MILLISECONDS)
        assert write_lease(self.world.dynamodb[WEST], CONTROL, takeover)
        self.world.clock.now = max(self.world.clock(), takeover.item.valid_from)
        return found.epoch

    def _republish(self) -> None:
        if self.republishes:
            for page in self._pages("republish"):
                self.named |= {*page["held"], *page["malformed"]}
                self.republished |= set(page["republished"])
                self._work_on("publish", page["republished"])
            self._note_republished()

    def give_back(self) -> None:
        """The regions see each other again: late orders are named, overwritten cancellations restored."""
        self.go_on()
        self.cut = False
        for _, thaw in self.frozen:
            self._thaw(thaw)
        self.frozen.clear()
        due, self.shipments = self.shipments, []
        self._apply(due)
        self._name_late_orders(_OTHER[self.holder])
        for page in self._pages("restore_cancellations") if self.restores else ():
            self.named |= {*page["restored"], *page["too_late"]}
            self._work_on("restore", page["restored"])
        # Before engines go on: they may trade an order whose cancellation comes too late.
        self.undone |= {order for order in self.cancelled if self._status(order) == order_item.ACCEPTED}
        self.world.clock.advance(60_000)
        self.redrive(self.holder)

    def _name_late_orders(self, returned: str) -> None:
        known = known_orders.latest(self.world.dynamodb[WEST], CONTROL)
        assert known is not None
        for page in changes.orders_up_to_epoch(self.world.dynamodb[returned], ORDERS, known.epoch, 0):
            self.named |= {order["order_id"] for order in page if order["order_id"] not in known}
        if self.reads_the_stream:
            for page in stream_records.pages(self.world.streams[returned], "orders", 0, lambda _milliseconds: None):
                late = (body for body in page if body["accepted_epoch"] <= known.epoch)
                self.named |= {body["order_id"] for body in late if body["order_id"] not in known}

    def drain(self) -> None:
        """The engine of the region that holds the lease takes everything."""
        while self._read[self.holder] < len(self.world.streams[self.holder].records):
            self.engine(self.holder)

    def judge(self) -> None:
        """The oracle: it knows what clients were told, what engines took, and what was named."""
        for order in self.acked:
            handled = set[str]().union(*self.traded.values(), *self.closed.values())
            assert order in handled | self.named, f"{order} was accepted, and neither traded nor named"
        for order in self.traded[EAST] & self.traded[WEST]:
            assert order in self.republished | self.named, f"{order} was traded twice and is not named"
        for region, other in _OTHER.items():
            for order in self.traded[region] & self.closed[other]:
                assert order in self.republished | self.named, f"{order} was traded and cancelled and is not named"
        bodies = self.world.streams[EAST].records + self.world.streams[WEST].records
        # An acceptance that never reached a stream was traded by nobody: the client's repeat replaces it.
        in_stream = {(body["order_id"], body["accepted_epoch"]) for body in bodies}
        for order in {order for order, _ in self.acceptances}:
            epochs = {epoch for one, epoch in self.acceptances & in_stream if one == order}
            assert len(epochs) <= 1 or order in self.named, f"{order} was accepted twice, {epochs}, and is not named"
        assert not self.undone, f"the cancellation of {self.undone} was undone"

    @staticmethod
    def _thaw(write: Callable[[], Any]) -> None:
        """The request is applied now; its condition may no longer hold."""
        with contextlib.suppress(ClientError):
            write()

    def _status(self, order: str) -> str:
        found = self.world.dynamodb[self.holder].get_item(TableName=ORDERS, Key={"order_id": {"S": order}})
        return found["Item"]["status"]["S"]

    def redrive(self, region: str) -> None:
        self.world.services["lambda", region].invoke(f"{region}-redrive:live")

    def _note_republished(self) -> None:
        lease = self.world.lease()
        note, table = epoch_notes.Note.REPUBLISHED, self.world.dynamodb[WEST]
        epoch_notes.write(table, CONTROL, note, lease.epoch, self.world.clock())

    def _work_on(self, action: str, order_ids: list[str]) -> None:
        if order_ids:
            done = self._invoke({action: order_ids})
            if done["trouble"]:
                # The runbook repeats what failed until the stream works again.
                self.world.streams[self.holder].working = True
                done = self._invoke({action: order_ids})
            assert done["trouble"] is None, done

    def _invoke(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        payload = json.dumps(event).encode()
        answer = self.world.services["lambda", self.holder].invoke("redrive:live", Payload=payload)
        return json.loads(answer["Payload"].read())

    def _pages(self, name: str) -> Iterator[Mapping[str, Any]]:
        cursor: Any = None
        while True:
            page = self._invoke({name: {"cursor": cursor, "since": 0}})
            assert page["trouble"] is None, page
            yield page
            cursor = page["cursor"]
            if cursor is None:
                return
