"""DynamoDB: a query looks at the items under its key, or in its index, however many others the table holds.

moto sorts the whole table first. An index holds only the items that have its attributes, and an outbox few of them
(DynamoDB Developer Guide, "Take advantage of sparse indexes"): here a sweep that costs nothing on AWS took most of the
server's time once there were some thousand orders, and takeovers were measured by it.

- https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html
- https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-general-sparse-indexes.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from aws_emulator.corrections._patch import around

# The backend names the index by its place: among the arguments after the key, the seventh.
_INDEX_NAME = 6


@cache
def install() -> None:
    around(Table, "query", _query)
    around(Table, "all_items", _in_order)


def candidates(table: Table, hash_key: DynamoType | None, index_name: str | None) -> list[Item] | None:
    """The items that a query may find, in no order; None where neither key nor index says."""
    index = next((one for one in table.all_indexes() if one.name == index_name), None)
    if index is not None:
        attributes = [key["AttributeName"] for key in index.schema]
        return [item for item in _items(table) if all(name in item.attrs for name in attributes)]
    if index_name is not None or hash_key is None:
        return None
    under: Any = table.items.get(hash_key)
    if under is None:
        return []
    return list(under.values()) if table.range_key_attr else [under]


def _query(
    original: Any,
    table: Any,
    hash_key: DynamoType | None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    index_name = args[_INDEX_NAME] if len(args) > _INDEX_NAME else kwargs.get("index_name")
    found = candidates(table, hash_key, index_name)
    if found is None:
        return original(table, hash_key, *args, **kwargs)
    # The query asks its table for all items, and sorts what it finds by itself.
    table.all_items = lambda: found
    try:
        return original(table, hash_key, *args, **kwargs)
    finally:
        del table.all_items


def _in_order(_original: Any, table: Table) -> list[Item]:
    """By the values of the keys, which compare many times faster than moto's objects around them."""
    if table.range_key_attr:
        return sorted(_items(table), key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))  # type: ignore[union-attr]
    return sorted(_items(table), key=lambda item: item.hash_key.cast_value)


def _items(table: Table) -> Iterator[Item]:
    under: Any
    for under in table.items.values():
        if table.range_key_attr:
            yield from under.values()
        else:
            yield under
