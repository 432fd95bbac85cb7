"""Orders that a run names, kept in the control table: a journal entry of 400 KB cannot hold them all.

    item      S  "named#<run>#<step>"
    sequence  N  1, 2, 3, ...
    content   S  JSON array of objects, under 200 KB

DynamoDB Developer Guide, "Quotas": an item holds 400 KB.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE

_MOST_BYTES = 200_000
SHOWN = 50
"""Entries that a step's facts repeat; each is well under 1 KB, so that they fit into a journal entry."""
Entry = Mapping[str, Any]


def item_of(run: str, step: str) -> str:
    return f"named#{run}#{step}"


def write_part(client: Any, table: str, run: str, step: str, sequence: int, entries: Sequence[Entry]) -> None:
    """Write one part of the list. Writing it again replaces it."""
    content = json.dumps(list(entries), sort_keys=True, separators=(",", ":"))
    item = {**_key(run, step, sequence), "content": {"S": content}}
    client.put_item(TableName=table, Item=item)


def add_to_part(client: Any, table: str, run: str, step: str, sequence: int, entries: Sequence[Entry]) -> list[Entry]:
    """Add entries to one part of the list and return the whole part. An entry of an order replaces its earlier one."""
    part = {entry["order_id"]: entry for entry in _read_part(client, table, run, step, sequence)}
    part |= {entry["order_id"]: entry for entry in entries}
    write_part(client, table, run, step, sequence, list(part.values()))
    return list(part.values())


def write(client: Any, table: str, run: str, step: str, entries: Iterable[Entry]) -> tuple[int, int]:
    """Write the whole list in parts: how many entries, and how many parts. One part is in memory."""
    count, parts, size, part = 0, 0, 0, list[Entry]()
    for entry in entries:
        length = len(json.dumps(entry).encode())
        if part and size + length > _MOST_BYTES:
            parts += 1
            write_part(client, table, run, step, parts, part)
            part, size = [], 0
        part.append(entry)
        size, count = size + length + 1, count + 1
    if part:
        parts += 1
        write_part(client, table, run, step, parts, part)
    return count, parts


def read(client: Any, table: str, run: str, step: str, parts: int) -> Iterator[Entry]:
    """The entries of a list of `parts` parts."""
    for sequence in range(1, parts + 1):
        yield from _read_part(client, table, run, step, sequence)


def shown(client: Any, table: str, run: str, step: str, parts: int) -> list[Entry]:
    """The first entries, for the facts of the step."""
    found: list[Entry] = []
    for entry in read(client, table, run, step, parts):
        if len(found) == SHOWN:
            break
        found.append(entry)
    return found


def _read_part(client: Any, table: str, run: str, step: str, sequence: int) -> list[Entry]:
    answer = client.get_item(TableName=table, Key=_key(run, step, sequence), ConsistentRead=True)
    return json.loads(answer["Item"]["content"]["S"]) if "Item" in answer else []


def _key(run: str, step: str, sequence: int) -> dict[str, Any]:
    return {KEY_ATTRIBUTE: {"S": item_of(run, step)}, SORT_ATTRIBUTE: {"N": str(sequence)}}
