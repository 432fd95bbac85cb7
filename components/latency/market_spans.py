"""Trading hours day by day, with holidays and early closes, in which the fleet has a higher minimum."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from components.settings import Settings, calendars
from components.settings.market import Weekday, minute_of_day

Span = tuple[int, int]
"""Start and end in minutes from 1970-01-01T00:00Z; the end is exclusive."""


def raised_spans(settings: Settings) -> list[Span]:
    """Spans with a higher minimum, in order, for the days of the calendars' table.

    A span is a session with its lead and lag. Sessions that are too close together to lower the minimum between them
    form one span. A session ends early if every venue that trades on the day closes early, by the smallest difference
    of these venues. After the end of a calendar, every weekday of its exchange counts as a trading day.
    """
    market, latency = settings.market, settings.latency
    zone = ZoneInfo(market.market_time_zone)
    opens, closes = minute_of_day(market.market_open), minute_of_day(market.market_close)
    spans: list[Span] = []
    for day, early in _trading_days(settings):
        if early >= market.session_minutes:
            continue
        opened_on = day if opens < closes else day - timedelta(days=1)
        start = _minutes(opened_on, opens, zone) - latency.market_open_lead_minutes
        end = _minutes(day, closes, zone) - early + latency.market_close_lag_minutes
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def calendars_end(settings: Settings) -> int:
    """End of the first calendar that ends, in minutes from 1970-01-01T00:00Z. After it, holidays raise the minimum."""
    until = min(calendars.calendar(name).until for name in settings.market.market_calendars)
    return _minutes(until + timedelta(days=1), 0, ZoneInfo(settings.market.market_time_zone))


def _trading_days(settings: Settings) -> Iterator[tuple[date, int]]:
    """Yield days with a session, and how many minutes before `marketClose` it ends."""
    market = settings.market
    kept = [calendars.calendar(name) for name in market.market_calendars]
    weekdays = {list(Weekday).index(Weekday(day)) for day in market.market_days}
    first, last = calendars.first_and_last()
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        early = [minutes for calendar in kept if (minutes := calendar.minutes_early(day)) is not None]
        if early and day.weekday() in weekdays:
            yield day, min(early)


def _minutes(day: date, minute: int, zone: ZoneInfo) -> int:
    """A time of day by the zone's clock. If daylight saving time skips or repeats it, the earlier time counts, so that
    the minimum rises too early rather than too late; a lag of minutes covers the other end."""
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return int(local.timestamp()) // 60
