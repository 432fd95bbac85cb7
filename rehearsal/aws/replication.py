"""Replication of global tables at a lag that can be set, over links that can be cut.

- Asynchronous tables: a write is seen in the other Regions after the lag; of two writes the later one wins.
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
- Strongly consistent tables hold one truth: a write is in the other Regions when it is answered. A Region that cannot
  reach a majority of replicas and witness can neither write nor read consistently.
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/multi-region-strong-consistency-gt.html

What has not arrived when a Region is lost waits until it is back. Copying happens when the next request comes: nobody
can see the difference.
"""

from __future__ import annotations

import copy
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from rehearsal.aws.control import answered_as_json, body_of
from rehearsal.aws.outage import Outages

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REPLICATION_PATH = "/_rehearsal/replication"
USUAL_LAG_SECONDS = 1.0
"""Typical of a global table (DynamoDB Developer Guide, "Global tables: How it works")."""

Key = tuple[str, str | None]
_Slot = tuple[str, str, str, Key]


@dataclass(frozen=True)
class Change:
    """One write on its way; `item` is None where it was deleted. Times are of a clock that only grows, in seconds."""

    account: str
    table: str
    source: str
    target: str
    key: Key
    item: Any
    written: float
    due: float


@dataclass(eq=False)
class Replication:
    """What is under way between the replicas of all tables. Expects one request at a time."""

    outages: Outages
    clock: Callable[[], float] = time.monotonic
    lag: float = USUAL_LAG_SECONDS
    _waiting: list[Change] = field(default_factory=list)
    _written: dict[_Slot, float] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def note(self, table: Any, key: Key, item: Any) -> None:
        """A client wrote to one replica."""
        from rehearsal.aws.corrections.dynamodb import is_strong, replicas_of

        replicas = replicas_of(table)
        if not replicas:
            return
        now = self.clock()
        due = now if is_strong(table) else now + self.lag
        with self._lock:
            self._written[(table.account_id, table.region_name, table.name, key)] = now
            for replica in replicas:
                kept = copy.deepcopy(item)
                change = Change(
                    table.account_id, table.name, table.region_name, replica.region_name, key, kept, now, due
                )
                self._waiting.append(change)

    def settle(self) -> None:
        """Applies what has arrived by now."""
        with self._lock:
            if not self._waiting:
                return
            now, left = self.clock(), list[Change]()
            for change in self._waiting:
                if change.due <= now and self._passes(change):
                    self._apply(change)
                else:
                    left.append(change)
            self._waiting = left

    def report(self) -> dict[str, Any]:
        """`lag_seconds`, and how many writes wait by table and link."""
        self.settle()
        with self._lock:
            counts = Counter((change.table, change.source, change.target) for change in self._waiting)
        waiting = [
            {"table": table, "source": source, "target": target, "count": count}
            for (table, source, target), count in sorted(counts.items())
        ]
        return {"lag_seconds": self.lag, "waiting": waiting}

    def _passes(self, change: Change) -> bool:
        """Whether the link was there when it would have arrived."""
        moments = (self.outages.lost_since(region) for region in (change.source, change.target))
        return all(moment is None or change.due < moment for moment in moments)

    def _apply(self, change: Change) -> None:
        from moto.dynamodb.models import dynamodb_backends

        table = dynamodb_backends[change.account][change.target].tables.get(change.table)
        slot = (change.account, change.target, change.table, change.key)
        if table is None or self._written.get(slot, -1.0) >= change.written:
            return
        self._written[slot] = change.written
        _store(table, change.key, copy.deepcopy(change.item))


def _store(table: Any, key: Key, item: Any) -> None:
    """Puts an item in the place of whatever is there, or takes it away."""
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


class ReplicationMiddleware:
    """Copies what has arrived before each request. GET REPLICATION_PATH answers `Replication.report()`; POST takes
    {"lag_seconds"} and answers the same, or 400 with {"error"}.

    Expects one request at a time.
    """

    def __init__(self, application: WSGIApplication, replication: Replication) -> None:
        self._application = application
        self._replication = replication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != REPLICATION_PATH:
            self._replication.settle()
            return self._application(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST":
            lag = body_of(environ).get("lag_seconds")
            if not isinstance(lag, int | float) or isinstance(lag, bool) or lag < 0:
                problem = {"error": f"lag_seconds = {lag!r} must be a number of seconds from 0"}
                return answered_as_json(start_response, problem, "400 Bad Request")
            self._replication.lag = float(lag)
        return answered_as_json(start_response, self._replication.report())


@cache
def install(replication: Replication) -> None:
    """Notes every write of a client from now on, and refuses strongly consistent tables to a region without them."""
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    from rehearsal.aws.corrections._patch import around

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
        _refuse_minority(response, replication.outages)
        return original(response, *args)

    around(Table, "put_item", put)
    around(Table, "delete_item", delete)
    around(DynamoDBBackend, "update_item", update)
    for operation in (*_WRITES, *_READS):
        around(DynamoHandler, operation, guarded)


_WRITES = ("put_item", "update_item", "delete_item", "batch_write_item")
_READS = ("get_item", "query", "scan")


def _key(hash_key: Any, range_key: Any) -> Key:
    return json.dumps(hash_key.to_json()), json.dumps(range_key.to_json()) if range_key is not None else None


def _refuse_minority(response: Any, outages: Outages) -> None:
    from rehearsal.aws.corrections.dynamodb import InternalServerError, members_of_strong

    body = response.body
    names = [body["TableName"]] if "TableName" in body else list(body.get("RequestItems", {}))
    region = response.dynamodb_backend.region_name
    wants_truth = body.get("ConsistentRead", False) or not _only_reads(response)
    for name in names if wants_truth else ():
        table = response.dynamodb_backend.tables.get(name)
        members = members_of_strong(table) if table is not None else []
        lost = {member for member in members if outages.lost_since(member) is not None}
        together = 1 if region in lost else len(members) - len(lost)
        if members and 2 * together <= len(members):
            raise InternalServerError(f"{region} reaches {together} of {len(members)} regions of table {name}")


def _only_reads(response: Any) -> bool:
    action = response.headers.get("X-Amz-Target", "").rpartition(".")[2]
    return action in ("GetItem", "Query", "Scan")
