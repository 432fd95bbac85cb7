"""Restores cancellations that a late write of the old region has overwritten.

A global table keeps the last of two writes to one item. A process of the old region that stood still may write an order
after the new region has accepted its cancellation; the cancellation's own item survives (`functions.order_item`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures, order_item
from functions.clock import Clock
from functions.order_intake.lease import Grant, LeaseKeeper
from functions.redrive.republish import NotPublishedError, following

_CONDITION_FAILED = "ConditionalCheckFailedException"
# BatchGetItem takes 100 keys (DynamoDB API Reference).
_PAGE = 100
# So many reads end well within the time of a call that somebody waits for.
_READS_OF_A_PAGE = 64


@dataclass
class Restored:
    """Ids of the orders of one page: those whose cancellation was restored, and those that an engine had taken before
    the cancellation arrived, which are `too_late`. `cursor` is None after the last page."""

    restored: list[str] = field(default_factory=list)
    too_late: list[str] = field(default_factory=list)
    cursor: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Cancellations:
    """Works through the cancellations of the index `by_change`, a page at a time. Raises NotPublishedError."""

    dynamodb: Any
    keeper: LeaseKeeper
    clock: Clock
    table: str

    def page(self, since: int, cursor: Mapping[str, Any] | None) -> Restored:
        """One page of the cancellations that were accepted at `since` or later, in milliseconds since 1970.

        The order is in the outbox again, which publishes the cancellation; a copy has the same idempotency key. Shards
        without an overwritten cancellation take no page of their own, up to a number of reads.
        """
        for _ in range(_READS_OF_A_PAGE):
            page = self._shard(since, cursor)
            if page.cursor is None or page.restored or page.too_late:
                return page
            cursor = page.cursor
        return Restored(cursor=cursor)

    def _shard(self, since: int, cursor: Mapping[str, Any] | None) -> Restored:
        grant = self.keeper.grant()
        if not isinstance(grant, Grant):
            raise NotPublishedError(grant.value)
        shards, number = order_item.change_shards(), int((cursor or {}).get("shard", 0))
        restored = Restored()
        try:
            answer = self._query(shards[number], since, (cursor or {}).get("start"))
            kept = {order_item.cancelled_order(one): one for one in answer["Items"]}
            for order in self._without_request(list(kept)):
                if order["status"] != order_item.ACCEPTED:
                    restored.too_late.append(order["order_id"])
                elif self._restore(order, kept[order["order_id"]], grant):
                    restored.restored.append(order["order_id"])
        except (BotoCoreError, ClientError, order_item.MalformedOrderItemError) as error:
            raise NotPublishedError(f"{self.table}: {failures.code(error)}: {error}") from error
        restored.cursor = following(number, answer.get("LastEvaluatedKey"), len(shards))
        return restored

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

    def _without_request(self, order_ids: list[str]) -> list[dict[str, Any]]:
        """Those of the orders whose item knows no request to cancel."""
        if not order_ids:
            return []
        keys = [{order_item.KEY_ATTRIBUTE: {"S": identity}} for identity in order_ids]
        answer = self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
        if answer.get("UnprocessedKeys"):
            raise NotPublishedError(f"{self.table}: not every order was read")
        found = [order_item.from_attributes(one) for one in answer["Responses"].get(self.table, [])]
        return [one for one in found if "cancel_requested_at" not in one]

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
