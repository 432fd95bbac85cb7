"""Engines of both regions: consumers of the order streams that take orders, and cancel those that are not taken yet.

An engine keeps the contract of consumers (`functions.order_record`): it drops a copy of a record that it has handled,
and sets aside a copy that arrived late. It takes an order on the condition that the item is still accepted. It knows
nothing of the other region, so an order may be traded twice; the drill counts that.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import order_item, order_record
from functions.clock import system_clock
from recovery.configuration import Site
from rehearsal.drill.stream import Reader
from rehearsal.drill.world import World

FILLED, CANCELLED = "FILLED", "CANCELLED"
_LOOKS_EVERY = 0.5


class Engine:
    """One engine in the region of a site. `traded` are the orders that it has taken, by id."""

    def __init__(self, world: World, site: Site, since: int) -> None:
        self._dynamodb = world.client("dynamodb", site.region, site.region)
        self._table = world.configuration.tables.orders
        self._reader = Reader(world.client("kinesis", site.region, site.region), site.order_stream, since)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._handled: set[str] = set()
        self.traded: set[str] = set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_LOOKS_EVERY):
            # A region that is lost takes the calls with it; the engine goes on where it was.
            with suppress(BotoCoreError, ClientError):
                for body, arrived_at in self._reader.next_records():
                    if body["idempotency_key"] not in self._handled and not order_record.late(body, arrived_at):
                        self._handle(body)
                        self._handled.add(body["idempotency_key"])

    def _handle(self, body: Mapping[str, Any]) -> None:
        if body["kind"] == "cancel":
            self._close(body["order_id"], CANCELLED, order_item.CANCEL_REQUESTED)
        elif self._close(body["order_id"], FILLED, order_item.ACCEPTED):
            self.traded.add(body["order_id"])

    def _close(self, order: str, status: str, open_status: str) -> bool:
        """Whether this call changed the item. Raises the SDK's errors but for a failed condition."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={order_item.KEY_ATTRIBUTE: {"S": order}},
                UpdateExpression="SET #status = :status, changed_at = :at REMOVE outbox",
                ConditionExpression="#status = :open",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":status": {"S": status},
                    ":open": {"S": open_status},
                    ":at": {"N": str(system_clock())},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True
