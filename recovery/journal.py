"""The write-ahead journal: what a run is about to do, before it does it, and what came of it.

It lies in the control table, outside the primary region's sole keeping: item `journal`, one entry for each `sequence`
from 1 on, over all runs. An entry is added by a conditional put of a sequence that is not there yet, so of two writers
one learns that it is not alone; that also fences a process which went on after its lock was taken over. Each entry
carries the digest of the one before it: a changed, removed or inserted entry breaks the chain, and is named.

    item      S  "journal"
    sequence  N  1, 2, 3, ...
    run       S  id of the run
    verb      S  failover, switchover, ...
    kind      S  one of `Kind`
    step      S  name of the step, empty for entries about the run
    at        N  milliseconds since 1970, by the writer's clock
    facts     S  JSON object
    previous  S  digest of the entry before, empty for the first
    digest    S  SHA-256 of all of the above
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE
from recovery.errors import CorruptJournalError, JournalTakenError, RecoveryError

ITEM = "journal"
# A run has some fifty entries. Without a limit a page is 1 MB of consistent reads (DynamoDB API Reference, Query), and
# the newest run would be read more slowly with every run before it.
_PAGE = 100
Facts = Mapping[str, Any]
"""A JSON object: what a step found, or what proves it."""

_TEXTS = ("run", "verb", "kind", "step", "facts", "previous", "digest")
_CONDITION_FAILED = "ConditionalCheckFailedException"


class Kind(StrEnum):
    """What an entry says."""

    BEGAN = "began"
    INTENT = "intent"
    RESULT = "result"
    FAILED = "failed"
    RESUMED = "resumed"
    ENDED = "ended"
    SEALED = "sealed"
    """A person declared everything before it unreadable; the chain starts anew here."""


class Outcome(StrEnum):
    """How a run ended; `facts["outcome"]` of an ENDED entry."""

    DONE = "done"
    ABORTED = "aborted"


@dataclass(frozen=True)
class Entry:
    """One entry; `facts` as the JSON text that was digested."""

    sequence: int
    run: str
    verb: str
    kind: str
    step: str
    at: int
    facts: str
    previous: str
    digest: str

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.facts)


class JournalUnavailableError(RecoveryError):
    """The control table does not take or give entries."""

    exit_code = 9


@dataclass(frozen=True)
class Run:
    """The entries of one run, oldest first."""

    entries: tuple[Entry, ...]

    @property
    def id(self) -> str:
        return self.entries[0].run

    @property
    def verb(self) -> str:
        return self.entries[0].verb

    @property
    def began(self) -> Entry:
        return self.entries[0]

    @property
    def outcome(self) -> str | None:
        """How it ended, None while it is open."""
        last = self.entries[-1]
        return last.content["outcome"] if last.kind == Kind.ENDED else None

    def intents(self) -> dict[str, Facts]:
        """What each step that was begun saw before its first try."""
        found: dict[str, Facts] = {}
        for entry in self.entries:
            if entry.kind == Kind.INTENT:
                found.setdefault(entry.step, entry.content)
        return found

    def results(self) -> dict[str, Facts]:
        """What proves each step that is done."""
        return {entry.step: entry.content for entry in self.entries if entry.kind == Kind.RESULT}

    def failures(self) -> dict[str, Facts]:
        """Steps whose last try failed."""
        last = {entry.step: entry for entry in self.entries if entry.kind in (Kind.RESULT, Kind.FAILED)}
        return {step: entry.content for step, entry in last.items() if entry.kind == Kind.FAILED}


@dataclass(frozen=True)
class Tail:
    """Where the journal ends: its newest entry, and the latest run, open or ended."""

    last: Entry | None
    run: Run | None


class Journal:
    """The journal in the control table; `client` is a DynamoDB client of the recovery region.

    Every call raises JournalUnavailableError, every read CorruptJournalError.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def tail(self) -> Tail:
        """The newest entry and the latest run; reads no further back than its beginning."""
        found: list[Entry] = []
        last: Entry | None = None
        for entry in self._backwards(Limit=_PAGE):
            last = last or entry
            if entry.kind == Kind.SEALED:
                break
            found.insert(0, entry)
            if entry.kind == Kind.BEGAN:
                break
        if not found:
            return Tail(last, None)
        if found[0].kind != Kind.BEGAN or any(entry.run != found[0].run for entry in found):
            raise CorruptJournalError(
                f"journal in {self._table}: run {found[-1].run} has no beginning at entry {found[0].sequence}; "
                f"{_WAY_OUT}"
            )
        return Tail(last, Run(tuple(found)))

    def verify(self) -> int:
        """Checks every entry since the last seal, and gives how many there are. Takes longer with every run."""
        count, oldest = 0, None
        for entry in self._backwards():
            count, oldest = count + 1, entry
            if entry.kind == Kind.SEALED:
                return count
        if oldest is not None and (oldest.sequence != 1 or oldest.previous):
            raise _corrupt(self._table, oldest.sequence, "the entries before it are gone")
        return count

    def append(self, last: Entry | None, *, run: str, verb: str, kind: Kind, step: str, at: int, facts: Facts) -> Entry:
        """Adds the entry after `last`, which the caller wrote or read; raises JournalTakenError if another did."""
        entry = made(last, run=run, verb=verb, kind=kind, step=step, at=at, facts=facts)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_to_attributes(entry),
                ConditionExpression="attribute_not_exists(#item)",
                ExpressionAttributeNames={"#item": KEY_ATTRIBUTE},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _CONDITION_FAILED:
                raise self._unavailable("written", error) from error
            # A put whose answer was lost, and which the SDK repeated, meets itself.
            if self._entry_at(entry.sequence) != entry:
                raise JournalTakenError(
                    f"journal in {self._table}: entry {entry.sequence} was written by another process; this one has "
                    "stopped, `status` says who is at work"
                ) from None
        except BotoCoreError as error:
            raise self._unavailable("written", error) from error
        return entry

    def seal(self, *, at: int, facts: Facts) -> Entry:
        """Starts the chain anew after entries that cannot be read. What they say is kept as it is."""
        page = self._query(Limit=1)
        last = int(page["Items"][0][SORT_ATTRIBUTE]["N"]) if page["Items"] else 0
        unread = Entry(last, "", "", "", "", 0, "{}", "", "")
        return self.append(unread, run="sealed", verb="abort", kind=Kind.SEALED, step="", at=at, facts=facts)

    def _backwards(self, **more: Any) -> Iterator[Entry]:
        """Entries, newest first, each checked against the one that follows it."""
        following: Entry | None = None
        start: dict[str, Any] = {}
        while True:
            page = self._query(**more, **start)
            for attributes in page["Items"]:
                entry = _from_attributes(attributes, self._table)
                if following is not None and following.kind != Kind.SEALED:
                    _check_link(entry, following, self._table)
                following = entry
                yield entry
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _query(self, **more: Any) -> Any:
        try:
            return self._client.query(
                TableName=self._table,
                KeyConditionExpression="#item = :journal",
                ExpressionAttributeNames={"#item": KEY_ATTRIBUTE},
                ExpressionAttributeValues={":journal": {"S": ITEM}},
                ConsistentRead=True,
                ScanIndexForward=False,
                **more,
            )
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable("read", error) from error

    def _entry_at(self, sequence: int) -> Entry | None:
        key = {KEY_ATTRIBUTE: {"S": ITEM}, SORT_ATTRIBUTE: {"N": str(sequence)}}
        try:
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable("read", error) from error
        return _from_attributes(answer["Item"], self._table) if "Item" in answer else None

    def _unavailable(self, done: str, error: Exception) -> JournalUnavailableError:
        return JournalUnavailableError(
            f"journal in {self._table}: cannot be {done} ({error}); nothing is done without it: see whether the "
            "control table and the credentials are right, then `resume`"
        )


