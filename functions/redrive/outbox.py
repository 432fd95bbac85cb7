"""Publishes accepted orders that the order stream did not take (`functions.outbox`), in the region that may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures, order_item, order_record
from functions.clients import CONNECTIONS
from functions.clock import Clock
from functions.epoch_notes import NoteReader
from functions.order_intake.lease import Grant, LeaseKeeper, Refusal
from functions.order_item import Item
from functions.outbox import MAX_BATCH, Outbox, StreamUnavailableError
from functions.redrive.pace import Pace


@dataclass
class Swept:
    """What became of the outbox; `oldest` is the time of the oldest order left in it, in milliseconds since 1970.

    `held` orders are of an older epoch: `functions.redrive.republish` publishes and names them, or the trading desk
    decides.
    """

    published: int = 0
    not_published: int = 0
    held: int = 0
    oldest: int | None = None
    trouble: str | None = None


class Sweep:
    """One look at every shard of the outbox.

    Orders younger than `settle_milliseconds` are still in the hands of order intake and left alone. What waits for a
    name (`order_record.waits_for_a_name`) is held.
    """

    def __init__(
        self,
        dynamodb: Any,
        outbox: Outbox,
        keeper: LeaseKeeper,
        republished: NoteReader,
        clock: Clock,
        *,
        table: str,
        settle_milliseconds: int,
    ) -> None:
        self._republished = republished
        self._dynamodb = dynamodb
        self._outbox = outbox
        self._keeper = keeper
        self._clock = clock
        self._table = table
        self._settle = settle_milliseconds

    def run(self, pace: Pace) -> Swept:
        """Publishes until the outbox is empty, the lease is lost or the time is up; never raises for a store."""
        swept = Swept()
        try:
            for page in self._pages():
                if not self._publish_all(page, pace, swept):
                    break
        except (BotoCoreError, ClientError) as error:
            swept.trouble = f"{self._table}: {failures.code(error)}: {error}"
        return swept

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        settled = str(self._clock() - self._settle)
        for shard in order_item.outbox_shards():
            query = {
                "TableName": self._table,
                "IndexName": order_item.OUTBOX_INDEX,
                "KeyConditionExpression": "outbox = :shard AND accepted_at <= :settled",
                "ExpressionAttributeValues": {":shard": {"S": shard}, ":settled": {"N": settled}},
                "Limit": MAX_BATCH,
            }
            for page in self._dynamodb.get_paginator("query").paginate(**query):
                if page["Items"]:
                    yield page["Items"]

    def _publish_all(self, page: list[dict[str, Any]], pace: Pace, swept: Swept) -> bool:
        """Publishes the orders of one page; false when no more can be done."""
        waiting: dict[str, Item] = {}
        for attributes in page:
            try:
                item = order_item.from_attributes(attributes)
            except order_item.MalformedOrderItemError as error:
                swept.not_published += 1
                swept.trouble = str(error)
                continue
            waiting[item["order_id"]] = item
        self._hold_back(waiting, swept)
        # The order of every item goes before its cancellation: first all first versions, then all second ones.
        for version in (order_item.ENTERED, order_item.CANCELLING):
            due = [item for item in waiting.values() if version in order_record.unpublished(item)]
            if not due:
                continue
            if not pace.step(len(due)):
                return self._left(waiting, swept)
            confirmed = self._put(due, version, swept)
            if confirmed is None:
                return self._left(waiting, swept)
            for item in due:
                if item["order_id"] not in confirmed.orders:
                    self._left({item["order_id"]: waiting.pop(item["order_id"])}, swept)
            whole = [item for item in due if item["order_id"] in waiting and item["version"] == version]
            self._mark(whole, version, confirmed.epoch)
            for item in whole:
                del waiting[item["order_id"]]
            swept.published += len(whole)
        return True

    def _hold_back(self, waiting: dict[str, Item], swept: Swept) -> None:
        """Takes out what is published by name alone."""
        grant = self._keeper.grant()
        if not isinstance(grant, Grant):
            return
        epoch, note = grant.epoch, self._republished
        for identity in [one for one, item in waiting.items() if order_record.waits_for_a_name(item, epoch, note)]:
            del waiting[identity]
            swept.held += 1

    def _mark(self, items: Iterable[Item], version: int, epoch: int) -> None:
        """As many at a time as there are connections: one after the other, marks are slower than the stream."""
        at = self._clock()
        with ThreadPoolExecutor(CONNECTIONS) as marking:
            for item in items:
                marking.submit(self._outbox.mark, item["order_id"], version, epoch=epoch, at=at)

    def _put(self, due: list[Item], version: int, swept: Swept) -> _Confirmed | None:
        """The orders that the stream took under the lease; None when nothing can be published now."""
        grant = self._keeper.grant()
        if not isinstance(grant, Grant):
            # A standby region leaves the outbox to the holder: that is no trouble, not to know who holds it is.
            swept.trouble = None if grant is Refusal.NOT_HOLDER and not self._keeper.trouble else grant.value
            return None
        publication = order_record.Publication(grant.region, grant.epoch, grant.valid_until)
        try:
            taken = self._outbox.put_all([order_record.record(item, version, publication) for item in due])
        except StreamUnavailableError as error:
            swept.trouble = str(error)
            return None
        if not self._keeper.confirms(grant):
            swept.trouble = "records were confirmed after the lease had ended; they are published again"
            return None
        return _Confirmed(grant.epoch, frozenset(record.order_id for record in taken))

    def _left(self, items: dict[str, Item], swept: Swept) -> bool:
        swept.not_published += len(items)
        times = [item["accepted_at"] for item in items.values()]
        if swept.oldest is not None:
            times.append(swept.oldest)
        swept.oldest = min(times, default=None)
        return False


@dataclass(frozen=True)
class _Confirmed:
    """What the stream took under one lease."""

    epoch: int
    orders: frozenset[str]


def is_held(item: Item, grant: Grant, now: int, hold_milliseconds: int) -> bool:
    """Whether an order is left to the trading desk: of an older epoch, and older than the limit."""
    return item["epoch"] < grant.epoch and now - item["accepted_at"] > hold_milliseconds
