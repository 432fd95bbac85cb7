"""Reads items of the orders table by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions import order_item
from functions.redrive.errors import NotPublishedError

# BatchGetItem takes 100 keys (DynamoDB API Reference).
_KEYS_OF_A_BATCH = 100


def stored(dynamodb: Any, table: str, keys: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the items with these keys, as far as they are there. Raises NotPublishedError and the SDK's errors."""
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(keys), _KEYS_OF_A_BATCH):
        batch = [{order_item.KEY_ATTRIBUTE: {"S": key}} for key in keys[start : start + _KEYS_OF_A_BATCH]]
        answer = dynamodb.batch_get_item(RequestItems={table: {"Keys": batch, "ConsistentRead": True}})
        if answer.get("UnprocessedKeys"):
            raise NotPublishedError(f"{table}: not every item was read")
        found += answer["Responses"].get(table, [])
    return found
