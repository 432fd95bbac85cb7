"""Trading engines of both regions: consumers of the order streams that trade orders or cancel open orders.

An engine keeps the contract of consumers (`functions.order_record`): it drops a copy of a record that it has handled,
and sets aside a copy that arrived late. It takes an order only if the item still has the status accepted. It has no
contact with the other region, so both regions may trade one order; the drill counts such orders.
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
from rehearsal.drill.testbed import Testbed

FILLED, CANCELLED = "FILLED", "CANCELLED"
_LOOKS_EVERY = 0.5


class Engine:
    """One engine in the region of a site. `traded` holds the ids of the orders that it has taken."""

    def __init__(self, testbed: Testbed, site: Site, since: int) -> None:
        self._dynamodb = testbed.client("dynamodb", site.region, site.region)
        self._table = testbed.configuration.tables.orders
        self._reader = Reader(testbed.client("kinesis", site.region, site.region), site.order_stream, since)
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
            # A lost region fails the calls. The engine continues from its last position.
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
        """Change the status of the item; return whether it changed. Raises the SDK's errors except a failed
        condition."""
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
