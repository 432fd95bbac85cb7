"""Checks of the settings of recovery against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from components.settings.consistency.problem import Check, Problems
from components.settings.market import Weekday, minute_of_day
from components.settings.windows import DAY, touch
from recovery.budget import RTO_SECONDS, Budget, Times, budget

if TYPE_CHECKING:
    from components.settings.root import Settings

# The lease is read and extended before an order, the order is written and put to its stream.
_CALLS_OF_THE_FIRST_ORDER = 4
# Section, field and key of each setting that is a term of the recovery time.
_TERMS = (
    ("recovery", "health_check_threshold", "healthCheckThreshold"),
    ("recovery", "health_check_interval", "healthCheckInterval"),
    ("recovery", "failover_ttl", "failoverTtl"),
    ("recovery", "dns_propagation_milliseconds", "dnsPropagationMilliseconds"),
    ("recovery", "cold_start_milliseconds", "coldStartMilliseconds"),
    ("recovery", "control_call_milliseconds", "controlCallMilliseconds"),
    ("recovery", "decision_milliseconds", "decisionMilliseconds"),
    ("functions", "lease_milliseconds", "leaseMilliseconds"),
    ("functions", "lease_margin_milliseconds", "leaseMarginMilliseconds"),
    ("functions", "lease_recheck_milliseconds", "leaseRecheckMilliseconds"),
    ("functions", "write_timeout_milliseconds", "writeTimeoutMilliseconds"),
)
# Observers report once a minute, the shortest period of an EventBridge schedule.
OBSERVED_EVERY_SECONDS = 60


def order_milliseconds(settings: Settings) -> int:
    """What order intake may take for one order."""
    return _CALLS_OF_THE_FIRST_ORDER * settings.functions.write_timeout_milliseconds


def recovery_budget(settings: Settings) -> Budget:
    """What these settings allow between a decision and the first accepted order, term by term."""
    recovery, functions = settings.recovery, settings.functions
    return budget(
        Times(
            switch=recovery.traffic_switch,
            decision=recovery.decision_milliseconds / 1000,
            call=recovery.control_call_milliseconds / 1000,
            lease=functions.lease_milliseconds / 1000,
            margin=functions.lease_margin_milliseconds / 1000,
            recheck=functions.lease_recheck_milliseconds / 1000,
            look=functions.write_timeout_milliseconds / 1000,
            interval=recovery.health_check_interval,
            threshold=recovery.health_check_threshold,
            propagation=recovery.dns_propagation_milliseconds / 1000,
            cold_start=recovery.cold_start_milliseconds / 1000,
            ttl=recovery.failover_ttl,
            first_order=order_milliseconds(settings) / 1000,
            engines=_engine_seconds(settings),
            observed_every=OBSERVED_EVERY_SECONDS,
            observations=recovery.failover_observations,
        )
    )


def _engine_seconds(settings: Settings) -> float:
    """Nothing where an engine stands by in the recovery region. The primary's settings do not say how many do."""
    standing = 0 if settings.is_primary else settings.sizes.elastic_engines_min
    return 0.0 if standing else float(settings.recovery.engine_start_seconds)


def recovery_takes_thirty_seconds_at_most(settings: Settings) -> Problems:
    """The objective of order intake."""
    found = recovery_budget(settings)
    if not found.kept:
        yield (
            *_most_over_its_default(settings),
            f"gives a recovery of more than {RTO_SECONDS:g} s: {found.explained()}; lower healthCheckInterval, "
            "healthCheckThreshold, failoverTtl, dnsPropagationMilliseconds, coldStartMilliseconds, leaseMilliseconds, "
            "leaseMarginMilliseconds, controlCallMilliseconds, decisionMilliseconds or writeTimeoutMilliseconds",
        )