def made(last: Entry | None, *, run: str, verb: str, kind: Kind, step: str, at: int, facts: Facts) -> Entry:
    """The entry that follows `last`, with its digest."""
    unsigned = Entry(
        sequence=last.sequence + 1 if last else 1,
        run=run,
        verb=verb,
        kind=str(kind),
        step=step,
        at=at,
        facts=json.dumps(facts, sort_keys=True, separators=(",", ":")),
        previous=last.digest if last else "",
        digest="",
    )
    return Entry(**{**vars(unsigned), "digest": digest_of(unsigned)})


def digest_of(entry: Entry) -> str:
    """SHA-256 over everything but the digest itself."""
    fields = {key: value for key, value in vars(entry).items() if key != "digest"}
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


_WAY_OUT = (
    "restore the item by the control table's point-in-time recovery, or give it up with `abort --force --reason ...`"
)


def _check_link(entry: Entry, following: Entry, table: str) -> None:
    if entry.sequence + 1 != following.sequence:
        raise _corrupt(table, entry.sequence + 1, "it is missing")
    if entry.digest != following.previous:
        raise _corrupt(table, following.sequence, "it does not follow the entry before it")


def _corrupt(table: str, sequence: Any, why: str) -> CorruptJournalError:
    return CorruptJournalError(f"journal in {table}: entry {sequence} is not what was written: {why}; {_WAY_OUT}")


def _to_attributes(entry: Entry) -> dict[str, Any]:
    values = vars(entry)
    return {
        KEY_ATTRIBUTE: {"S": ITEM},
        SORT_ATTRIBUTE: {"N": str(entry.sequence)},
        "at": {"N": str(entry.at)},
        **{name: {"S": values[name]} for name in _TEXTS},
    }


def _from_attributes(attributes: Mapping[str, Mapping[str, Any]], table: str) -> Entry:
    sequence = attributes.get(SORT_ATTRIBUTE, {}).get("N")
    try:
        texts = {name: attributes[name]["S"] for name in _TEXTS}
        entry = Entry(sequence=int(attributes[SORT_ATTRIBUTE]["N"]), at=int(attributes["at"]["N"]), **texts)
        Kind(entry.kind)
        readable = isinstance(json.loads(entry.facts), dict)
    except (KeyError, ValueError) as error:
        raise _corrupt(table, sequence, f"it is malformed ({error})") from error
    if not readable or digest_of(entry) != entry.digest:
        raise _corrupt(table, sequence, "its digest is another")
    return entry
