"""Times of the day and the week at which AWS may touch what the markets depend on."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

_CLOCK = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAILY = re.compile(rf"{_CLOCK}-{_CLOCK}", re.ASCII)
_WEEKLY = re.compile(rf"({'|'.join(_DAYS)}):{_CLOCK}-({'|'.join(_DAYS)}):{_CLOCK}", re.ASCII)

_MOMENT = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)

DAY = 24 * 60
WEEK = 7 * DAY
# RDS User Guide, "Maintaining a DB instance" and "Backup window": neither may be shorter.
SHORTEST = 30
# The least start window that AWS Backup takes (AWS Backup API Reference, BackupRule, StartWindowMinutes), in minutes.
BACKUP_START_MINUTES = 60
# How long before RDS's own backup window a job of AWS Backup is due, in minutes. AWS Backup starts no job of an RDS
# instance in its backup window, nor in its maintenance window or the hour before that (AWS Backup Developer Guide,
# "Backup plan options and configuration"). Of four hours, one is the start window and three are for the job.
BACKUP_DISTANCE = 4 * 60
_BEFORE_MAINTENANCE = 60


def daily(window: str) -> tuple[int, int]:
    """Start and length of `hh:mm-hh:mm` in minutes from midnight. Raises `ValueError` for another form."""
    match = _DAILY.fullmatch(window)
    if match is None:
        raise ValueError("is not a window of a day; write it as hh:mm-hh:mm in UTC, such as 05:00-06:00")
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    start = hour * 60 + minute
    return start, (end_hour * 60 + end_minute - start) % DAY


def weekly(window: str) -> tuple[int, int]:
    """Start and length of `ddd:hh:mm-ddd:hh:mm` in minutes from Monday 00:00. Raises `ValueError` for another form."""
    match = _WEEKLY.fullmatch(window)
    if match is None:
        raise ValueError(
            "is not a window of a week; write it as ddd:hh:mm-ddd:hh:mm in UTC, such as sun:06:30-sun:07:30"
        )
    day, hour, minute, end_day, end_hour, end_minute = match.groups()
    start = _DAYS.index(day) * DAY + int(hour) * 60 + int(minute)
    end = _DAYS.index(end_day) * DAY + int(end_hour) * 60 + int(end_minute)
    return start, (end - start) % WEEK


def backup_start(backup_window: str) -> int:
    """When AWS Backup's jobs are due, in minutes from midnight UTC: well before RDS's own backup window opens."""
    return (daily(backup_window)[0] - BACKUP_DISTANCE) % DAY


def backup_spans(backup_window: str) -> list[tuple[int, int]]:
    """Start and length of AWS Backup's start window on each day, in minutes of the week."""
    return [(day * DAY + backup_start(backup_window), BACKUP_START_MINUTES) for day in range(len(_DAYS))]


def blocked_by_maintenance(maintenance_window: str) -> tuple[int, int]:
    """Start and length of the span in which AWS Backup starts no job, in minutes of the week."""
    start, length = weekly(maintenance_window)
    return (start - _BEFORE_MAINTENANCE) % WEEK, length + _BEFORE_MAINTENANCE


def overlap(daily_window: str, weekly_window: str) -> bool:
    """Whether a window of every day touches a window of one day in the week."""
    start, length = daily(daily_window)
    return any(touch((day * DAY + start, length), weekly(weekly_window)) for day in range(len(_DAYS)))


def touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two spans of a week, each by start and length in minutes, have a minute in common. A week begins
    again where it ends."""
    return (other[0] - one[0]) % WEEK < one[1] or (one[0] - other[0]) % WEEK < other[1]


def _backup_window(window: str) -> str:
    _long_enough(daily(window)[1])
    return window


def _maintenance_window(window: str) -> str:
    _long_enough(weekly(window)[1])
    return window


def _long_enough(minutes: int) -> None:
    if minutes < SHORTEST:
        raise ValueError(f"is {minutes} minutes long; AWS asks for {SHORTEST} or more, so move its end")


def _moment(text: str) -> str:
    try:
        if text and (not _MOMENT.fullmatch(text) or not datetime.strptime(text, "%Y%m%dT%H%M%SZ")):
            raise ValueError
    except ValueError:
        raise ValueError("is not a moment in UTC; write it like 20260102T140000Z, or leave it empty") from None
    return text


Moment = Annotated[str, AfterValidator(_moment)]
BackupWindow = Annotated[str, AfterValidator(_backup_window)]
MaintenanceWindow = Annotated[str, AfterValidator(_maintenance_window)]
