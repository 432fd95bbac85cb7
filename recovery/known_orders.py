"""Which of the old region's last orders the new region knew when it took over.

Global tables send on what was waiting as soon as the old region is back, so an order that had not arrived in time
looks like any other soon after. What was known is therefore written down at the takeover: 8 bytes of the digest of
each order's id, for the orders of the old epoch and those before it that are younger than the window, in items of the
control table. Epochs before it count, since a switchover that was broken off leaves some under which no order came:

    item      S  "known_orders"             "known_orders#<epoch>"
    sequence  N  the epoch                  1, 2, 3, ...
    since     N  orders accepted from then on are covered, milliseconds since 1970
    at        N  when it was written down, milliseconds since 1970
    chunks    N  how many there are
    digests   B                             sorted, 8 bytes each

Eight bytes of SHA-256: among ten million orders, the chance that a lost one is taken for a known one is 10^7 / 2^64,
one in 10^12 for each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE

_ITEM = "known_orders"
WINDOW_MILLISECONDS = 15 * 60_000
"""How far back orders are listed at least: hundreds of times the usual lag of a global table, which is about a second
(DynamoDB Developer Guide, "Global tables: How it works"). What was observed to be later than that comes on top."""
_DIGEST_BYTES = 8
# An item holds 400 KB (DynamoDB quotas); with room for the rest of it.
_DIGESTS_IN_A_CHUNK = 40_000


@dataclass(frozen=True)
class KnownOrders:
    """The orders up to `epoch` accepted at `since` or later that were known `at` a moment: 8 bytes in memory each."""

    epoch: int
    since: int
    at: int
    chunks: tuple[bytes, ...]

    def __contains__(self, order_id: object) -> bool:
        return isinstance(order_id, str) and any(_holds(chunk, digest_of(order_id)) for chunk in self.chunks)

    def __len__(self) -> int:
        return sum(map(len, self.chunks)) // _DIGEST_BYTES


def digest_of(order_id: str) -> bytes:
    return hashlib.sha256(order_id.encode()).digest()[:_DIGEST_BYTES]


def since(accepted_until: int, furthest_behind: int | None) -> int:
    """Where the window begins: before the end of the old lease, and before what had arrived last."""
    arrived = accepted_until if furthest_behind is None else min(accepted_until, furthest_behind)
    return max(0, arrived - WINDOW_MILLISECONDS)


def write(client: Any, table: str, epoch: int, since: int, at: int, order_ids: Iterable[str]) -> int:
    """Writes them down and gives how many there are; the first item comes last and makes it whole."""
    chunks, count, digests = 0, 0, list[bytes]()
    for order_id in order_ids:
        digests.append(digest_of(order_id))
        count += 1
        if len(digests) == _DIGESTS_IN_A_CHUNK:
            chunks += 1
            _write_chunk(client, table, epoch, chunks, digests)
            digests = []
    if digests:
        chunks += 1
        _write_chunk(client, table, epoch, chunks, digests)
    head = {
        **_key(_ITEM, epoch),
        "since": {"N": str(since)},
        "at": {"N": str(at)},
        "chunks": {"N": str(chunks)},
    }
    client.put_item(TableName=table, Item=head)
    return count


def latest(client: Any, table: str, before: int | None = None) -> KnownOrders | None:
    """What the last takeover wrote down, or the last one whose list is of an epoch under `before`; None if none did."""
    names, values = {"#item": KEY_ATTRIBUTE}, {":known": {"S": _ITEM}}
    if before is not None:
        names, values = {**names, "#sequence": SORT_ATTRIBUTE}, {**values, ":before": {"N": str(before)}}
    answer = client.query(
        TableName=table,
        KeyConditionExpression="#item = :known" + (" AND #sequence < :before" if before is not None else ""),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
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
    epoch, chunks = int(head[SORT_ATTRIBUTE]["N"]), list[bytes]()
    for number in range(1, int(head["chunks"]["N"]) + 1):
        answer = client.get_item(TableName=table, Key=_key(_chunks_of(epoch), number), ConsistentRead=True)
        chunks.append(bytes(answer["Item"]["digests"]["B"]))
    return KnownOrders(epoch, int(head["since"]["N"]), int(head["at"]["N"]), tuple(chunks))


def _write_chunk(client: Any, table: str, epoch: int, number: int, digests: list[bytes]) -> None:
    content = b"".join(sorted(digests))
    client.put_item(TableName=table, Item={**_key(_chunks_of(epoch), number), "digests": {"B": content}})


def _holds(chunk: bytes, digest: bytes) -> bool:
    """By halves."""
    low, high = 0, len(chunk) // _DIGEST_BYTES
    while low < high:
        middle = (low + high) // 2
        found = chunk[middle * _DIGEST_BYTES : (middle + 1) * _DIGEST_BYTES]
        if found == digest:
            return True
        low, high = (middle + 1, high) if found < digest else (low, middle)
    return False


def _chunks_of(epoch: int) -> str:
    return f"{_ITEM}#{epoch}"


def _key(item: str, number: int) -> dict[str, Any]:
    return {KEY_ATTRIBUTE: {"S": item}, SORT_ATTRIBUTE: {"N": str(number)}}
