"""Restores cancellations that a late write of the old region has overwritten.

A global table keeps the last of two writes to one item. A process of the old region that stood still may write an order
after the new region has accepted its cancellation; the cancellation's own item survives (`functions.order_item`).

The caller asks for a page, writes down its orders, and then has these restored: an order is named before it changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures, order_item
from functions.clock import Clock
from functions.order_intake.lease import Grant, LeaseKeeper
from functions.redrive.errors import NotPublishedError
from functions.redrive.republish import following
from functions.redrive.stored import stored

_CONDITION_FAILED = "ConditionalCheckFailedException"
_PAGE = 100
# So many reads end well within the time of a call that somebody waits for.
_READS_OF_A_PAGE = 64


@dataclass
class Overwritten:
    """Ids of the orders of one page whose item lacks their cancellation: `restored` are open and to be restored; an
    engine had taken those that are `too_late`. `cursor` is where the next page begins, None after the last one."""

    restored: list[str] = field(default_factory=list)
    too_late: list[str] = field(default_factory=list)
    cursor: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Cancellations:
    """Lists the cancellations of the index `by_change` that were overwritten, a page at a time, and restores them.
    Raises NotPublishedError."""

    dynamodb: Any
    keeper: LeaseKeeper
    clock: Clock
    table: str

    def page(self, since: int, cursor: Mapping[str, Any] | None) -> Overwritten:
        """List one page of the cancellations that were accepted at `since` or later, in milliseconds since 1970.

        Shards without an overwritten cancellation take no page of their own, up to a number of reads.
        """
        self._grant()
        for _ in range(_READS_OF_A_PAGE):
            page = self._shard(since, cursor)
            if page.cursor is None or page.restored or page.too_late:
                return page
            cursor = page.cursor
        return Overwritten(cursor=cursor)

    def restore(self, order_ids: Sequence[str]) -> list[str]:
        """Restore the cancellations of the orders; return those that an engine has taken, which it is too late
        to cancel.

        A restored order is in the outbox again, which publishes the cancellation; a copy has the same idempotency key.
        """
        grant, too_late = self._grant(), list[str]()
        try:
            orders = self._without_request(order_ids)
            kept = self._kept([order["order_id"] for order in orders])
            for order in orders:
                identity = order["order_id"]
                if identity in kept and not self._restore(order, kept[identity], grant):
                    too_late.append(identity)
        except (BotoCoreError, ClientError, order_item.MalformedOrderItemError) as error:
            raise NotPublishedError(f"{self.table}: {failures.code(error)}: {error}") from error
        return too_late

    def _grant(self) -> Grant:
        grant = self.keeper.grant()
        if not isinstance(grant, Grant):
            raise NotPublishedError(grant.value)
        return grant

    def _shard(self, since: int, cursor: Mapping[str, Any] | None) -> Overwritten:
        shards, number = order_item.change_shards(), int((cursor or {}).get("shard", 0))
        page = Overwritten()
        try:
            answer = self._query(shards[number], since, (cursor or {}).get("start"))
            for order in self._without_request([order_item.cancelled_order(one) for one in answer["Items"]]):
                found = page.restored if order["status"] == order_item.ACCEPTED else page.too_late
                found.append(order["order_id"])
        except (BotoCoreError, ClientError, order_item.MalformedOrderItemError) as error:
            raise NotPublishedError(f"{self.table}: {failures.code(error)}: {error}") from error
        page.cursor = following(number, answer.get("LastEvaluatedKey"), len(shards))
        return page

    def _query(self, shard: str, since: int, start: Any) -> Any:
        return self.dynamodb.query(
            TableName=self.table,
            IndexName=order_item.BY_CHANGE_INDEX,
            KeyConditionExpression="change_shard = :shard AND changed_at >= :since",
            FilterExpression="#kind = :cancellation",
            ExpressionAttributeNames={"#kind": "kind"},
            ExpressionAttributeValues={
                ":shard": {"S": shard},
                ":since": {"N": str(since)},
                ":cancellation": {"S": order_item.CANCELLATION},
            },
            Limit=_PAGE,
            **({"ExclusiveStartKey": start} if start else {}),
        )

    def _without_request(self, order_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Those of the orders whose item knows no request to cancel."""
        found = [order_item.from_attributes(one) for one in stored(self.dynamodb, self.table, order_ids)]
        return [one for one in found if "cancel_requested_at" not in one]

    def _kept(self, order_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The stored cancellations, by order."""
        found = stored(self.dynamodb, self.table, [order_item.cancellation_id(one) for one in order_ids])
        return {order_item.cancelled_order(one): one for one in found}

    def _restore(self, order: Mapping[str, Any], kept: Mapping[str, Any], grant: Grant) -> bool:
        whole = order_item.to_attributes(order_item.with_cancellation(order, kept))
        changed = {name: whole[name] for name in ("status", "version", *_FIELDS) if name in whole}
        changed |= {
            "outbox": {"S": order_item.outbox_shard(order["order_id"])},
            "write_epoch": {"N": str(grant.epoch)},
            "changed_at": {"N": str(self.clock())},
        }
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={order_item.KEY_ATTRIBUTE: {"S": order["order_id"]}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changed),
                ConditionExpression="#status = :accepted",
                ExpressionAttributeNames={f"#{name}": name for name in changed},
                ExpressionAttributeValues={
                    ":accepted": {"S": order_item.ACCEPTED},
                    **{f":{name}": value for name, value in changed.items()},
                },
            )
        except ClientError as error:
            if failures.code(error) == _CONDITION_FAILED:
                return False
            raise
        return True


_FIELDS = ("cancel_requested_at", "cancel_region", "cancel_epoch", "cancel_trace")