def _most_over_its_default(settings: Settings) -> tuple[str, Any]:
    """Key and value of the term that takes the most seconds more than by default: what a person has changed."""
    recovery, functions = settings.recovery, settings.functions
    defaults = settings.model_copy(
        update={"recovery": type(recovery)(), "functions": type(functions)()}  # type: ignore[call-arg]
    )
    kept = recovery_budget(defaults).seconds
    added: dict[str, float] = {}
    for section, name, key in _TERMS:
        changed = getattr(getattr(settings, section), name)
        alone = getattr(defaults, section).model_copy(update={name: changed})
        added[key] = recovery_budget(defaults.model_copy(update={section: alone})).seconds - kept
    key = max(added, key=lambda name: added[name])
    section, name = next((section, name) for section, name, of in _TERMS if of == key)
    return key, getattr(getattr(settings, section), name)


def the_api_is_certified_in_this_region(settings: Settings) -> Problems:
    """API Gateway takes certificates of its own region only."""
    arn = settings.recovery.trading_api_certificate_arn
    if arn and arn.split(":")[3] != settings.region.name:
        yield (
            "tradingApiCertificateArn",
            arn,
            f"is of another region than {settings.region.name}; import the certificate here, or leave it empty",
        )


def the_names_of_both_apis_differ(settings: Settings) -> Problems:
    """One name cannot lead to a load balancer and to the gateway."""
    if settings.recovery.trading_api_domain == settings.compute.api_domain:
        yield (
            "tradingApiDomain",
            settings.recovery.trading_api_domain,
            "is also the apiDomain, which leads to the load balancers; choose another name in the same zone",
        )


def a_lease_is_stale_only_after_it_was_due(settings: Settings) -> Problems:
    """Without traffic the observers' own questions extend the lease: order intake looks at it when asked how it is."""
    recovery, functions = settings.recovery, settings.functions
    due = OBSERVED_EVERY_SECONDS + functions.lease_milliseconds / 1000
    if recovery.lease_stale_seconds <= due:
        yield (
            "leaseStaleSeconds",
            recovery.lease_stale_seconds,
            f"is no longer than a quiet primary takes to extend its lease, {due:g} s by "
            f"leaseMilliseconds and an observation a minute; set more than {due:g}",
        )


def a_build_finds_the_state(settings: Settings) -> Problems:
    """Nobody is there to name the backend when a failover runs by itself."""
    recovery, general = settings.recovery, settings.general
    if recovery.automatic_failover and not recovery.state_backend_url:
        yield (
            "automaticFailover",
            True,
            "cannot scale out without stateBackendUrl; name the backend of the stacks' state, outside "
            f"{general.primary_region}",
        )
    regions = set(parse_qs(urlsplit(recovery.state_backend_url).query).get("region", []))
    if general.primary_region in regions:
        yield (
            "stateBackendUrl",
            recovery.state_backend_url,
            f"is in the primary's region, with which it would be lost; move the state to {general.dr_region}",
        )
    elif regions - {general.dr_region, general.witness_region}:
        yield (
            "stateBackendUrl",
            recovery.state_backend_url,
            f"is in a region that no role of the platform may use; move the state to {general.dr_region}",
        )


def no_drill_while_markets_trade(settings: Settings) -> Problems:
    """A drill takes the primary's neighbours away."""
    recovery, market = settings.recovery, settings.market
    begins = list(Weekday).index(Weekday(recovery.drill_day)) * DAY + minute_of_day(recovery.drill_time)
    if any(touch(session, (begins, recovery.drill_minutes)) for session in market.sessions):
        yield (
            "drillTime",
            recovery.drill_time,
            f"lies with drillMinutes = {recovery.drill_minutes} in the hours of trading from drillDay = "
            f"{recovery.drill_day!r} on, {market.market_open} to {market.market_close}; choose another day or time",
        )


CHECKS: tuple[Check, ...] = (
    recovery_takes_thirty_seconds_at_most,
    the_api_is_certified_in_this_region,
    the_names_of_both_apis_differ,
    a_lease_is_stale_only_after_it_was_due,
    a_build_finds_the_state,
    no_drill_while_markets_trade,
)
