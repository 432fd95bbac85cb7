"""Bringing the engines' state back to a moment: tables beside the live ones, and the events that led up to it.

Nothing live is touched, so it takes neither the lock nor an entry of the journal, and is safe to repeat: the names are
made of the moment. What is left to a person is to read the comparison and to swap the tables by the setting
`restoredAt`.

Engines store what they have done a little after they have published it, so the tables as they were at the moment lack
the effect of the last events before it. These are replayed from the archive, up to the moment and no further.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures, order_item
from functions.integrity.segments import Entry, Segments, differing, segment_of
from recovery.clients import Clients
from recovery.configuration import Configuration, Site
from recovery.errors import OutsideRecoveryWindowError, StepFailedError
from recovery.waiting import Waiter

_MINUTE = 60_000
_POLL = 10_000
# Restoring a table takes from minutes to hours by its size (DynamoDB Developer Guide, "Point-in-time recovery").
_RESTORED_WITHIN = 12 * 60 * _MINUTE
_REPLAYED_WITHIN = 12 * 60 * _MINUTE
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMPED = re.compile(r"-\d{8}T\d{6}Z$")
_REPLAYED_BEFORE = timedelta(minutes=5)
"""How late an engine may store the effect of an event: usual is well under a second."""
# 65,536 segments: one of a billion orders holds some 15,000 of them.
_SEGMENT_DEPTH = 16
_MOST_COMPARED = 1_000_000
"""Orders of differing segments that are held in memory at most, some 200 MB."""
_SHOWN_EVERY = 100_000
_ARCHIVED_WITHIN = 10 * _MINUTE
"""How late an event may arrive in its archive (EventBridge User Guide, "Archiving and replaying events")."""


@dataclass(frozen=True)
class RestoredTable:
    """`checksum` is over every item; `mismatches` are orders in which live and restored table contradict each other."""

    live: str
    restored: str
    items: int
    checksum: str
    mismatches: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """`swap` gives the name to use instead, by live name, and `setting` the value of `restoredAt` that does so;
    `replay` is the replay's name, None where none was asked."""

    region: str
    at: str
    tables: tuple[RestoredTable, ...]
    replay: str | None
    swap: Mapping[str, str]
    setting: str

    @property
    def verified(self) -> bool:
        return not any(table.mismatches for table in self.tables)


