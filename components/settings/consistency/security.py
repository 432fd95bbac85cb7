"""Checks of the settings of security and of the markets against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.settings import calendars
from components.settings.consistency.problem import Check, Problems
from components.settings.market import Weekday, minute_of_day
from components.settings.security import SHORTEST_PATCH_HOURS
from components.settings.windows import DAY, WEEK, touch

if TYPE_CHECKING:
    from components.settings.root import Settings


def markets_close_once_a_week(settings: Settings) -> Problems:
    """A session is shorter than a day, and once a week the markets are closed for as long as hosts are patched."""
    market, needed = settings.market, SHORTEST_PATCH_HOURS * 60
    if market.market_close == market.market_open:
        yield (
            "marketClose",
            market.market_close,
            "is also marketOpen, and no session lasts 24 hours: the platform does not run markets that trade around "
            "the clock; write the time at which trading pauses, and leave a day out of marketDays on which it stops",
        )
    elif (closed := _longest_pause(market.sessions)) < needed:
        yield (
            "marketClose",
            market.market_close,
            f"with marketOpen = {market.market_open!r} leaves the markets closed for {closed} minutes at most, and the "
            f"patching of hosts takes {needed} or more: the platform does not run markets that trade around the clock; "
            "leave a day out of marketDays on which you stop trading, or write a longer pause",
        )


def _longest_pause(sessions: tuple[tuple[int, int], ...]) -> int:
    """The longest time of a week without a session, in minutes; of sessions by start and length."""
    ordered = sorted(sessions)
    following = [*ordered[1:], (ordered[0][0] + WEEK, 0)]
    return max(after - (start + minutes) for (start, minutes), (after, _) in zip(ordered, following, strict=True))


def calendars_are_those_of_the_venues(settings: Settings) -> Problems:
    """Without its venue's calendar, a session would be left out on another country's holidays."""
    market = settings.market
    kept = {calendars.canonical(name) for name in market.market_calendars}
    for venue in settings.streams.venues:
        if venue in calendars.names() and calendars.canonical(venue) not in kept and "24/7" not in kept:
            yield (
                "marketCalendars",
                list(market.market_calendars),
                f"lacks the calendar of {venue}, one of venues; add {calendars.canonical(venue)}",
            )
            return


def some_venue_trades_on_each_market_day(settings: Settings) -> Problems:
    """A trading day on which no calendar has sessions would never have one."""
    market = settings.market
    traded = {day for name in market.market_calendars for day in calendars.calendar(name).weekdays}
    for day in market.market_days:
        if list(Weekday).index(Weekday(day)) not in traded:
            yield (
                "marketDays",
                list(market.market_days),
                f"names {day}, on which no calendar of marketCalendars = {', '.join(market.market_calendars)} trades; "
                "leave it out, or add the calendar that does",
            )


def hosts_are_patched_while_markets_are_closed(settings: Settings) -> Problems:
    """Patching restarts hosts, so its window may touch no trading hour, the next morning's included."""
    security, market = settings.security, settings.market
    start = list(Weekday).index(security.patch_day) * DAY + minute_of_day(security.patch_start)
    window = (start, security.patch_hours * 60)
    for day, session in zip(market.market_days, market.sessions, strict=True):
        if touch(session, window):
            yield (
                "patchStart",
                security.patch_start,
                f"on {security.patch_day} for {security.patch_hours} h overlaps the trading hours of {day}, "
                f"{market.market_open} to {market.market_close}; move patchDay or patchStart, or shorten patchHours",
            )


def replica_key_is_in_the_recovery_region(settings: Settings) -> Problems:
    """A replica is encrypted by a key of its own region."""
    key, region = settings.security.secrets_replica_key, settings.general.dr_region
    if key.startswith("arn:") and key.split(":")[3] != region:
        yield "secretsReplicaKey", key, f"is not in drRegion = {region!r}; name a key of that region"


def one_way_in(settings: Settings) -> Problems:
    """People come by SAML or by assuming a role, so that closing one way does not leave the other open."""
    security = settings.security
    if security.saml_provider_arn and security.trusted_principals:
        yield (
            "trustedPrincipals",
            list(security.trusted_principals),
            "is set together with samlProviderArn; people take the human roles one way, remove the other",
        )


CHECKS: tuple[Check, ...] = (
    markets_close_once_a_week,
    calendars_are_those_of_the_venues,
    some_venue_trades_on_each_market_day,
    hosts_are_patched_while_markets_are_closed,
    replica_key_is_in_the_recovery_region,
    one_way_in,
)
