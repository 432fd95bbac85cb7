"""A DynamoDB table as one side of a comparison."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures, order_item
from functions.integrity.compare import SideUnavailableError
from functions.integrity.segments import Entry

# Global tables of version 2017.11.29 write attributes of their own, which differ by region.
_REPLICATION_PREFIX = "aws:rep:"


class TableSide:
    """The items of a table in one region. A scan is paged, so one page of 1 MB is in memory.

    With `since` only items that were changed at that moment (milliseconds since 1970) or later are listed, by the index
    `by_change` of the orders: the cost is what was written and not what is stored. An item that one region changed and
    the other did not is listed by one side, and counts as different as soon as both are asked for it.
    """

    stamped = False

    def __init__(self, client: Any, region: str, table: str, since: int | None = None) -> None:
        self.region = region
        self._client = client
        self._table = table
        self._since = since
        self._keys: list[str] | None = None

    def entries(self) -> Iterator[Entry]:
        try:
            for page in self._pages():
                for item in page["Items"]:
                    yield self._entry(item)
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable(error) from error

    def _pages(self) -> Iterator[Mapping[str, Any]]:
        if self._since is None:
            yield from self._client.get_paginator("scan").paginate(TableName=self._table)
            return
        for shard in order_item.change_shards():
            yield from self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=order_item.BY_CHANGE_INDEX,
                KeyConditionExpression="change_shard = :shard AND changed_at >= :since",
                ExpressionAttributeValues={":shard": {"S": shard}, ":since": {"N": str(self._since)}},
            )

    def entry(self, key: str) -> Entry | None:
        try:
            answer = self._client.get_item(TableName=self._table, Key=json.loads(key))
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable(error) from error
        return self._entry(answer["Item"]) if "Item" in answer else None

    def _entry(self, item: Mapping[str, Any]) -> Entry:
        key = {name: item[name] for name in self._key_names()}
        content = {name: _canonical(value) for name, value in item.items() if not name.startswith(_REPLICATION_PREFIX)}
        digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()
        return Entry(json.dumps(key, sort_keys=True, separators=(",", ":")), digest)

    def _key_names(self) -> list[str]:
        if self._keys is None:
            try:
                schema = self._client.describe_table(TableName=self._table)["Table"]["KeySchema"]
            except (BotoCoreError, ClientError) as error:
                raise self._unavailable(error) from error
            self._keys = [part["AttributeName"] for part in schema]
        return self._keys

    def _unavailable(self, error: Exception) -> SideUnavailableError:
        return SideUnavailableError(f"table {self._table} in {self.region}: {failures.code(error)}: {error}")


def _canonical(value: Mapping[str, Any]) -> Any:
    """One spelling for one value: sets have no order, numbers no trailing zeros, binaries are text."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return [kind, format(Decimal(content).normalize(), "f")]
        case "NS":
            return [kind, sorted(format(Decimal(number).normalize(), "f") for number in content)]
        case "SS":
            return [kind, sorted(content)]
        case "B":
            return [kind, bytes(content).hex()]
        case "BS":
            return [kind, sorted(bytes(part).hex() for part in content)]
        case "L":
            return [kind, [_canonical(part) for part in content]]
        case "M":
            return [kind, {name: _canonical(part) for name, part in content.items()}]
    return [kind, content]
