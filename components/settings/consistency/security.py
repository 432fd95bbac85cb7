"""Checks of the settings of security and of the markets against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.settings import calendars
from components.settings.consistency.problem import Check, Problems
from components.settings.market import Weekday, minute_of_day
from components.settings.windows import DAY, touch

if TYPE_CHECKING:
    from components.settings.root import Settings


def sessions_end_before_the_next(settings: Settings) -> Problems:
    """A session is shorter than a day: markets that never close have no hours to schedule by."""
    market = settings.market
    if market.market_close == market.market_open:
        yield (
            "marketClose",
            market.market_close,
            "is also marketOpen, so that no time is left between two sessions; write the time of the daily pause",
        )


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
    sessions_end_before_the_next,
    calendars_are_those_of_the_venues,
    some_venue_trades_on_each_market_day,
    hosts_are_patched_while_markets_are_closed,
    replica_key_is_in_the_recovery_region,
    one_way_in,
)
