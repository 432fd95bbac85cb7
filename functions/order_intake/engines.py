"""Whether an engine stands that can trade an immediate order.

After a takeover the recovery region accepts orders minutes before an engine trades them. A limit order for the day can
wait. A market order, IOC or FOK would be traded at a price of a later time, so a setting refuses them until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from functions.epoch_notes import NoteReader

_IMMEDIATE = frozenset({"IOC", "FOK"})


def is_immediate(order: Mapping[str, str]) -> bool:
    """Whether an order is worth nothing later: a market order, or one that is traded at once or not at all."""
    return order["type"] == "MARKET" or order["time_in_force"] in _IMMEDIATE


class Engines(Protocol):
    """Asked for each immediate order."""

    def stand(self, epoch: int) -> bool:
        """Whether an engine stands under the epoch."""
        ...


class AlwaysEngines:
    """A region where no order waits for an engine: the setting is off, or the region has its engines."""

    def stand(self, epoch: int) -> bool:
        return True


class NotedEngines:
    """By the note `engines` of the control table."""

    def __init__(self, note: NoteReader) -> None:
        self._note = note

    def stand(self, epoch: int) -> bool:
        return self._note.reached(epoch)
