"""Schedule expressions of AWS: the longest pause between two runs.

Secrets Manager User Guide, "Schedule expressions": cron(minutes hours day-of-month month day-of-week year).
"""

from __future__ import annotations

import math
import re

_CRON = re.compile(r"^cron\((?P<fields>[^)]+)\)$")
_FIELDS = 6
_LONGEST_MONTH = 31
_WEEK = 7
_ANY = ("*", "?")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def longest_pause(expression: str) -> float | None:
    """The most days that pass between two runs of a cron expression, None for a text that is none.

    A fixed year ends the schedule, so that the pause is endless.
    """
    match = _CRON.match(expression.strip())
    fields = match["fields"].upper().split() if match else []
    if len(fields) != _FIELDS:
        return None
    _, _, day, month, weekday, year = fields
    if year not in (*_ANY, "*/1", "1/1"):
        return float("inf")
    months = _gap(month, 12, _MONTHS)
    days = _days(day, weekday)
    if months is None or days is None:
        return None
    return days if months == 1 else months * _LONGEST_MONTH


def interval(days: float) -> str:
    """A pause as a finding states it."""
    return f"every {days:g} days" if math.isfinite(days) else "by a schedule that ends"


def _days(day: str, weekday: str) -> float | None:
    """The most days between two runs in a row of months that all count."""
    if weekday not in _ANY:
        if "#" in weekday or (weekday.endswith("L") and weekday != "L"):
            # The third Monday, the last Friday: five weeks at most.
            return 5.0 * _WEEK
        return _gap(weekday.replace("L", "7"), _WEEK, _DAYS)
    if day in _ANY:
        return 1.0
    if day.endswith(("L", "W")):
        # A workday moves by up to two days.
        return float(_LONGEST_MONTH) + (2 if day.endswith("W") else 0)
    return _gap(day, _LONGEST_MONTH, ())


def _gap(field: str, count: int, names: tuple[str, ...]) -> float | None:
    """The longest distance between two values of a field, which goes round after `count`."""
    if field in _ANY:
        return 1.0
    for index, name in enumerate(names, 1):
        field = field.replace(name, str(index))
    values: set[int] = set()
    for part in field.split(","):
        found = re.match(r"^(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?$", part)
        if found is None:
            return None
        first = int(found[1] or 1)
        last = int(found[2]) if found[2] else count if found[3] or found[1] is None else first
        values.update(range(first, last + 1, int(found[3] or 1)))
    ordered = sorted(value for value in values if 1 <= value <= count)
    if not ordered:
        return None
    return float(max(b - a for a, b in zip(ordered, [*ordered[1:], ordered[0] + count], strict=True)))
