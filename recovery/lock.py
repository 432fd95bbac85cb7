"""One runbook at a time: an item of the control table with a holder and a heartbeat.

    item       S  "runbook_lock"
    sequence   N  0
    token      N  one more for each time that the lock was taken
    run        S  id of the run that it was taken for
    holder     S  who: user, host and process
    verb       S  what for
    heartbeat  N  milliseconds since 1970, by the holder's clock
    until      N  milliseconds since 1970: without another heartbeat the lock is free from then on; 0 when released

A holder that died frees the lock by its silence. One that was only slow finds it taken at its next heartbeat, and
cannot write to the journal in between (`recovery.journal`).
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.clock import Clock, timestamp
from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE
from recovery.errors import LockHeldError, LockLostError, RecoveryError

ITEM = "runbook_lock"
LASTS_MILLISECONDS = 8_000
"""How long a lock outlives its last heartbeat: what `resume` waits for at most. It may be short, since the journal
fences a holder that was only slow."""
BEATS_EVERY_MILLISECONDS = 2_000
"""Three heartbeats may be lost before the lock is."""
CALLS_TO_TAKE = 2
"""A lock that is free is read, and written."""
_TRIES = 5
_CONDITION_FAILED = "ConditionalCheckFailedException"
_KEY: Mapping[str, Any] = {KEY_ATTRIBUTE: {"S": ITEM}, SORT_ATTRIBUTE: {"N": "0"}}
_TEXTS = ("run", "holder", "verb")


class LockUnavailableError(RecoveryError):
    """The control table does not answer about the lock."""

    exit_code = 9


@dataclass(frozen=True)
class Held:
    """The stored lock; times in milliseconds since 1970."""

    token: int
    run: str
    holder: str
    verb: str
    heartbeat: int
    until: int

    def is_free(self, now: int) -> bool:
        return self.until <= now


class Lock:
    """Takes, keeps and releases the lock; every call raises LockUnavailableError.

    `client` is a DynamoDB client of the recovery region.
    """

    def __init__(self, client: Any, table: str, clock: Clock, lasts: int = LASTS_MILLISECONDS) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._lasts = lasts
        self._mine: Held | None = None

    def read(self) -> Held | None:
        """The lock as it is stored, held or not."""
        try:
            answer = self._client.get_item(TableName=self._table, Key=dict(_KEY), ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable(error) from error
        return _from_attributes(answer["Item"], self._table) if "Item" in answer else None

    def refuse_if_held(self, over: Collection[str] = ()) -> None:
        """Raises LockHeldError that names the holder, if somebody holds the lock for another verb than those `over`
        which it may be taken."""
        stored, now = self.read(), self._clock()
        if stored is not None and stored.verb not in over and not stored.is_free(now):
            raise _held(stored, now)

    def acquire(
        self, *, run: str, holder: str, verb: str, instead_of: Held | None = None, over: Collection[str] = ()
    ) -> Held:
        """Takes the lock if it is free, held for one of the verbs `over`, or still exactly `instead_of`, whose holder
        is known to be dead.

        Raises LockHeldError that names the holder.
        """
        for _ in range(_TRIES):
            stored, now = self.read(), self._clock()
            if stored is not None and stored != instead_of and stored.verb not in over and not stored.is_free(now):
                raise _held(stored, now)
            token = stored.token + 1 if stored else 1
            wanted = Held(token, run, holder, verb, now, now + self._lasts)
            # A put whose answer was lost, and which the SDK repeated, meets itself.
            if self._put(wanted, stored) or (found := self.read()) == wanted:
                self._mine = wanted
                return wanted
            # Whoever holds it for a verb that gives way may have beaten meanwhile.
            if found is not None and found.verb not in over:
                raise _held(found, now)
        raise LockUnavailableError(f"lock in {self._table}: changed at each of {_TRIES} tries; find out who writes it")

    def beat(self) -> None:
        """Keeps the lock; raises LockLostError when another took it."""
        mine, now = self._require(), self._clock()
        kept = replace(mine, heartbeat=now, until=now + self._lasts)
        self._update(mine, kept)
        self._mine = kept

    def release(self) -> None:
        """Frees the lock. One that another took meanwhile is left alone, one that cannot be freed runs out."""
        if self._mine is None:
            return
        mine, self._mine = self._mine, None
        try:
            self._update(mine, replace(mine, until=0))
        except (LockLostError, LockUnavailableError):
            return

    def forget(self) -> None:
        """Leaves the lock to run out, as a process that was killed does."""
        self._mine = None

    def _require(self) -> Held:
        if self._mine is None:
            raise LockLostError("the lock is not held by this process; `status` says who is at work")
        return self._mine

    def _put(self, wanted: Held, stored: Held | None) -> bool:
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#item)",
            "ExpressionAttributeNames": {"#item": KEY_ATTRIBUTE},
        }
        if stored is not None:
            condition = {
                "ConditionExpression": "#token = :token AND heartbeat = :heartbeat AND #until = :until",
                "ExpressionAttributeNames": {"#token": "token", "#until": "until"},
                "ExpressionAttributeValues": {
                    ":token": {"N": str(stored.token)},
                    ":heartbeat": {"N": str(stored.heartbeat)},
                    ":until": {"N": str(stored.until)},
                },
            }
        try:
            self._client.put_item(TableName=self._table, Item=_to_attributes(wanted), **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == _CONDITION_FAILED:
                return False
            raise self._unavailable(error) from error
        except BotoCoreError as error:
            raise self._unavailable(error) from error
        return True

    def _update(self, mine: Held, wanted: Held) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=dict(_KEY),
                UpdateExpression="SET heartbeat = :heartbeat, #until = :until",
                ConditionExpression="#token = :token AND run = :run AND holder = :holder",
                ExpressionAttributeNames={"#token": "token", "#until": "until"},
                ExpressionAttributeValues={
                    ":heartbeat": {"N": str(wanted.heartbeat)},
                    ":until": {"N": str(wanted.until)},
                    ":token": {"N": str(mine.token)},
                    ":run": {"S": mine.run},
                    ":holder": {"S": mine.holder},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == _CONDITION_FAILED:
                raise LockLostError(
                    f"the lock of {mine.verb} {mine.run} was taken over by another runbook; this one has stopped, "
                    "`status` says who is at work"
                ) from None
            raise self._unavailable(error) from error
        except BotoCoreError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> LockUnavailableError:
        return LockUnavailableError(
            f"lock in {self._table}: the control table does not answer ({error}); see whether it and the credentials "
            "are right"
        )


class Heartbeat:
    """Keeps the lock while the process is busy with something long, from a thread of its own."""

    def __init__(self, lock: Lock, every: int = BEATS_EVERY_MILLISECONDS) -> None:
        self._lock = lock
        self._seconds = every / 1000
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.lost: RecoveryError | None = None

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def check(self) -> None:
        """Raises LockLostError if a heartbeat found the lock taken."""
        if self.lost is not None:
            raise self.lost

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._lock.beat()
            except LockLostError as error:
                self.lost = error
                return
            except LockUnavailableError:
                # The next one may get through; if none does, the lock runs out and the journal fences this process.
                continue


def _held(stored: Held, now: int) -> LockHeldError:
    return LockHeldError(
        f"{stored.verb} {stored.run} is run by {stored.holder}, last heard of {timestamp(stored.heartbeat)}; wait for "
        f"it to end, or {max(0, stored.until - now) / 1000:.0f} s after its last heartbeat",
        stored.holder,
    )


def _to_attributes(held: Held) -> dict[str, Any]:
    values = asdict(held)
    return {
        **_KEY,
        **{name: {"S" if name in _TEXTS else "N": str(value)} for name, value in values.items()},
    }


def _from_attributes(attributes: Mapping[str, Mapping[str, Any]], table: str) -> Held:
    try:
        return Held(
            token=int(attributes["token"]["N"]),
            run=attributes["run"]["S"],
            holder=attributes["holder"]["S"],
            verb=attributes["verb"]["S"],
            heartbeat=int(attributes["heartbeat"]["N"]),
            until=int(attributes["until"]["N"]),
        )
    except (KeyError, ValueError) as error:
        raise LockUnavailableError(
            f"lock in {table}: item {ITEM} is malformed ({error}); delete it when no runbook is at work"
        ) from error
