"""Trading hours day by day, with holidays and early closes, in which the fleet has a higher minimum."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from components.settings import Settings, calendars
from components.settings.calendars import EarlyClose
from components.settings.market import Weekday, minute_of_day

Span = tuple[int, int]
"""Start and end in minutes from 1970-01-01T00:00Z; the end is exclusive."""


def raised_spans(settings: Settings) -> list[Span]:
    """Spans with a higher minimum, in order, for the days of the calendars' table.

    A span is a session with its lead and lag. Sessions that are too close together to lower the minimum between them
    form one span. A session ends early if every venue that trades on the day closes early, at the last of their early
    closes. A session that ends on the day after its trading day is a night session, and an early close of the day says
    nothing about its end. After the end of a calendar, every weekday of its exchange counts as a trading day.
    """
    market, latency = settings.market, settings.latency
    zone = ZoneInfo(market.market_time_zone)
    opens, closes = minute_of_day(market.market_open), minute_of_day(market.market_close)
    spans: list[Span] = []
    for day, early in _trading_days(settings):
        opened_on = day + timedelta(days=market.days_to_open)
        opened = _minutes(opened_on, opens, zone)
        closed_on = opened_on if opens < closes else opened_on + timedelta(days=1)
        closed = _closed(_minutes(closed_on, closes, zone), early if closed_on == day else [])
        if closed <= opened:
            continue
        start = opened - latency.market_open_lead_minutes
        end = closed + latency.market_close_lag_minutes
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def calendars_end(settings: Settings) -> int:
    """End of the first calendar that ends, in minutes from 1970-01-01T00:00Z. After it, holidays raise the minimum."""
    until = min(calendars.calendar(name).until for name in settings.market.market_calendars)
    return _minutes(until + timedelta(days=1), 0, ZoneInfo(settings.market.market_time_zone))


def _closed(configured: int, early: list[EarlyClose]) -> int:
    """When a session ends, in minutes from 1970-01-01T00:00Z, of its configured close and its early closes, if any.

    An early close is a point in time, and the session ends then, whatever its usual close is: `marketClose` of futures
    is an hour before the end of the library's session. Late trading, which goes on after the usual close of every
    venue, goes on as long after the early close (NYSE, "Holidays & Trading Hours": late sessions of NYSE Arca end at
    17:00 instead of 20:00 when the exchange closes at 13:00 instead of 16:00).
    """
    if not early:
        return configured
    late = max(0, configured - max(_minute_of(each.usual) for each in early))
    return min(configured, max(_minute_of(each.at) for each in early) + late)


def _trading_days(settings: Settings) -> Iterator[tuple[date, list[EarlyClose]]]:
    """Yield days with a session, and the early closes if every venue that trades on the day closes early."""
    market = settings.market
    kept = [calendars.calendar(name) for name in market.market_calendars]
    weekdays = {list(Weekday).index(Weekday(day)) for day in market.market_days}
    first, last = calendars.first_and_last()
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        trading = [calendar for calendar in kept if calendar.trades_on(day)]
        if trading and day.weekday() in weekdays:
            early = [calendar.early[day] for calendar in trading if day in calendar.early]
            yield day, early if len(early) == len(trading) else []


def _minutes(day: date, minute: int, zone: ZoneInfo) -> int:
    """A time of day by the zone's clock. If daylight saving time skips or repeats it, the earlier time counts, so that
    the minimum rises too early rather than too late; a lag of minutes covers the other end."""
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return _minute_of(local)


def _minute_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 60
