"""Trading days of exchanges: holidays and early closes, from a table that `generate` writes.

The table is a file, so that the same settings declare the same graph on every day, and a deployment needs no calendar
library. A test compares it with the library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

TABLE_PATH = Path(__file__).parent / "table.json"


@dataclass(frozen=True)
class EarlyClose:
    """An early close, and the usual close of the same day: points in time with the exchange's zone."""

    at: datetime
    usual: datetime


@dataclass(frozen=True)
class Calendar:
    """Trading days of one exchange. A session belongs to the day on which it closes.

    `weekdays` are numbers from 0 for Monday. `early` has the early closes by day. After `until` the exchange's holidays
    are not known, and each of its weekdays counts as a trading day.
    """

    name: str
    until: date
    weekdays: frozenset[int]
    closed: frozenset[date]
    early: Mapping[date, EarlyClose]

    def trades_on(self, day: date) -> bool:
        """Whether a session belongs to the day."""
        return day.weekday() in self.weekdays and day not in self.closed


def calendar(name: str) -> Calendar:
    """The calendar of that name, or of which that is another name. Raises `KeyError` for an unknown one."""
    own = canonical(name)
    entry = _table()["calendars"][own]
    return Calendar(
        own,
        date.fromisoformat(entry["until"]),
        frozenset(entry["weekdays"]),
        frozenset(date.fromisoformat(day) for day in entry["closed"]),
        {date.fromisoformat(day): _early_close(day, clocks, entry["zone"]) for day, clocks in entry["early"].items()},
    )


def _early_close(day: str, clocks: list[str], zone: str) -> EarlyClose:
    at, usual = (datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone)) for clock in clocks)
    return EarlyClose(at, usual)


def canonical(name: str) -> str:
    """A calendar's own name: several exchanges keep one calendar, as XNAS does that of XNYS."""
    return _table()["aliases"].get(name, name)


def names() -> frozenset[str]:
    """Every name under which the table has a calendar."""
    return frozenset((*_table()["calendars"], *_table()["aliases"]))


def first_and_last() -> tuple[date, date]:
    """The days between which the table has calendars."""
    return date.fromisoformat(_table()["first"]), date.fromisoformat(_table()["last"])


def library() -> str:
    """The library and its version that the table was written with."""
    return _table()["library"]


@cache
def _table() -> dict[str, Any]:
    return json.loads(TABLE_PATH.read_text(encoding="utf-8"))
