"""Whether an engine stands that can trade an immediate order.

After a takeover the recovery region accepts orders minutes before an engine trades them. A limit order for the day can
wait. A market order, IOC or FOK would be traded at a price of a later time, so a setting refuses them until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions import engine_note
from functions.clock import Clock

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
    """By the note of the runbook in the control table. Once an engine stood under an epoch, nothing is read any more;
    until then the table is asked again after `recheck` milliseconds at the earliest."""

    def __init__(self, dynamodb: Any, control_table: str, clock: Clock, recheck: int) -> None:
        self._dynamodb = dynamodb
        self._table = control_table
        self._clock = clock
        self._recheck = recheck
        self._known = 0
        self._quiet_until = 0

    def stand(self, epoch: int) -> bool:
        if self._known < epoch and self._clock() >= self._quiet_until:
            # Without an answer no engine is known to stand.
            with suppress(BotoCoreError, ClientError):
                self._known = engine_note.read(self._dynamodb, self._table)
            self._quiet_until = self._clock() + self._recheck
        return self._known >= epoch
