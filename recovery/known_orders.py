"""Which of the old region's last orders the new region knew when it took over.

Global tables send on what was waiting as soon as the old region is back, so an order that had not arrived in time
looks like any other soon after. What was known is therefore written down at the takeover: 8 bytes of the digest of
each order's id, for the orders of the old epoch and those before it that are younger than the window, in items of the
control table. Epochs before it count, since a switchover that was broken off leaves some under which no order came:

    item      S  "known_orders"             "known_orders#<epoch>"
    sequence  N  the epoch                  1, 2, 3, ...
    since     N  orders accepted from then on are covered, milliseconds since 1970
    chunks    N  how many there are
    digests   B                             sorted, 8 bytes each

Eight bytes of SHA-256: among ten million orders, the chance that a lost one is taken for a known one is 10^7 / 2^64,
one in 10^12 for each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from functions import order_item
from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE
from functions.order_item import Item

_ITEM = "known_orders"
WINDOW_MILLISECONDS = 15 * 60_000
"""How far back orders are listed: hundreds of times the usual lag of a global table, which is about a second (DynamoDB
Developer Guide, "Global tables: How it works")."""
_DIGEST_BYTES = 8
# An item holds 400 KB (DynamoDB quotas); with room for the rest of it.
_DIGESTS_IN_A_CHUNK = 40_000


@dataclass(frozen=True)
class KnownOrders:
    """The orders up to `epoch` accepted at `since` or later that were known."""

    epoch: int
    since: int
    digests: frozenset[bytes]

    def __contains__(self, order_id: object) -> bool:
        return isinstance(order_id, str) and digest_of(order_id) in self.digests


def digest_of(order_id: str) -> bytes:
    return hashlib.sha256(order_id.encode()).digest()[:_DIGEST_BYTES]


def up_to_epoch(client: Any, table: str, epoch: int, since: int) -> Iterator[Item]:
    """Orders of a table that were accepted at `since` or later, under an epoch or those before it. Reads the whole
    table, by pages."""
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="epoch <= :epoch AND accepted_at >= :since",
        ExpressionAttributeValues={":epoch": {"N": str(epoch)}, ":since": {"N": str(since)}},
    )
    for page in pages:
        for attributes in page["Items"]:
            yield order_item.from_attributes(attributes)


def write(client: Any, table: str, epoch: int, since: int, order_ids: Iterable[str]) -> int:
    """Writes them down and gives how many there are; the first item comes last and makes it whole."""
    digests = sorted({digest_of(order_id) for order_id in order_ids})
    chunks = [digests[start : start + _DIGESTS_IN_A_CHUNK] for start in range(0, len(digests), _DIGESTS_IN_A_CHUNK)]
    for number, chunk in enumerate(chunks, start=1):
        client.put_item(TableName=table, Item={**_key(_chunks_of(epoch), number), "digests": {"B": b"".join(chunk)}})
    head = {**_key(_ITEM, epoch), "since": {"N": str(since)}, "chunks": {"N": str(len(chunks))}}
    client.put_item(TableName=table, Item=head)
    return len(digests)


def latest(client: Any, table: str) -> KnownOrders | None:
    """What the last takeover wrote down, None if none did."""
    answer = client.query(
        TableName=table,
        KeyConditionExpression="#item = :known",
        ExpressionAttributeNames={"#item": KEY_ATTRIBUTE},
        ExpressionAttributeValues={":known": {"S": _ITEM}},
        ConsistentRead=True,
        ScanIndexForward=False,
        Limit=1,
    )
    return _read(client, table, answer["Items"][0]) if answer["Items"] else None


def read(client: Any, table: str, epoch: int) -> KnownOrders | None:
    """What was written down for an epoch, None if nothing was."""
    head = client.get_item(TableName=table, Key=_key(_ITEM, epoch), ConsistentRead=True).get("Item")
    return _read(client, table, head) if head else None


def _read(client: Any, table: str, head: Mapping[str, Any]) -> KnownOrders:
    epoch, digests = int(head[SORT_ATTRIBUTE]["N"]), set[bytes]()
    for number in range(1, int(head["chunks"]["N"]) + 1):
        answer = client.get_item(TableName=table, Key=_key(_chunks_of(epoch), number), ConsistentRead=True)
        content = bytes(answer["Item"]["digests"]["B"])
        digests.update(content[at : at + _DIGEST_BYTES] for at in range(0, len(content), _DIGEST_BYTES))
    return KnownOrders(epoch, int(head["since"]["N"]), frozenset(digests))


def _chunks_of(epoch: int) -> str:
    return f"{_ITEM}#{epoch}"


def _key(item: str, number: int) -> dict[str, Any]:
    return {KEY_ATTRIBUTE: {"S": item}, SORT_ATTRIBUTE: {"N": str(number)}}
