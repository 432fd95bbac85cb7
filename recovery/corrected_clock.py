"""A clock that AWS's answers correct: a lease is compared with times that other machines wrote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from functions.clock import Clock, system_clock

# The header Date counts whole seconds (RFC 9110, 5.6.7): the answer was given within the second that it names.
_RESOLUTION_MILLISECONDS = 1_000


class CorrectedClock:
    """Gives milliseconds since 1970: those of `clock`, moved by what answers have shown to be wrong."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self.offset = 0
        """Milliseconds that are added to the machine's clock."""

    def __call__(self) -> int:
        return self._clock() + self.offset

    def hear(self, date: int, asked: int, answered: int) -> int:
        """Moves the clock as little as an answer of that date demands; the milliseconds that it was moved by.

        All three are milliseconds since 1970: `date` by the service, `asked` and `answered` by this clock. The service
        wrote the date between the two, and its own time was less than a second later than the date says.
        """
        earliest, latest = date - answered, date + _RESOLUTION_MILLISECONDS - asked
        change = max(earliest, min(latest, 0))
        self.offset += change
        return change


def date_of(answer: Any) -> int | None:
    """The date of an AWS answer in milliseconds since 1970; None where it has none that can be read."""
    metadata = answer.get("ResponseMetadata") if isinstance(answer, Mapping) else None
    headers = metadata.get("HTTPHeaders", {}) if isinstance(metadata, Mapping) else {}
    try:
        moment = parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
