"""Orders that were written since a moment, by the index `by_change` (`functions.order_item`).

The cost is that of what was written, whatever the table holds. The index is read eventually; it lacks what was written
in the last moments, usually well under a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions import order_item
from functions.order_item import Item

Page = list[Mapping[str, Any]]


def pages(client: Any, table: str, since: int, **more: Any) -> Iterator[Page]:
    """Pages of stored items, orders and cancellations, changed at `since` or later (milliseconds since 1970).

    `more` are arguments of Query, e.g. a filter with its values.
    """
    values = {":since": {"N": str(since)}, **more.pop("ExpressionAttributeValues", {})}
    for shard in order_item.change_shards():
        found = client.get_paginator("query").paginate(
            TableName=table,
            IndexName=order_item.BY_CHANGE_INDEX,
            KeyConditionExpression="change_shard = :shard AND changed_at >= :since",
            ExpressionAttributeValues={":shard": {"S": shard}, **values},
            **more,
        )
        for page in found:
            yield page["Items"]


def orders_up_to_epoch(client: Any, table: str, epoch: int, since: int) -> Iterator[list[Item]]:
    """Pages of the orders that were accepted at `since` or later, under `epoch` or one before it."""
    found = pages(
        client,
        table,
        since,
        FilterExpression="epoch <= :epoch AND accepted_at >= :since",
        ExpressionAttributeValues={":epoch": {"N": str(epoch)}},
    )
    for page in found:
        yield [order_item.from_attributes(attributes) for attributes in page]


def cancellations(client: Any, table: str, since: int) -> Iterator[Page]:
    """Pages of the cancellations that were accepted at `since` or later."""
    return pages(
        client,
        table,
        since,
        FilterExpression="#kind = :cancellation",
        ExpressionAttributeNames={"#kind": "kind"},
        ExpressionAttributeValues={":cancellation": {"S": order_item.CANCELLATION}},
    )


def oldest_of_the_newest(client: Any, table: str, epoch: int) -> int | None:
    """When the shard that is the furthest behind was written last under `epoch` or one before it; None if never.

    Orders spread evenly over the shards, so a shard that is behind the others shows how late replication is. Where few
    orders flow, a shard may look late: then a window that begins there holds few orders too.
    """
    newest = [at for shard in order_item.change_shards() if (at := _newest(client, table, shard, epoch)) is not None]
    return min(newest, default=None)


def _newest(client: Any, table: str, shard: str, epoch: int) -> int | None:
    start: dict[str, Any] = {}
    while True:
        answer = client.query(
            TableName=table,
            IndexName=order_item.BY_CHANGE_INDEX,
            KeyConditionExpression="change_shard = :shard",
            FilterExpression="epoch <= :epoch",
            ExpressionAttributeValues={":shard": {"S": shard}, ":epoch": {"N": str(epoch)}},
            ScanIndexForward=False,
            Limit=_LOOKED_AT,
            **start,
        )
        if answer["Items"]:
            return int(answer["Items"][0]["changed_at"]["N"])
        if "LastEvaluatedKey" not in answer:
            return None
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


# The newest orders may be of the new epoch, which has just begun.
_LOOKED_AT = 20
