"""Time as the functions use it: whole milliseconds since 1970-01-01T00:00:00Z."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], int]
"""Gives the time now in milliseconds; passed in, so that tests and models own it."""


def system_clock() -> int:
    """The machine's clock, which Lambda keeps with the Amazon Time Sync Service."""
    return time.time_ns() // 1_000_000


def timestamp(milliseconds: int) -> str:
    """RFC 3339 in UTC with milliseconds, as the Trading API writes times."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"
