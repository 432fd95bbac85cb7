"""No order is lost without a name: what was known at a takeover, and what had not arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import order_item
from functions.order_item import Item, MalformedOrderItemError
from recovery import changes, known_orders, named_orders, stream_records
from recovery.configuration import Site
from recovery.context import Context
from recovery.errors import RegionLostError, StepFailedError
from recovery.journal import Facts
from recovery.known_orders import KnownOrders
from recovery.steps.lease import TakeLease
from recovery.steps.step import Stage, Step, Wait
from recovery.steps.traffic import ProveOrder

_READ_FAILURES = (BotoCoreError, ClientError, MalformedOrderItemError, RegionLostError)


class RecordKnownOrders(Step):
    """Directly after the first order, before the old region is back: afterwards nobody can tell what arrived late."""

    name = "record-known-orders"
    does = "write down which of the old region's last orders had arrived"
    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def done(self, context: Context, intended: Facts) -> bool:
        epoch = context.result(TakeLease.name)["old_epoch"]
        try:
            return known_orders.read(context.control, context.configuration.tables.control, epoch) is not None
        except _READ_FAILURES as error:
            raise _unreadable(error) from error

    def act(self, context: Context, intended: Facts) -> None:
        taken, tables = context.result(TakeLease.name), context.configuration.tables
        client, epoch = context.clients.here("dynamodb"), taken["old_epoch"]
        try:
            behind = changes.oldest_of_the_newest(client, tables.orders, epoch)
            # Nobody may have held the lease for longer than the window.
            since = known_orders.since(taken["accepted_until"], behind)
            names = self._ids(context, client, epoch, since)
            known_orders.write(context.control, tables.control, epoch, since, context.waiter.clock(), names)
        except _READ_FAILURES as error:
            raise _unreadable(error) from error

    def _ids(self, context: Context, client: Any, epoch: int, since: int) -> Iterator[str]:
        count = 0
        for page in changes.orders_up_to_epoch(client, context.configuration.tables.orders, epoch, since):
            yield from (order["order_id"] for order in page)
            count += len(page)
            if page:
                context.turn_page(f"{count} orders had arrived")

    def verify(self, context: Context, intended: Facts) -> Facts:
        epoch = context.result(TakeLease.name)["old_epoch"]
        found = known_orders.read(context.control, context.configuration.tables.control, epoch)
        if found is None:
            raise StepFailedError(f"the known orders of epoch {epoch} are not there; `resume`")
        return {"epoch": epoch, "since": found.since, "known": len(found)}


class ReconcileOrders(Wait):
    """Names each order that the other region had accepted and this one did not know when it took over. They stay as
    they are: whether a late order is still wanted is the trading desk's decision."""

    name = "reconcile-orders"
    does = "name the orders that had been accepted and had not arrived at the takeover"
    stage = Stage.BEFORE

    def verify(self, context: Context, intended: Facts) -> Facts:
        control, table = context.control, context.configuration.tables.control
        try:
            known = self.known(context)
            if known is None:
                return {"unreplicated": 0, "named": [], "note": "no takeover has left a list to reconcile with"}
            count, parts = named_orders.write(control, table, context.run, self.name, self._late(context, known))
            shown = named_orders.shown(control, table, context.run, self.name, parts)
        except _READ_FAILURES as error:
            raise _unreadable(error) from error
        return {"epoch": known.epoch, "unreplicated": count, "named": shown, "parts": parts}

    def known(self, context: Context) -> KnownOrders | None:
        """What the takeover wrote down whose late orders are named."""
        return known_orders.latest(context.control, context.configuration.tables.control)

    def serving(self, context: Context) -> Site:
        """The region that holds the lease."""
        return context.source

    def _late(self, context: Context, known: KnownOrders) -> Iterator[named_orders.Entry]:
        """By the table of the region that has returned, and by its stream: a client that entered its order again has
        overwritten the table's item of the first acceptance."""
        found = set[str]()
        for entry in self._late_items(context, known):
            found.add(entry["order_id"])
            yield entry
        yield from self._late_records(context, known, found)

    def _late_records(self, context: Context, known: KnownOrders, found: set[str]) -> Iterator[named_orders.Entry]:
        tables, returned = context.configuration.tables, context.target
        here = context.clients.at("dynamodb", self.serving(context).region)
        stream = context.clients.at("kinesis", returned.region)
        for page in stream_records.pages(stream, returned.order_stream, known.since, context.waiter.sleep):
            for body in page:
                late = body["accepted_epoch"] <= known.epoch and body["accepted_at"] >= known.since
                if late and body["order_id"] not in known and body["order_id"] not in found:
                    found.add(body["order_id"])
                    yield _named(_accepted(body), here, tables.orders, known.epoch)

    def _late_items(self, context: Context, known: KnownOrders) -> Iterator[named_orders.Entry]:
        orders = context.configuration.tables.orders
        returned = context.clients.at("dynamodb", context.target.region)
        here = context.clients.at("dynamodb", self.serving(context).region)
        count = 0
        for page in changes.orders_up_to_epoch(returned, orders, known.epoch, known.since):
            late = [order for order in page if order["order_id"] not in known]
            late.sort(key=lambda order: (order["accepted_at"], order["order_id"]))
            yield from (_named(order, here, orders, known.epoch) for order in late)
            count += len(page)
            if page:
                context.turn_page(f"{count} orders of the other region looked at")


class ReconcileReturned(ReconcileOrders):
    """The same in a region that takes over again before a failback has asked for it: the other region is lost now."""

    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def known(self, context: Context) -> KnownOrders | None:
        # This run has written a list of its own, for the region that it leaves.
        before = context.result(TakeLease.name)["old_epoch"]
        return known_orders.latest(context.control, context.configuration.tables.control, before)

    def serving(self, context: Context) -> Site:
        return context.target


def _named(order: Mapping[str, Any], client: Any, table: str, old_epoch: int) -> dict[str, Any]:
    """The order, whether it has arrived since, and what became of it."""
    key = {order_item.KEY_ATTRIBUTE: {"S": order["order_id"]}}
    attributes = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    found = order_item.from_attributes(attributes) if attributes else None
    shown = ("order_id", "accepted_at", "region", "epoch", "status")
    entry: dict[str, Any] = {name: order[name] for name in shown if name in order}
    entry |= {"arrived_since": found is not None, "became": _became(found, old_epoch) if found else "lost"}
    if found and found["epoch"] > old_epoch:
        entry["again"] = {name: found[name] for name in ("accepted_at", "region", "epoch", "status")}
    return entry


def _accepted(body: Mapping[str, Any]) -> dict[str, Any]:
    """An acceptance as its record tells it."""
    return {
        "order_id": body["order_id"],
        "accepted_at": body["accepted_at"],
        "region": body["accepted_region"],
        "epoch": body["accepted_epoch"],
    }


def _became(order: Item, old_epoch: int) -> str:
    """What became of a late order, by its item in the region that took over."""
    if order["epoch"] > old_epoch:
        return "entered again"
    if order["status"] not in order_item.OPEN:
        return "closed"
    if order.get("outbox") in order_item.outbox_shards():
        return "in the outbox"
    published = order.get("outbox") in order_item.waiting_shards() and order.get("write_epoch", 0) > old_epoch
    return "published" if published else "waits for the desk"


def _unreadable(error: Exception) -> StepFailedError:
    return StepFailedError(f"the orders cannot be read: {error}; then `resume`")
