"""Publishes the open orders of older epochs again, in the region that took over.

An order that the old region published may have been lost with that region's stream before an engine read it. Its item
says so as long as no engine has taken it (`functions.order_item`). A copy too many has the same idempotency key, by
which engines drop it. Nothing is written to the orders: a write of this region could overwrite what an engine of the
old region wrote in time, and what has not arrived yet.

The caller asks for a page of orders, writes down their ids, and then has these ids published: an order is named before
an engine can take it. An order that an engine has taken is no longer listed, so a page whose answer was lost would
otherwise leave orders without a name.

Orders that are older than a limit are not published: the market has moved, and the trading desk decides
(`functions.redrive.desk`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures, order_item, order_record
from functions.clock import Clock
from functions.order_intake.lease import Grant, LeaseKeeper
from functions.order_item import Item
from functions.outbox import MAX_BATCH, Outbox, StreamUnavailableError
from functions.redrive.errors import NotPublishedError
from functions.redrive.outbox import is_held
from functions.redrive.stored import stored


@dataclass
class Page:
    """Ids of the open orders of one page: `republished` are to be published, `held` wait for the trading desk,
    `malformed` items cannot be read.

    `cursor` is where the next page begins, None after the last one.
    """

    republished: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    cursor: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Republish:
    """Lists the open orders of older epochs, a page at a time, and publishes orders by id. Raises NotPublishedError."""

    dynamodb: Any
    outbox: Outbox
    keeper: LeaseKeeper
    clock: Clock
    table: str
    hold_milliseconds: int

    def page(self, cursor: Mapping[str, Any] | None, limit: int = MAX_BATCH) -> Page:
        """List one page of up to `limit` orders, from `cursor` on; `cursor` is JSON and None at first. Empty shards
        take no page of their own."""
        while True:
            page = self._shard(cursor, limit)
            if page.cursor is None or page.republished or page.held or page.malformed:
                return page
            cursor = page.cursor

    def _shard(self, cursor: Mapping[str, Any] | None, limit: int) -> Page:
        grant = self._grant()
        shards = [*order_item.waiting_shards(), *order_item.outbox_shards()]
        number = int((cursor or {}).get("shard", 0))
        start = (cursor or {}).get("start")
        try:
            answer = self._query(shards[number], grant, limit, start)
            page, due = Page(), self._due(answer["Items"], grant)
            for attributes in due.malformed:
                page.malformed.append(str(attributes.get(order_item.KEY_ATTRIBUTE, {}).get("S")))
            now = self.clock()
            page.held = [item["order_id"] for item in due.orders if is_held(item, grant, now, self.hold_milliseconds)]
            held = set(page.held)
        except (BotoCoreError, ClientError) as error:
            raise NotPublishedError(f"{self.table}: {failures.code(error)}: {error}") from error
        page.republished = [item["order_id"] for item in due.orders if item["order_id"] not in held]
        page.cursor = following(number, answer.get("LastEvaluatedKey"), len(shards))
        return page

    def publish_open(self, order_ids: Sequence[str]) -> None:
        """Publish those of the orders that are still open and of an older epoch, with the cancellation of each."""
        grant = self._grant()
        try:
            found = self._due(stored(self.dynamodb, self.table, order_ids), grant)
            wanted = self._with_cancellations(found.orders)
        except (BotoCoreError, ClientError) as error:
            raise NotPublishedError(f"{self.table}: {failures.code(error)}: {error}") from error
        self.publish(wanted)

    def publish(self, items: Sequence[Item]) -> None:
        """Puts every version of the orders to the stream, all first versions before all second ones, and marks what
        the outbox holds."""
        for version in (order_item.ENTERED, order_item.CANCELLING):
            due = [item for item in items if item["version"] >= version]
            for start in range(0, len(due), MAX_BATCH):
                self._put(due[start : start + MAX_BATCH], version)

    def _put(self, due: Sequence[Item], version: int) -> None:
        grant = self._grant()
        publication = order_record.Publication(grant.region, grant.epoch, grant.valid_until)
        try:
            taken = self.outbox.put_all([order_record.record(item, version, publication) for item in due])
        except StreamUnavailableError as error:
            raise NotPublishedError(str(error)) from error
        if not self.keeper.confirms(grant):
            raise NotPublishedError("records were confirmed after the lease had ended")
        confirmed = {record.order_id for record in taken}
        for item in due:
            unpublished = item["published"] < version == item["version"]
            if unpublished and item["order_id"] in confirmed:
                self.outbox.mark(item["order_id"], version, epoch=grant.epoch, at=self.clock())
        if len(confirmed) < len({item["order_id"] for item in due}):
            raise NotPublishedError(f"the stream took {len(confirmed)} of {len(due)} records")

    def _grant(self) -> Grant:
        grant = self.keeper.grant()
        if not isinstance(grant, Grant):
            raise NotPublishedError(f"{grant.value}{f' ({self.keeper.trouble})' if self.keeper.trouble else ''}")
        return grant

    def _query(self, shard: str, grant: Grant, limit: int, start: Any) -> Any:
        return self.dynamodb.query(
            TableName=self.table,
            IndexName=order_item.OUTBOX_INDEX,
            KeyConditionExpression="outbox = :shard",
            FilterExpression="epoch < :epoch",
            ExpressionAttributeValues={":shard": {"S": shard}, ":epoch": {"N": str(grant.epoch)}},
            Limit=limit,
            **({"ExclusiveStartKey": start} if start else {}),
        )

    def _due(self, page: Iterable[Mapping[str, Any]], grant: Grant) -> _Due:
        due = _Due()
        for attributes in page:
            try:
                item = order_item.from_attributes(attributes)
            except order_item.MalformedOrderItemError:
                due.malformed.append(attributes)
                continue
            if item["status"] in order_item.OPEN and item["epoch"] < grant.epoch:
                due.orders.append(item)
        return due

    def _with_cancellations(self, items: Sequence[Item]) -> list[Item]:
        """The orders, each with the cancellation that was accepted for it, whatever has overwritten its item."""
        accepted = [item["order_id"] for item in items if item["status"] == order_item.ACCEPTED]
        kept = stored(self.dynamodb, self.table, [order_item.cancellation_id(one) for one in accepted])
        found = {order_item.cancelled_order(attributes): attributes for attributes in kept}
        return [
            order_item.with_cancellation(item, found[item["order_id"]]) if item["order_id"] in found else item
            for item in items
        ]


@dataclass
class _Due:
    orders: list[Item] = field(default_factory=list)
    malformed: list[Mapping[str, Any]] = field(default_factory=list)


def following(number: int, last: Any, shards: int) -> Mapping[str, Any] | None:
    """Cursor of the next page: in the same shard, in the next one, or None after the last."""
    if last:
        return {"shard": number, "start": last}
    return {"shard": number + 1, "start": None} if number + 1 < shards else None
