"""How an accepted order reaches the order stream for certain.

The outbox is the orders table itself: an order is written with `published` behind `version` and the sparse index
attribute `outbox`, in one write. Then its record is put to the stream, and then the item is marked. Whatever fails in
between leaves the order in the outbox: the client's repeat publishes it, or the redrive does, under the lease that is
valid then. So none is lost. A copy too many (the put succeeded, its answer or the mark did not) has the same
idempotency key, by which consumers drop it: none is handled twice.

The mark is a third call on the way to the answer. It is made there all the same: without it the redrive would publish
a second copy of every order. A mark that fails costs such a copy and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import order_item
from functions.order_record import Record

# PutRecords takes 500 records and 5 MB (Kinesis API Reference); a record here is under 1 KB.
MAX_BATCH = 500


class StreamUnavailableError(Exception):
    """The stream did not confirm a record, which may be in it or not."""


class Outbox:
    """Publishes versions of orders and marks what is published."""

    def __init__(self, dynamodb: Any, kinesis: Any, *, table: str, stream: str) -> None:
        self._dynamodb = dynamodb
        self._kinesis = kinesis
        self._table = table
        self._stream = stream

    def put(self, record: Record) -> None:
        """Raises StreamUnavailableError."""
        try:
            self._kinesis.put_record(StreamName=self._stream, Data=record.data, PartitionKey=record.partition_key)
        except (BotoCoreError, ClientError) as error:
            raise StreamUnavailableError(f"the stream {self._stream} did not take a record: {error}") from error

    def put_all(self, records: Sequence[Record]) -> list[Record]:
        """Puts up to MAX_BATCH records, and gives those that the stream confirmed; raises StreamUnavailableError."""
        entries = [{"Data": record.data, "PartitionKey": record.partition_key} for record in records]
        try:
            answer = self._kinesis.put_records(StreamName=self._stream, Records=entries)
        except (BotoCoreError, ClientError) as error:
            raise StreamUnavailableError(f"the stream {self._stream} did not take records: {error}") from error
        results = zip(records, answer["Records"], strict=True)
        return [record for record, result in results if not result.get("ErrorCode")]

    def mark(self, order_id: str, version: int, *, epoch: int, at: int | None = None) -> bool:
        """Note that `version` and all before it are in the stream, under `epoch`; False if that failed.

        The order then waits for an engine. A later writer gives `at`, the time of its mark, so that a comparison of
        what was changed sees it. A version that came meanwhile is not in the stream yet, and keeps the order in the
        outbox; an order that an engine has taken, or that a later epoch has written, is left as it is.
        """
        changed = {":at": {"N": str(at)}} if at is not None else {}
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={order_item.KEY_ATTRIBUTE: {"S": order_id}},
                UpdateExpression=(
                    "SET published = :version, write_epoch = :epoch, outbox = :waiting"
                    + (", changed_at = :at" if changed else "")
                ),
                ConditionExpression="version = :version AND outbox = :unpublished AND write_epoch <= :epoch",
                ExpressionAttributeValues={
                    ":version": {"N": str(version)},
                    ":epoch": {"N": str(epoch)},
                    ":waiting": {"S": order_item.waiting_shard(order_id)},
                    ":unpublished": {"S": order_item.outbox_shard(order_id)},
                    **changed,
                },
            )
        except (BotoCoreError, ClientError):
            return False
        return True
