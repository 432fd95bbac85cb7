"""Alarms on order acceptance."""

from __future__ import annotations

from collections.abc import Iterator

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Combined, Concern, Term, counted, highest
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws, of_function
from functions import metrics

# Redrive intervals: an order waits in the outbox for at most the next run but one. An older order is not being
# published.
_OUTBOX_RUNS = 3
# Percent of all requests. Clients repeat a single failed request.
_SERVER_ERRORS_PERCENT = 1
# Requests a minute below which a percentage is meaningless.
_FEWEST_REQUESTS = 20


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Order intake's counters, the outbox, and errors at the gateway."""
    yield from _intake()
    yield from _outbox(layers)
    yield _server_errors(layers)


def _intake() -> Iterator[Alarm]:
    yield (
        counted(
            "orders-unavailable",
            "Orders are refused because a store does not answer or throttles. Check the tables and the order stream.",
            of_function(metrics.ORDERS_UNAVAILABLE),
        )
        .for_minutes(2, of=3)
        .pages(Concern.ORDERS)
    )
    yield counted(
        "orders-outcome-unknown",
        "Orders ended with an unknown outcome. Their callers must repeat them.",
        of_function(metrics.ORDERS_OUTCOME_UNKNOWN),
    ).pages(Concern.ORDERS)
    # A standby region refuses every order by design.
    yield (
        counted(
            "orders-not-accepting",
            "The active region refuses orders: it has no lease. `runbook status` shows the lease holder.",
            of_function(metrics.ORDERS_NOT_ACCEPTING),
        )
        .only_when_active()
        .pages(Concern.ORDERS)
    )
    yield counted(
        "orders-deferred",
        "Accepted orders went to the outbox: the stream refused them. The redrive publishes them.",
        of_function(metrics.ORDERS_DEFERRED),
    ).for_minutes(3, of=5)


def _outbox(layers: MonitoredLayers) -> Iterator[Alarm]:
    functions = layers.settings.functions
    limit = functions.redrive_settle_seconds + _OUTBOX_RUNS * functions.redrive_interval_minutes * 60
    yield highest(
        "outbox-old",
        f"An accepted order is not in the stream after {limit} s and is not executed. Check the redrive and the "
        "order stream.",
        of_function(metrics.OUTBOX_OLDEST_AGE),
        limit,
    ).pages(Concern.ORDERS)
    yield counted(
        "outbox-not-published",
        "The order stream refuses orders that the redrive publishes from the outbox.",
        of_function(metrics.OUTBOX_NOT_PUBLISHED),
    ).for_minutes(3)


def _server_errors(layers: MonitoredLayers) -> Alarm:
    api, stage = layers.api.api.name, layers.api.stage.stage_name
    share = Combined(
        f"IF(requests >= {_FEWEST_REQUESTS}, 100 * errors / requests, 0)",
        "Percent of requests",
        (
            Term("errors", of_aws(published.API_SERVER_ERRORS, api, stage), "Sum"),
            Term("requests", of_aws(published.API_REQUESTS, api, stage), "Sum"),
        ),
    )
    return Alarm(
        "api-server-errors",
        f"{_SERVER_ERRORS_PERCENT} % of the requests to the Trading API return 5xx.",
        share,
        _SERVER_ERRORS_PERCENT,
        periods=3,
        breaching=2,
        concern=Concern.ORDERS,
    )
