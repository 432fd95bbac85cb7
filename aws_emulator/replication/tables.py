"""Replication of global tables, and access to strongly consistent tables during an outage.

- Asynchronous tables: the other Regions see a write after the lag. Of two writes the later one wins.
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
- Strongly consistent tables: a write is in the other Regions before its answer. A Region that reaches no majority of
  replicas and witness can neither write nor read consistently.
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/multi-region-strong-consistency-gt.html
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from aws_emulator.replication.links import PendingChange, ReplicationLinks

Key = tuple[str, str | None]
_Slot = tuple[str, str, str, Key]


@dataclass(eq=False)
class TableReplication:
    """Sends writes to one replica to the other replicas. Expects one request at a time."""

    links: ReplicationLinks
    _written: dict[_Slot, float] = field(default_factory=dict)

    def note(self, table: Any, key: Key, item: Any) -> None:
        """Record a client's write to one replica; `item` is None for a deletion."""
        from aws_emulator.corrections.dynamodb import is_strong, replicas_of

        replicas = replicas_of(table)
        if not replicas:
            return
        now = self.links.clock()
        due = now if is_strong(table) else now + self.links.lag
        self._written[(table.account_id, table.region_name, table.name, key)] = now
        for replica in replicas:
            slot = (table.account_id, replica.region_name, table.name, key)
            kept = copy.deepcopy(item)
            self.links.send(
                PendingChange(
                    "table",
                    table.name,
                    table.region_name,
                    replica.region_name,
                    now,
                    due,
                    partial(self._apply, slot, kept, now),
                )
            )

    def _apply(self, slot: _Slot, item: Any, written: float) -> None:
        from moto.dynamodb.models import dynamodb_backends

        account, region, name, key = slot
        table = dynamodb_backends[account][region].tables.get(name)
        if table is None or self._written.get(slot, -1.0) >= written:
            return
        self._written[slot] = written
        _store(table, key, copy.deepcopy(item))


def _store(table: Any, key: Key, item: Any) -> None:
    """Store or delete an item."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    hash_key, range_key = (DynamoType(json.loads(part)) if part else None for part in key)
    if range_key is None:
        if item is None:
            table.items.pop(hash_key, None)
        else:
            table.items[hash_key] = item
        return
    if item is None:
        table.items[hash_key].pop(range_key, None)
    else:
        table.items[hash_key][range_key] = item


@cache
def install(replication: TableReplication) -> None:
    """Record every write of a client from now on, and refuse strongly consistent tables to a Region without a
    majority."""
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    from aws_emulator.corrections._patch import replace_method

    def put(original: Any, table: Table, *args: Any, **kwargs: Any) -> Any:
        item = original(table, *args, **kwargs)
        replication.note(table, _key(item.hash_key, item.range_key), item)
        return item

    def delete(original: Any, table: Table, hash_key: Any, range_key: Any) -> Any:
        item = original(table, hash_key, range_key)
        replication.note(table, _key(hash_key, range_key), None)
        return item

    def update(original: Any, backend: DynamoDBBackend, table_name: str, *args: Any, **kwargs: Any) -> Any:
        item = original(backend, table_name, *args, **kwargs)
        replication.note(backend.get_table(table_name), _key(item.hash_key, item.range_key), item)
        return item

    def guarded(original: Any, response: DynamoHandler, *args: Any) -> Any:
        _refuse_minority(response, replication.links)
        return original(response, *args)

    replace_method(Table, "put_item", put)
    replace_method(Table, "delete_item", delete)
    replace_method(DynamoDBBackend, "update_item", update)
    for operation in (*_WRITES, *_READS):
        replace_method(DynamoHandler, operation, guarded)


_WRITES = ("put_item", "update_item", "delete_item", "batch_write_item")
_READS = ("get_item", "query", "scan")


def _key(hash_key: Any, range_key: Any) -> Key:
    return json.dumps(hash_key.to_json()), json.dumps(range_key.to_json()) if range_key is not None else None


def _refuse_minority(response: Any, links: ReplicationLinks) -> None:
    from aws_emulator.corrections.dynamodb import InternalServerError, members_of_strong

    body = response.body
    names = [body["TableName"]] if "TableName" in body else list(body.get("RequestItems", {}))
    region = response.dynamodb_backend.region_name
    wants_truth = body.get("ConsistentRead", False) or not _only_reads(response)
    for name in names if wants_truth else ():
        table = response.dynamodb_backend.tables.get(name)
        members = members_of_strong(table) if table is not None else []
        lost = {member for member in members if links.lost_since(member, kind="table") is not None}
        together = 1 if region in lost else len(members) - len(lost)
        if members and 2 * together <= len(members):
            raise InternalServerError(f"{region} reaches {together} of {len(members)} regions of table {name}")


def _only_reads(response: Any) -> bool:
    action = response.headers.get("X-Amz-Target", "").rpartition(".")[2]
    return action in ("GetItem", "Query", "Scan")
