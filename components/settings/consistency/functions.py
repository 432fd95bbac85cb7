"""Checks of the settings of the functions and of the API against each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from components.settings.consistency.problem import Check, Problems

if TYPE_CHECKING:
    from components.settings.root import Settings

# `functions.order_intake.lease` says why: half a lease holds two tries to extend it, the two calls of an order before
# it is confirmed, and the margin. A test compares both.
_CALLS_IN_HALF_A_LEASE = 4
# A request makes one call more after it is confirmed: the mark in the outbox. And one before: the lease is read.
_CALLS_OF_A_REQUEST = _CALLS_IN_HALF_A_LEASE + 2
# AWS Lambda Developer Guide, "Lambda quotas": what must stay unreserved, and all variables of a function, in bytes.
_UNRESERVED_AT_LEAST = 100
_ENVIRONMENT_BYTES = 4096
# The redrive's other variables, with names and room to grow.
_OTHER_VARIABLES_BYTES = 600
# The redrive, the integrity check, the market hours, the rotation of the database's password, the observer and the
# failover run once at a time. A test counts them in the recovery region, which has all of them.
SINGLE_FUNCTIONS = 6


def half_a_lease_holds_an_order(settings: Settings) -> Problems:
    """The rule by which no two regions accept at one time."""
    functions = settings.functions
    needed = functions.lease_margin_milliseconds + _CALLS_IN_HALF_A_LEASE * functions.write_timeout_milliseconds
    if 2 * needed > functions.lease_milliseconds:
        yield (
            "leaseMilliseconds",
            functions.lease_milliseconds,
            f"is too short: half of it must hold leaseMarginMilliseconds = {functions.lease_margin_milliseconds} and "
            f"{_CALLS_IN_HALF_A_LEASE} calls of writeTimeoutMilliseconds = {functions.write_timeout_milliseconds}; "
            f"set at least {2 * needed}, or make those smaller",
        )
    if 2 * functions.lease_recheck_milliseconds > functions.lease_milliseconds:
        yield (
            "leaseRecheckMilliseconds",
            functions.lease_recheck_milliseconds,
            f"is over half of leaseMilliseconds = {functions.lease_milliseconds}: a lease would lapse before it is "
            "looked at again; make it smaller",
        )


def a_request_ends_before_its_function(settings: Settings) -> Problems:
    """A function that is stopped in the middle leaves a caller without an answer."""
    functions = settings.functions
    longest = -(-_CALLS_OF_A_REQUEST * functions.write_timeout_milliseconds // 1000)
    if functions.order_intake_timeout <= longest:
        yield (
            "orderIntakeTimeout",
            functions.order_intake_timeout,
            f"does not outlast {_CALLS_OF_A_REQUEST} calls of writeTimeoutMilliseconds = "
            f"{functions.write_timeout_milliseconds}; set at least {longest + 1}",
        )


def reservations_fit_the_account(settings: Settings) -> Problems:
    """Lambda refuses reservations that leave too little for everything else."""
    functions = settings.functions
    reserved = functions.order_intake_concurrency + functions.authorizer_concurrency + SINGLE_FUNCTIONS
    if reserved > functions.lambda_concurrency_quota - _UNRESERVED_AT_LEAST:
        yield (
            "orderIntakeConcurrency",
            functions.order_intake_concurrency,
            f"with the other functions reserves {reserved} of lambdaConcurrencyQuota = "
            f"{functions.lambda_concurrency_quota}, of which {_UNRESERVED_AT_LEAST} must stay free; reserve less, or "
            "have the quota raised in both regions",
        )


def redrive_routes(settings: Settings) -> list[dict[str, str]]:
    """The addresses of the queues that the redrive serves, as its environment names them; a test compares them with
    those that a stack declares."""
    streams, general = settings.streams, settings.general
    base = f"https://sqs.{general.region}.amazonaws.com/{general.account_id}/"
    kinds = [
        *(f"execution-{venue.lower()}" for venue in streams.venues),
        *(f"post-trade-{instruments}" for instruments in streams.instrument_classes),
        "trade-reports",
        "replays",
    ]
    ordered = {
        "dead_letters": base + settings.name("account-events-dlq.fifo"),
        "source": base + settings.name("account-events.fifo"),
        "quarantine": base + settings.name("quarantine-ordered.fifo"),
    }
    routes = [
        {
            "dead_letters": base + settings.name(kind, "dlq"),
            "source": base + settings.name(kind),
            "quarantine": base + settings.name("quarantine"),
        }
        for kind in kinds
    ]
    return [*routes, ordered]


def routes_fit_into_an_environment(settings: Settings) -> Problems:
    """The redrive is told its queues in its environment."""
    streams, routes = settings.streams, redrive_routes(settings)
    size = len(json.dumps(routes, separators=(",", ":")))
    if size > _ENVIRONMENT_BYTES - _OTHER_VARIABLES_BYTES:
        yield (
            "venues",
            list(streams.venues),
            f"with instrumentClasses makes {len(routes)} routes of {size} bytes for the redrive, whose environment "
            f"holds {_ENVIRONMENT_BYTES} bytes with all else; name fewer venues or classes",
        )


CHECKS: tuple[Check, ...] = (
    half_a_lease_holds_an_order,
    a_request_ends_before_its_function,
    reservations_fit_the_account,
    routes_fit_into_an_environment,
)
