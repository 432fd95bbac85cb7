"""Names positions that a late write of the region without the lease has overwritten (`functions.position_item`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import position_item
from functions.clients import CONNECTIONS
from functions.position_item import MalformedMarkerError, Marker
from recovery import known_orders, named_orders
from recovery.configuration import Site
from recovery.context import Context
from recovery.errors import StepFailedError
from recovery.journal import Facts
from recovery.steps.compare import CompareOrders
from recovery.steps.lease import TakeLease
from recovery.steps.step import Stage, Wait
from recovery.steps.traffic import ProveOrder

_BATCH = 100
"""Positions that are in memory at a time."""


class ReconcilePositions(Wait):
    """After both regions are equal: a late write has arrived by then, and no other can follow it.

    The cost is one scan of the positions, as of the comparison, and one read for each position that was written since
    the takeover.
    """

    name = "reconcile-positions"
    does = "name the positions that a late write of an older epoch has overwritten"
    stage = Stage.BEFORE
    needs = (CompareOrders.name,)

    def verify(self, context: Context, intended: Facts) -> Facts:
        control, table = context.control, context.configuration.tables.control
        try:
            known = known_orders.latest(control, table, self.before(context))
            if known is None:
                return {"overwritten": 0, "named": [], "note": "no takeover has left a list to reconcile with"}
            overwritten = self._overwritten(context, known.epoch)
            count, parts = named_orders.write(control, table, context.run, self.name, overwritten)
            shown = named_orders.shown(control, table, context.run, self.name, parts)
        except (BotoCoreError, ClientError, MalformedMarkerError) as error:
            raise StepFailedError(f"the positions cannot be read: {error}; then `resume`") from error
        return {"overwritten": count, "named": shown, "parts": parts}

    def serving(self, context: Context) -> Site:
        """The region that holds the lease."""
        return context.source

    def before(self, context: Context) -> int | None:
        """The epoch before which the takeover was whose late writes are named; None for the last takeover."""
        return None

    def _overwritten(self, context: Context, old_epoch: int) -> Iterator[named_orders.Entry]:
        """Entries of the positions that a later epoch than `old_epoch` has written and that an older one has now."""
        client, table = context.clients.at("dynamodb", self.serving(context).region), context.configuration.tables
        count = 0
        for page in client.get_paginator("scan").paginate(
            TableName=table.positions,
            FilterExpression="#kind = :marker AND write_epoch > :epoch",
            ExpressionAttributeNames={"#kind": position_item.KIND},
            ExpressionAttributeValues={
                ":marker": {"S": position_item.EPOCH_MARKER},
                ":epoch": {"N": str(old_epoch)},
            },
            ConsistentRead=True,
        ):
            markers = [position_item.from_attributes(attributes) for attributes in page["Items"]]
            for start in range(0, len(markers), _BATCH):
                yield from self._behind(client, table.positions, markers[start : start + _BATCH])
            count += len(markers)
            if markers:
                context.turn_page(f"{count} positions looked at")

    def _behind(self, client: Any, table: str, markers: Sequence[Marker]) -> Iterator[named_orders.Entry]:
        latest: dict[tuple[str, str], Marker] = {}
        for marker in markers:
            key = (marker.account_id, marker.instrument)
            if key not in latest or latest[key].epoch < marker.epoch:
                latest[key] = marker
        found = _positions(client, table, [marker.position for marker in latest.values()])
        for key, marker in latest.items():
            # The marker comes before the position: where an engine died between the two, there is no position yet.
            if key in found and found[key] < marker.epoch:
                account, instrument = key
                yield {
                    "account_id": account,
                    "instrument": instrument,
                    "written_under": found[key],
                    "overwrote": marker.epoch,
                }


class ReconcilePositionsHere(ReconcilePositions):
    """The same in a region that takes over again before a failback has asked for it."""

    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def serving(self, context: Context) -> Site:
        return context.target

    def before(self, context: Context) -> int | None:
        # This run has written a list of its own, for the region that it leaves.
        return context.result(TakeLease.name)["old_epoch"]


def _positions(client: Any, table: str, keys: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """Return the epoch of each position that exists, by account and instrument."""

    def read(key: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")

    with ThreadPoolExecutor(CONNECTIONS) as readers:
        items = [item for item in readers.map(read, keys) if item]
    return {(item["account_id"]["S"], item["instrument"]["S"]): position_item.write_epoch(item) for item in items}
