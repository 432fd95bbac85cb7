"""Carries out what the trading desk decides about held orders: publish them all the same, or refuse them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures, order_item
from functions.clock import Clock
from functions.order_intake.lease import Grant, LeaseKeeper
from functions.redrive.errors import NotPublishedError
from functions.redrive.republish import Republish

MAX_DECIDED = 500
"""Orders of one decision: one call of the stream takes them all."""


@dataclass
class Decided:
    """What became of each order of a decision; `not_done` says why, by order."""

    released: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    not_done: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Desk:
    """Decides open orders by id, under the lease. A repeated decision does no harm."""

    dynamodb: Any
    republish: Republish
    keeper: LeaseKeeper
    clock: Clock
    table: str

    def release(self, order_ids: Sequence[str]) -> Decided:
        """Publish the orders, however old they are."""
        decided, items = Decided(), []
        for identity in order_ids:
            item = self._open(identity, decided)
            if item is not None:
                items.append(item)
        try:
            self.republish.publish(items)
        except NotPublishedError as error:
            decided.not_done |= {item["order_id"]: str(error) for item in items}
            return decided
        decided.released = [item["order_id"] for item in items]
        return decided

    def refuse(self, order_ids: Sequence[str]) -> Decided:
        """Close the orders: no engine gets them any more."""
        decided = Decided()
        for identity in order_ids:
            grant = self.keeper.grant()
            if not isinstance(grant, Grant):
                decided.not_done[identity] = grant.value
            elif self._open(identity, decided) is not None:
                self._close(identity, grant, decided)
        return decided

    def _open(self, identity: str, decided: Decided) -> dict[str, Any] | None:
        key = {order_item.KEY_ATTRIBUTE: {"S": identity}}
        try:
            found = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
            item = order_item.from_attributes(found) if found else None
        except (BotoCoreError, ClientError, order_item.MalformedOrderItemError) as error:
            decided.not_done[identity] = f"{failures.code(error)}: {error}"
            return None
        if item is None or item["status"] not in order_item.OPEN:
            decided.not_done[identity] = f"is {item['status']} already" if item else "is not in the table"
            return None
        return item

    def _close(self, identity: str, grant: Grant, decided: Decided) -> None:
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={order_item.KEY_ATTRIBUTE: {"S": identity}},
                UpdateExpression="SET #status = :refused, write_epoch = :epoch, changed_at = :at REMOVE outbox",
                ConditionExpression="#status IN (:accepted, :requested)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":refused": {"S": order_item.REFUSED},
                    ":accepted": {"S": order_item.ACCEPTED},
                    ":requested": {"S": order_item.CANCEL_REQUESTED},
                    ":epoch": {"N": str(grant.epoch)},
                    ":at": {"N": str(self.clock())},
                },
            )
        except (BotoCoreError, ClientError) as error:
            decided.not_done[identity] = f"{failures.code(error)}: {error}"
            return
        decided.refused.append(identity)
