"""Items of the control table by which the runbook tells the functions what a takeover has reached.

    item      S  a member of `Note`
    sequence  N  0
    epoch     N  the epoch of the takeover
    at        N  when it was reached, in milliseconds since 1970

The runbook writes them. Order intake and the redrive read them.
"""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.clock import Clock
from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE


class Note(StrEnum):
    """What a takeover has reached."""

    ENGINES = "engines"
    """An engine is in service in the region that took over."""
    REPUBLISHED = "republished"
    """Every open order of an older epoch has been named, and published again or held for the trading desk."""


def read(client: Any, control_table: str, note: Note) -> int:
    """The latest epoch of the note; 0 before the first. Raises BotoCoreError and ClientError."""
    found = client.get_item(TableName=control_table, Key=_key(note)).get("Item")
    return int(found["epoch"]["N"]) if found else 0


def write(client: Any, control_table: str, note: Note, epoch: int, at: int) -> None:
    """Write the note under `epoch`; `at` is in milliseconds since 1970. Writing it again is harmless. Raises
    BotoCoreError and ClientError."""
    client.put_item(TableName=control_table, Item={**_key(note), "epoch": {"N": str(epoch)}, "at": {"N": str(at)}})


class NoteReader:
    """Reads a note until it has an epoch, and not again for that epoch.

    `recheck` is the least time between two reads, in milliseconds.
    """

    def __init__(self, dynamodb: Any, control_table: str, note: Note, clock: Clock, recheck: int) -> None:
        self._dynamodb = dynamodb
        self._table = control_table
        self._note = note
        self._clock = clock
        self._recheck = recheck
        self._known = 0
        self._quiet_until = 0

    def reached(self, epoch: int) -> bool:
        """Whether the note is of this epoch or a later one. A table that does not answer counts as no."""
        if self._known < epoch and self._clock() >= self._quiet_until:
            with suppress(BotoCoreError, ClientError):
                self._known = read(self._dynamodb, self._table, self._note)
            self._quiet_until = self._clock() + self._recheck
        return self._known >= epoch


def _key(note: Note) -> dict[str, dict[str, str]]:
    return {KEY_ATTRIBUTE: {"S": note}, SORT_ATTRIBUTE: {"N": "0"}}
