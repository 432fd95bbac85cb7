"""Records that consumers read from the order streams."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from recovery.configuration import Site
from rehearsal.drill.testbed import Testbed

Body = Mapping[str, Any]


def published(testbed: Testbed, since: int, sites: Sequence[Site] | None = None, kind: str | None = None) -> set[str]:
    """Return ids of orders in the streams of `sites` (default: both) since `since` (milliseconds since 1970).

    With `kind`, only records of that kind count.
    """
    found: set[str] = set()
    for site in sites or (testbed.configuration.primary, testbed.configuration.standby):
        reader = Reader(testbed.client("kinesis", site.region), site.order_stream, since)
        while records := list(reader.next_records()):
            found |= {body["order_id"] for body, _ in records if kind in (None, body["kind"])}
    return found


class Reader:
    """Reads a stream shard by shard from a time on (milliseconds since 1970). Raises the SDK's errors."""

    def __init__(self, client: Any, stream: str, since: int) -> None:
        self._client, self._stream = client, stream
        self._since = datetime.fromtimestamp(since / 1000, UTC)
        self._iterators: dict[str, str] = {}

    def next_records(self) -> Iterator[tuple[Body, int]]:
        """Return records since the last call, each with its arrival time in milliseconds since 1970."""
        for shard in self._shards():
            answer = self._client.get_records(ShardIterator=self._iterators[shard], Limit=10_000)
            # The position changes after the records were handled, so a consumer that fails reads them again.
            for record in answer["Records"]:
                yield json.loads(record["Data"]), round(record["ApproximateArrivalTimestamp"].timestamp() * 1000)
            self._iterators[shard] = answer["NextShardIterator"]

    def _shards(self) -> list[str]:
        if not self._iterators:
            for shard in self._client.list_shards(StreamName=self._stream)["Shards"]:
                identity = shard["ShardId"]
                self._iterators[identity] = self._client.get_shard_iterator(
                    StreamName=self._stream,
                    ShardId=identity,
                    ShardIteratorType="AT_TIMESTAMP",
                    Timestamp=self._since,
                )["ShardIterator"]
        return list(self._iterators)
