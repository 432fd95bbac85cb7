"""Settings of the markets' hours, which decide when hosts scale and when they may be patched."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, field_validator

from components.settings.section import Decoded, Section

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Weekday(StrEnum):
    """Days as cron expressions of AWS name them, in the order of the week."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


def minute_of_day(clock: str) -> int:
    """Minutes from midnight to `HH:MM`. Raises `ValueError` for another form."""
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise ValueError("write it as HH:MM from 00:00 to 23:59")
    return int(match[1]) * 60 + int(match[2])


def _clock(value: str) -> str:
    minute_of_day(value)
    return value


Clock = Annotated[str, AfterValidator(_clock)]


class MarketSettings(Section):
    """When the markets trade, in their own time zone, so that summer time moves nothing."""

    market_time_zone: str = Field("America/New_York", description="Time zone of the markets' hours, by its IANA name.")
    market_open: Clock = Field("09:30", description="When trading opens on a trading day: HH:MM.")
    market_close: Clock = Field("16:00", description="When trading closes on a trading day: HH:MM.")
    market_days: Annotated[tuple[str, ...], Decoded] = Field(
        ("MON", "TUE", "WED", "THU", "FRI"), description="Trading days: MON to SUN.", min_length=1, max_length=7
    )

    @field_validator("market_time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("is not a time zone of the IANA database; write one such as America/New_York")
        return zone

    @field_validator("market_days")
    @classmethod
    def _days_of_the_week(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [day for day in days if day not in Weekday.__members__]
        if wrong or len(set(days)) != len(days):
            raise ValueError(f"names days of the week once each; choose from {', '.join(Weekday)}")
        return days
