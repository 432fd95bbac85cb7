"""Whether orders are taken."""

from __future__ import annotations

from collections.abc import Iterator

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Combined, Concern, Term, counted, highest
from components.observability.series import of_aws, of_function
from components.observability.watched import Watched
from functions import metrics

# An order waits in the outbox for the redrive's next run but one at the worst; beyond that nobody publishes it.
_OUTBOX_RUNS = 3
# Of all requests, in percent: a single one that fails is answered by the caller's own repeat.
_SERVER_ERRORS_PERCENT = 1
# Below so many requests in a minute a percentage says nothing.
_FEWEST_REQUESTS = 20


def alarms(watched: Watched) -> Iterator[Alarm]:
    """Order intake's own counts, the outbox, and what the gateway saw."""
    yield from _intake()
    yield from _outbox(watched)
    yield _server_errors(watched)


def _intake() -> Iterator[Alarm]:
    yield (
        counted(
            "orders-unavailable",
            "Orders are refused since a store did not answer or throttled. Look at the tables and the order stream.",
            of_function(metrics.ORDERS_UNAVAILABLE),
        )
        .for_minutes(2, of=3)
        .pages(Concern.ORDERS)
    )
    yield counted(
        "orders-outcome-unknown",
        "Orders ended without anybody knowing whether they were written. Their callers must repeat them.",
        of_function(metrics.ORDERS_OUTCOME_UNKNOWN),
    ).pages(Concern.ORDERS)
    # A region that stands by refuses every order, by design.
    yield (
        counted(
            "orders-not-accepting",
            "The region that serves refuses orders: it holds no lease. Ask `runbook status` who does.",
            of_function(metrics.ORDERS_NOT_ACCEPTING),
        )
        .while_serving()
        .pages(Concern.ORDERS)
    )
    yield counted(
        "orders-deferred",
        "Accepted orders went to the outbox: the stream did not take them at once. The redrive publishes them.",
        of_function(metrics.ORDERS_DEFERRED),
    ).for_minutes(3, of=5)


def _outbox(watched: Watched) -> Iterator[Alarm]:
    functions = watched.settings.functions
    limit = functions.redrive_settle_seconds + _OUTBOX_RUNS * functions.redrive_interval_minutes * 60
    yield highest(
        "outbox-old",
        f"An accepted order is not in the stream after {limit} s: nobody executes it. Look at the redrive and the "
        "order stream.",
        of_function(metrics.OUTBOX_OLDEST_AGE),
        limit,
    ).pages(Concern.ORDERS)
    yield counted(
        "outbox-not-published",
        "The redrive publishes orders of the outbox, and the stream does not take them.",
        of_function(metrics.OUTBOX_NOT_PUBLISHED),
    ).for_minutes(3)


def _server_errors(watched: Watched) -> Alarm:
    api, stage = watched.api.api.name, watched.api.stage.stage_name
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
        f"{_SERVER_ERRORS_PERCENT} % of the requests to the Trading API fail on our side.",
        share,
        _SERVER_ERRORS_PERCENT,
        periods=3,
        breaching=2,
        concern=Concern.ORDERS,
    )
