"""No order is lost without a name: what was known at a takeover, what had not arrived, and that all has."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import order_item
from functions.integrity.compare import Comparer, Comparison, Limits, OutOfTimeError, SideUnavailableError
from functions.integrity.tables import TableSide
from functions.order_item import MalformedOrderItemError
from recovery import known_orders
from recovery.context import Context
from recovery.errors import RegionLostError, StepFailedError
from recovery.journal import Facts
from recovery.steps.lease import AwaitQuiet, TakeLease
from recovery.steps.step import Stage, Step, Wait
from recovery.steps.traffic import ProveOrder

_MINUTE = 60_000
_POLL = 500
# As fine as the scheduled comparison (`functions.integrity.handler`).
_SEGMENT_DEPTH = 12
_MOST_LISTED = 10_000
# An entry of the journal is an item of at most 400 KB; more names than this are read from the tables again.
_MOST_NAMED = 2_000
_READ_FAILURES = (BotoCoreError, ClientError, MalformedOrderItemError, RegionLostError)


class RecordKnownOrders(Step):
    """Before the old region is back: afterwards nobody can tell what arrived late."""

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
        # Nobody may have held the lease for longer than the window.
        epoch, since = taken["old_epoch"], max(0, taken["accepted_until"] - known_orders.WINDOW_MILLISECONDS)
        try:
            orders = known_orders.up_to_epoch(context.clients.here("dynamodb"), tables.orders, epoch, since)
            names = [order["order_id"] for order in orders]
            known_orders.write(context.control, tables.control, epoch, since, names)
        except _READ_FAILURES as error:
            raise _unreadable(error) from error

    def verify(self, context: Context, intended: Facts) -> Facts:
        epoch = context.result(TakeLease.name)["old_epoch"]
        found = known_orders.read(context.control, context.configuration.tables.control, epoch)
        if found is None:
            raise StepFailedError(f"the known orders of epoch {epoch} are not there; `resume`")
        return {"epoch": epoch, "since": found.since, "known": len(found.digests)}


class ReconcileOrders(Wait):
    """Names each order that the other region had accepted and this one did not know when it took over. They stay as
    they are: whether a late order is still wanted is the trading desk's decision."""

    name = "reconcile-orders"
    does = "name the orders that had been accepted and had not arrived at the takeover"
    stage = Stage.BEFORE

    def verify(self, context: Context, intended: Facts) -> Facts:
        tables = context.configuration.tables
        try:
            known = known_orders.latest(context.control, tables.control)
            if known is None:
                return {"unreplicated": 0, "named": [], "note": "no takeover has left a list to reconcile with"}
            returned = context.clients.at("dynamodb", context.target.region)
            here = context.clients.at("dynamodb", context.source.region)
            late = [
                _named(order, here, tables.orders)
                for order in known_orders.up_to_epoch(returned, tables.orders, known.epoch, known.since)
                if order["order_id"] not in known
            ]
        except _READ_FAILURES as error:
            raise _unreadable(error) from error
        late.sort(key=lambda order: (order["accepted_at"], order["order_id"]))
        return {"epoch": known.epoch, "unreplicated": len(late), "named": late[:_MOST_NAMED]}


def _named(order: order_item.Item, client: Any, table: str) -> dict[str, Any]:
    """The order, whether it was confirmed in time as far as its item tells, and whether it has arrived since."""
    key = {order_item.KEY_ATTRIBUTE: {"S": order["order_id"]}}
    arrived = "Item" in client.get_item(TableName=table, Key=key, ConsistentRead=True)
    shown = ("order_id", "accepted_at", "region", "status")
    return {**{name: order[name] for name in shown}, "arrived_since": arrived}


class CompareOrders(Wait):
    """Before anything is stopped: differences that are older than the lag would hold up a switchover in its gap."""

    name = "compare-orders"
    does = "compare orders and positions of both regions while orders flow"
    stage = Stage.BEFORE

    def verify(self, context: Context, intended: Facts) -> Facts:
        found = _compared(context)
        different = {table: result.differences for table, result in found.items() if result.differences}
        if different:
            raise StepFailedError(
                f"the regions differ: {_some(different)}; see why the tables do not replicate before orders are stopped"
            )
        return _summary(found)


class CatchUp(Wait):
    """With orders stopped, both regions come to hold the same, to the last order."""

    name = "catch-up"
    does = "wait until every order and position has arrived"
    stage = Stage.GAP
    needs = (AwaitQuiet.name,)

    def verify(self, context: Context, intended: Facts) -> Facts:
        last: dict[str, Comparison] = {}

        def equal() -> Facts | None:
            last.update(_compared(context))
            whole = all(not result.segments_differing for result in last.values())
            return _summary(last) if whole else None

        try:
            return context.waiter.until(equal, what="replication of the last orders", within=2 * _MINUTE, every=_POLL)
        except StepFailedError as error:
            different = {table: result.differences for table, result in last.items()}
            raise StepFailedError(
                f"{error}; still different: {_some(different)}. `abort` gives the lease back to {context.source.region}"
            ) from error


def _compared(context: Context) -> dict[str, Comparison]:
    configuration = context.configuration
    limits = Limits(_SEGMENT_DEPTH, configuration.timing.replication_lag, _MOST_LISTED)
    clock, sleep = context.waiter.clock, context.waiter.sleep
    end = clock() + 30 * _MINUTE
    comparer = Comparer(
        clock, lambda seconds: sleep(round(seconds * 1000)), lambda seconds: clock() + seconds * 1000 > end
    )
    found: dict[str, Comparison] = {}
    for table in (configuration.tables.orders, configuration.tables.positions):
        source = TableSide(context.clients.remote("dynamodb"), context.source.region, table)
        target = TableSide(context.clients.here("dynamodb"), context.target.region, table)
        try:
            found[table] = comparer.run(source, target, limits)
        except (SideUnavailableError, OutOfTimeError, RegionLostError) as error:
            raise StepFailedError(
                f"table {table} cannot be compared: {error}; a switchover needs both regions, `failover` does not"
            ) from error
    return found


def _summary(found: dict[str, Comparison]) -> Facts:
    return {"entries": {table: one.replica_entries for table, one in found.items()}}


def _some(different: dict[str, dict[str, str]]) -> str:
    parts = [
        f"{table} {len(keys)} ({', '.join(f'{key} {kind}' for key, kind in sorted(keys.items())[:3])})"
        for table, keys in different.items()
    ]
    return "; ".join(parts)


def _unreadable(error: Exception) -> StepFailedError:
    return StepFailedError(f"the orders cannot be read: {error}; then `resume`")
