"""Settings of the markets' hours, which decide when hosts scale and when they may be patched."""

from __future__ import annotations

import difflib
import re
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from components.settings import calendars
from components.settings.section import Canonical, Decoded, Section
from components.settings.windows import DAY, WEEK

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class Weekday(StrEnum):
    """Days as cron expressions of AWS name them, in the order of the week."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


class TradingDay(StrEnum):
    """Which end of a session over midnight lies on its day of `marketDays` and of the calendars."""

    OPEN = "open"
    """It opens on that day. The night sessions of Asian futures markets open in the evening of a trading day, on Friday
    too, and the exchange counts them with its next trading day: that of a day before a holiday with the day after the
    holiday (JPX, "Derivatives Holiday Trading"; HKEX, "After-Hours Trading", T+1 session)."""
    CLOSE = "close"
    """It closes on that day. Sessions of CME and ICE open on the evening before, on Sunday too."""


def minute_of_day(clock: str) -> int:
    """Minutes from midnight to `HH:MM`. Raises `ValueError` for another form."""
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise ValueError("is not a time of day; write it as HH:MM from 00:00 to 23:59")
    return int(match[1]) * 60 + int(match[2])


def _clock(value: str) -> str:
    minute_of_day(value)
    return value


# XNAS and XNYS are one calendar.
_CALENDARS = Canonical(calendars.canonical)

Clock = Annotated[str, AfterValidator(_clock)]


@cache
def schedulable_zones() -> frozenset[str]:
    """Canonical names: places of the IANA database (`zone.tab`), and those of Etc.

    EC2 Auto Scaling API Reference, PutScheduledUpdateGroupAction, `TimeZone`: "canonical names of the IANA time zones".
    Other files of a system's database, such as localtime, posixrules or Factory, are none, and neither are its links
    for older programs, such as US/Eastern.
    """
    database = resources.files("tzdata").joinpath("zoneinfo")
    lines = database.joinpath("zone.tab").read_text(encoding="utf-8").splitlines()
    places = {line.split("\t")[2] for line in lines if line and not line.startswith("#")}
    etc = {f"Etc/{entry.name}" for entry in database.joinpath("Etc").iterdir() if entry.name[:1].isupper()}
    return frozenset(places | etc | {"UTC"})


class MarketSettings(Section):
    """When the markets trade, in their own time zone, so that summer time moves nothing.

    A session that closes before the time of day at which it opens runs over midnight. `marketTradingDay` says whether
    its trading day is that on which it opens or that on which it closes. Weekdays and holidays are those of the trading
    day alone: futures that open on Sunday at 18:00 trade for Monday, and not at all where Monday is a holiday.
    """

    market_time_zone: str = Field("America/New_York", description="Time zone of the markets' hours, by its IANA name.")
    market_open: Clock = Field(
        "09:30",
        description="When trading opens: HH:MM. A session that opens later than marketClose runs over midnight.",
    )
    market_close: Clock = Field("16:00", description="When trading closes: HH:MM.")
    market_trading_day: TradingDay = Field(
        TradingDay.CLOSE,
        description="Trading day of a session over midnight: close for the day on which it closes (CME and ICE, which "
        "open on Sunday), open for the day on which it opens (night sessions of Osaka, Hong Kong and Singapore, which "
        "end on Saturday morning). Holidays of the other day do not matter. A session that closes at 00:00 closes on "
        "the day after that on which it opened: write open for one that ends with its day.",
    )
    market_days: Annotated[tuple[str, ...], Decoded] = Field(
        ("MON", "TUE", "WED", "THU", "FRI"),
        description="Trading days of the week: MON to SUN; of a session over midnight the day of marketTradingDay.",
        min_length=1,
        max_length=7,
    )
    market_calendars: Annotated[tuple[str, ...], Decoded, _CALENDARS] = Field(
        ("XNYS",),
        description="Calendars of the venues, by ISO 10383 code or another name that exchange_calendars knows: on days "
        "on which none of them trades there is no session, and a session ends early where all of them close early. "
        "24/7 has neither holidays nor early closes.",
        min_length=1,
        max_length=20,
    )

    @field_validator("market_time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in schedulable_zones():
            raise ValueError(
                "is not a time zone by its canonical name, which schedulers of AWS ask for; write one such as "
                "America/New_York or Etc/UTC"
            )
        return zone

    @field_validator("market_days")
    @classmethod
    def _days_of_the_week(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [day for day in days if day not in Weekday.__members__]
        if wrong:
            raise ValueError(f"names days of the week once each; choose from {', '.join(Weekday)}")
        return days

    @field_validator("market_calendars")
    @classmethod
    def _known_calendars(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in calendars.names():
                near = difflib.get_close_matches(name, calendars.names(), n=1)
                hint = f"did you mean {near[0]}?" if near else "write one such as XNYS, XLON or CMES, or 24/7 for none"
                raise ValueError(f"{name!r} is not a calendar of exchange_calendars; {hint}")
        return names

    @property
    def session_minutes(self) -> int:
        """How long one session lasts, in minutes."""
        return (minute_of_day(self.market_close) - minute_of_day(self.market_open)) % DAY

    @property
    def days_to_open(self) -> int:
        """Days from a trading day to the day on which its session opens: 0, or -1 for the day before."""
        overnight = minute_of_day(self.market_close) <= minute_of_day(self.market_open)
        return -1 if overnight and self.market_trading_day is TradingDay.CLOSE else 0

    @property
    def sessions(self) -> tuple[tuple[int, int], ...]:
        """Start and length of the session of each trading day, in minutes from Monday 00:00 in the markets' zone."""
        days = [list(Weekday).index(Weekday(day)) + self.days_to_open for day in self.market_days]
        opens = minute_of_day(self.market_open)
        return tuple(((day * DAY + opens) % WEEK, self.session_minutes) for day in days)