@dataclass(frozen=True)
class Restore:
    """Restores one region's tables; raises OutsideRecoveryWindowError, and StepFailedError for what AWS refuses."""

    configuration: Configuration
    clients: Clients
    site: Site
    waiter: Waiter
    announce: Callable[[str], None]

    def names(self, at: datetime) -> dict[str, str]:
        """Names of the tables that a restore to a moment makes, by the name of the table that serves."""
        return {name: f"{_STAMPED.sub('', name)}-{_stamp(at)}" for name in self.configuration.tables.restorable}

    def try_out(self, at: datetime) -> dict[str, str]:
        """The names that `run` would make, if it can restore to the moment; changes nothing."""
        tables = self.names(at)
        for live in tables:
            self._require_window(live, at)
        return tables

    def run(self, at: datetime, *, replay: bool) -> Restored:
        """`at` has a time zone."""
        tables = self.try_out(at)
        for live, restored in tables.items():
            self._restore(live, restored, at)
        for live, restored in tables.items():
            self._await(restored)
            self._make_safe(live, restored)
        found = tuple(self._verified(live, restored, at) for live, restored in tables.items())
        name = self._replay(at) if replay else None
        return Restored(self.site.region, at.astimezone(UTC).isoformat(), found, name, tables, _stamp(at))

    def _require_window(self, table: str, at: datetime) -> None:
        described = self._call("describe_continuous_backups", TableName=table)["ContinuousBackupsDescription"]
        window = described.get("PointInTimeRecoveryDescription", {})
        earliest, latest = window.get("EarliestRestorableDateTime"), window.get("LatestRestorableDateTime")
        if window.get("PointInTimeRecoveryStatus") != "ENABLED" or earliest is None or latest is None:
            raise OutsideRecoveryWindowError(f"table {table} has no point-in-time recovery; restore a backup of it")
        # The service keeps whole seconds.
        if not earliest <= at <= latest:
            raise OutsideRecoveryWindowError(
                f"--at {at.isoformat()}: {table} can be restored from {earliest.isoformat()} to {latest.isoformat()}; "
                "choose a time in between"
            )

    def _restore(self, live: str, restored: str, at: datetime) -> None:
        if self._status(restored) is not None:
            self.announce(f"{restored} is there already")
            return
        self.announce(f"restoring {live} as {restored}")
        self._call("restore_table_to_point_in_time", SourceTableName=live, TargetTableName=restored, RestoreDateTime=at)

    def _make_safe(self, live: str, restored: str) -> None:
        """What a restored table comes without (DynamoDB Developer Guide, "Point-in-time recovery"): a stream, which
        replication needs, protection, a recovery of its own, and tags, by which it is backed up."""
        table = self._call("describe_table", TableName=restored)["Table"]
        if not table.get("StreamSpecification", {}).get("StreamEnabled"):
            self._call(
                "update_table",
                TableName=restored,
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                DeletionProtectionEnabled=True,
            )
            self._await(restored)
        self._call(
            "update_continuous_backups",
            TableName=restored,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        arn = self._call("describe_table", TableName=live)["Table"]["TableArn"]
        tags = self._call("list_tags_of_resource", ResourceArn=arn)["Tags"]
        own = [tag for tag in tags if not tag["Key"].startswith("aws:")]
        if own:
            self._call("tag_resource", ResourceArn=table["TableArn"], Tags=own)

    def _await(self, table: str) -> None:
        def active() -> bool | None:
            return True if self._status(table) == "ACTIVE" else None

        self.waiter.until(active, what=f"table {table}", within=_RESTORED_WITHIN, every=_POLL)

    def _status(self, table: str) -> str | None:
        try:
            return self._dynamodb.describe_table(TableName=table)["Table"]["TableStatus"]
        except (BotoCoreError, ClientError) as error:
            if failures.code(error) == "ResourceNotFoundException":
                return None
            raise _refused("describe_table", error) from error

    def _verified(self, live: str, restored: str, at: datetime) -> RestoredTable:
        """Counts and sums the restored items; orders are held against the live ones, in which they never change.

        Both tables are read once, to one checksum for each segment of the orders (`functions.integrity.segments`). Only
        the orders of segments that differ are kept, so memory does not grow with the tables.
        """
        moment, count, total = round(at.timestamp() * 1000), 0, 0
        mismatches: list[str] = []
        is_orders = live == self.configuration.tables.orders
        sums = Segments(_SEGMENT_DEPTH)
        for item in self._items(restored):
            count += 1
            total ^= int.from_bytes(hashlib.sha256(repr(sorted(item.items())).encode()).digest(), "big")
            if is_orders and not order_item.is_cancellation(item):
                if _accepted_at(item) > moment:
                    mismatches.append(f"{item[order_item.KEY_ATTRIBUTE]['S']} was accepted after the moment")
                elif _accepted_at(item) < moment:
                    sums.add(_fingerprint(item))
            if count % _SHOWN_EVERY == 0:
                self.announce(f"{restored}: {count} items read")
        if is_orders:
            mismatches += self._contradictions(live, restored, sums, moment)
        return RestoredTable(live, restored, count, f"{total:064x}", tuple(sorted(mismatches)))

    def _contradictions(self, live: str, restored: str, sums: Segments, moment: int) -> list[str]:
        """Orders of the restored table that differ from the live ones, or that it lacks."""
        expected = Segments(_SEGMENT_DEPTH)
        for entry in self._orders_until(live, moment):
            expected.add(entry)
        segments = differing(sums.tree(), expected.tree())
        if not segments:
            return []
        ours = self._of_segments(self._orders_until(restored, moment), segments)
        theirs = self._of_segments(self._orders_until(live, moment), segments)
        missing = [f"{order_id} is missing" for order_id in theirs.keys() - ours.keys()]
        return missing + [f"{one} differs" for one in theirs.keys() & ours.keys() if theirs[one] != ours[one]]

    def _of_segments(self, entries: Iterator[Entry], segments: set[int]) -> dict[str, bytes]:
        """Digests of the orders in some segments, by id. Raises StepFailedError where too many orders differ."""
        found: dict[str, bytes] = {}
        for entry in entries:
            if segment_of(entry.key, _SEGMENT_DEPTH) in segments:
                found[entry.key] = entry.digest
            if len(found) > _MOST_COMPARED:
                raise StepFailedError(
                    f"over {_MOST_COMPARED} orders lie in segments that differ: this is no table of that moment; "
                    "delete the restored tables, then repeat the command"
                )
        return found

    def _orders_until(self, table: str, moment: int) -> Iterator[Entry]:
        """Orders that were accepted before a moment."""
        for item in self._items(table):
            if not order_item.is_cancellation(item) and _accepted_at(item) < moment:
                yield _fingerprint(item)

    def _items(self, table: str) -> Any:
        try:
            for page in self._dynamodb.get_paginator("scan").paginate(TableName=table):
                yield from page["Items"]
        except (BotoCoreError, ClientError) as error:
            raise _refused(f"scan of {table}", error) from error

    def _replay(self, at: datetime) -> str:
        """Replays the archive up to the moment to the bus; a replayed event reaches the queue for replays alone."""
        name, events = f"restore-{_stamp(at)}", self.clients.at("events", self.site.region)
        self.waiter.until_clock_reads(round(at.timestamp() * 1000) + _ARCHIVED_WITHIN)
        bus = f"arn:aws:events:{self.site.region}:{self.configuration.account_id}:event-bus/{self.site.bus}"
        try:
            events.start_replay(
                ReplayName=name,
                EventSourceArn=self.site.archive,
                EventStartTime=at - _REPLAYED_BEFORE,
                EventEndTime=at,
                Destination={"Arn": bus},
            )
        except (BotoCoreError, ClientError) as error:
            if failures.code(error) != "ResourceAlreadyExistsException":
                raise _refused("start_replay", error) from error

        def completed() -> bool | None:
            try:
                found = events.describe_replay(ReplayName=name)
            except (BotoCoreError, ClientError) as error:
                raise _refused("describe_replay", error) from error
            if found["State"] in ("FAILED", "CANCELLED"):
                raise StepFailedError(
                    f"replay {name} is {found['State']}: {found.get('StateReason', 'no reason given')}"
                )
            return True if found["State"] == "COMPLETED" else None

        self.announce(f"replaying events up to {at.isoformat()} as {name}")
        self.waiter.until(completed, what=f"replay {name}", within=_REPLAYED_WITHIN, every=_POLL)
        return name

    @property
    def _dynamodb(self) -> Any:
        return self.clients.at("dynamodb", self.site.region)

    def _call(self, operation: str, **parameters: Any) -> Any:
        try:
            return getattr(self._dynamodb, operation)(**parameters)
        except (BotoCoreError, ClientError) as error:
            raise _refused(operation, error) from error


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_STAMP)


def _accepted_at(item: Mapping[str, Any]) -> int:
    return int(item["accepted_at"]["N"])


def _fingerprint(item: Mapping[str, Any]) -> Entry:
    """An order by its meaning, which never changes; its status does."""
    return Entry(item[order_item.KEY_ATTRIBUTE]["S"], bytes.fromhex(item["fingerprint"]["S"]))


def _refused(what: str, error: Exception) -> StepFailedError:
    return StepFailedError(f"{what}: {failures.code(error)}: {error}; put it right, then repeat the command")
