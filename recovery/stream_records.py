"""Records of a region's order stream since a moment.

Nothing overwrites an acceptance in the stream. A client that repeats its order in the new region overwrites the table's
item of the first acceptance, because a global table keeps the last of two writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Body = Mapping[str, Any]
"""A record's JSON object (`functions.order_record`)."""
# Amazon Kinesis Data Streams API Reference, GetRecords: five calls a second for each shard, 10,000 records or 10 MB.
_BETWEEN_CALLS_MILLISECONDS = 200
_MOST_RECORDS = 10_000


def pages(client: Any, stream: str, since: int, sleep: Callable[[int], None]) -> Iterator[list[Body]]:
    """Pages of records that arrived at `since` or later, in milliseconds since 1970; `sleep` takes milliseconds."""
    for shard in _shards(client, stream):
        moment = datetime.fromtimestamp(since / 1000, UTC)
        iterator = client.get_shard_iterator(
            StreamName=stream, ShardId=shard, ShardIteratorType="AT_TIMESTAMP", Timestamp=moment
        )["ShardIterator"]
        while iterator:
            page = client.get_records(ShardIterator=iterator, Limit=_MOST_RECORDS)
            yield [json.loads(record["Data"]) for record in page["Records"]]
            # An empty page before the end is usual; the age of what is next tells where the end is.
            if not page["Records"] and not page.get("MillisBehindLatest"):
                break
            iterator = page.get("NextShardIterator")
            sleep(_BETWEEN_CALLS_MILLISECONDS)


def _shards(client: Any, stream: str) -> Iterator[str]:
    """Ids of all shards, those that were split or merged included."""
    more: dict[str, Any] = {"StreamName": stream}
    while True:
        answer = client.list_shards(**more)
        yield from (shard["ShardId"] for shard in answer["Shards"])
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}
