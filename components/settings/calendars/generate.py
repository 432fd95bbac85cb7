"""Write the table of trading calendars: `python -m components.settings.calendars.generate`, or `make calendars`.

The calendars are those of the library exchange_calendars, which the deployment does not need: it brings pandas.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from components.settings.calendars import TABLE_PATH

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

FIRST, LAST = date(2026, 7, 1), date(2029, 12, 31)
"""First and last day of the table. The library knows some exchanges' holidays for a shorter time, which the exchanges
publish year by year."""


def table() -> dict[str, Any]:
    """The table as JSON: calendars by name with their days, and other names of these calendars."""
    from exchange_calendars import get_calendar_names, resolve_alias

    calendars: dict[str, Any] = {}
    for name in sorted(get_calendar_names(include_aliases=False)):
        calendars[name] = entry(name)
    aliases = {
        name: resolve_alias(name) for name in sorted(get_calendar_names(include_aliases=True)) if name not in calendars
    }
    return {
        "library": f"exchange_calendars {version('exchange_calendars')}",
        "first": FIRST.isoformat(),
        "last": LAST.isoformat(),
        "calendars": calendars,
        "aliases": aliases,
    }


def text() -> str:
    """The table as it stands in its file: one line for each calendar."""
    made = table()
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in made["calendars"].items())
    return (
        f'{{\n  "library": "{made["library"]}",\n  "first": "{made["first"]}",\n  "last": "{made["last"]}",\n'
        f'  "aliases": {json.dumps(made["aliases"])},\n  "calendars": {{\n{lines}\n  }}\n}}\n'
    )


def _calendar(name: str) -> tuple[ExchangeCalendar, date]:
    """The calendar and the last day for which the library knows it. Raises `ValueError` where that lies before
    `FIRST`."""
    from exchange_calendars import get_calendar

    for last in (LAST, *(date(year, 12, 31) for year in range(LAST.year - 1, FIRST.year - 1, -1))):
        with suppress(ValueError):
            return get_calendar(name, start=FIRST.isoformat(), end=last.isoformat()), last
    raise ValueError(f"the library has no calendar {name} from {FIRST} on; leave it out, or begin the table later")


def entry(name: str) -> dict[str, Any]:
    """One calendar as the table holds it."""
    calendar, until = _calendar(name)
    sessions = [session.date() for session in calendar.sessions]
    weekdays = sorted({day.weekday() for day in sessions})
    held = set(sessions)
    days = (date.fromordinal(number) for number in range(FIRST.toordinal(), until.toordinal() + 1))
    return {
        "zone": str(calendar.tz),
        "until": until.isoformat(),
        "weekdays": weekdays,
        "closed": [day.isoformat() for day in days if day.weekday() in weekdays and day not in held],
        "early": {session.date().isoformat(): _early_and_usual(calendar, session) for session in calendar.early_closes},
    }


def _early_and_usual(calendar: ExchangeCalendar, session: Any) -> list[str]:
    """The early close of a session and the usual close of its day, HH:MM by the exchange's clock.

    Raises `ValueError` for an early close on another day than the session's, which the table cannot hold.
    """
    usual = [close for since, close in calendar.close_times if since is None or since <= session][-1]
    closes: Any = calendar.closes
    early = closes[session].tz_convert(calendar.tz)
    if early.date() != session.date() or calendar.close_offset:
        raise ValueError(f"{calendar.name} closes early on another day than its session of {session.date()}")
    return [f"{early:%H:%M}", f"{usual:%H:%M}"]


if __name__ == "__main__":
    TABLE_PATH.write_text(text(), encoding="utf-8", newline="\n")
