"""What consumers of the order streams get."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from recovery.configuration import Site
from rehearsal.drill.world import World


def published(world: World, since: int, sites: Sequence[Site] | None = None) -> set[str]:
    """Ids of the orders in the streams of `sites`, or of both regions, that arrived at `since` or later (milliseconds
    since 1970)."""
    found: set[str] = set()
    for site in sites or (world.configuration.primary, world.configuration.standby):
        for record in _records(world.client("kinesis", site.region), site.order_stream, since):
            found.add(_order_id(json.loads(record)))
    return found


def _records(client: Any, stream: str, since: int) -> Iterator[bytes]:
    moment = datetime.fromtimestamp(since / 1000, UTC)
    for shard in client.list_shards(StreamName=stream)["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="AT_TIMESTAMP", Timestamp=moment
        )["ShardIterator"]
        while iterator:
            page = client.get_records(ShardIterator=iterator, Limit=10_000)
            yield from (record["Data"] for record in page["Records"])
            if not page["Records"]:
                break
            iterator = page.get("NextShardIterator")


def _order_id(record: dict[str, Any]) -> str:
    return record["order_id"]
