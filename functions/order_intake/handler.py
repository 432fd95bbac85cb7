"""Lambda entry of order intake: events of API Gateway's proxy integration.

Environment: AWS_REGION (set by Lambda), CONTROL_TABLE, ORDERS_TABLE, POSITIONS_TABLE, ORDER_STREAM, ACCOUNT_CLAIM
(default account_id), IMMEDIATE_NEEDS_ENGINE ("true" in a region that refuses immediate orders until an engine stands
under its epoch; default "false"), LEASE_SECONDS, MARGIN_SECONDS, WRITE_TIMEOUT_SECONDS, RECHECK_SECONDS
(`functions.order_intake.lease`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer

from functions import metrics
from functions.clients import bounded_client
from functions.clock import Clock, system_clock
from functions.environment import Environment
from functions.epoch_notes import Note, NoteReader
from functions.order_intake.answers import ProblemError
from functions.order_intake.application import Application
from functions.order_intake.engines import AlwaysEngines, Engines, NotedEngines
from functions.order_intake.intake import Intake, Outcome
from functions.order_intake.lease import LeaseKeeper, LeaseSettings
from functions.order_intake.lease_store import DynamoDbLeaseStore
from functions.order_intake.orders_table import OrdersTable, PositionsTable
from functions.outbox import Outbox

logger = Logger(service=metrics.ORDER_INTAKE)
tracer = Tracer(service=metrics.ORDER_INTAKE, patch_modules=["botocore"])
_sink = Metrics(namespace=metrics.NAMESPACE, service=metrics.ORDER_INTAKE)

# Requests that enter or cancel an order; the others are not measured as orders.
_ORDER_METHODS = ("POST", "DELETE")
_COUNTED_AS: Mapping[str, metrics.Metric] = {
    "not_accepting": metrics.ORDERS_NOT_ACCEPTING,
    "no_engine": metrics.ORDERS_NOT_ACCEPTING,
    "unavailable": metrics.ORDERS_UNAVAILABLE,
    "internal_error": metrics.ORDERS_UNAVAILABLE,
    "outcome_unknown": metrics.ORDERS_OUTCOME_UNKNOWN,
}


def build(variables: Mapping[str, str], dynamodb: Any, kinesis: Any, clock: Clock = system_clock) -> Application:
    """The application of one process; raises SettingError for variables that are missing or wrong."""
    environment = Environment(variables)
    settings = LeaseSettings.from_environment(environment)
    region = environment.text("AWS_REGION")
    control = environment.text("CONTROL_TABLE")
    store = DynamoDbLeaseStore(dynamodb, control)
    keeper = LeaseKeeper(region, store, clock, settings)
    table = environment.text("ORDERS_TABLE")
    orders = OrdersTable(dynamodb, table)
    outbox = Outbox(dynamodb, kinesis, table=table, stream=environment.text("ORDER_STREAM"))
    engines: Engines = AlwaysEngines()
    if environment.text("IMMEDIATE_NEEDS_ENGINE", "false") == "true":
        engines = NotedEngines(NoteReader(dynamodb, control, Note.ENGINES, clock, settings.recheck))
    republished = NoteReader(dynamodb, control, Note.REPUBLISHED, clock, settings.recheck)
    return Application(
        Intake(keeper, orders, outbox, clock, engines, republished),
        orders,
        PositionsTable(dynamodb, environment.text("POSITIONS_TABLE")),
        region=region,
        account_claim=environment.text("ACCOUNT_CLAIM", "account_id"),
    )


@cache
def application() -> Application:
    """Made once in a process."""
    timeout = LeaseSettings.from_environment(Environment(os.environ)).write_timeout
    return build(os.environ, bounded_client("dynamodb", timeout), bounded_client("kinesis", timeout))


def answered(app: Application, event: Mapping[str, Any], sink: Metrics) -> dict[str, Any]:
    """The proxy answer to one event, measured and logged."""
    started = time.perf_counter_ns()
    try:
        outcome = app.answer(event)
    except Exception:
        # The caller learns nothing of the fault; whether something was written is not known.
        logger.exception("the request failed in a way that is not foreseen")
        outcome = Outcome(ProblemError("outcome_unknown", "the request failed; repeat it").answer())
    if event.get("httpMethod") in _ORDER_METHODS:
        _measure(outcome, (time.perf_counter_ns() - started) / 1e6, sink)
    if outcome.answer.status >= 500:
        body = outcome.answer.body
        logger.warning(body["message"], code=body["code"], detail=outcome.detail)
    return outcome.answer.proxy()


def _measure(outcome: Outcome, milliseconds: float, sink: Metrics) -> None:
    metrics.publish(sink, metrics.ORDER_LATENCY, milliseconds)
    code = outcome.answer.body.get("code")
    counted_as = _COUNTED_AS.get(code, metrics.ORDERS_REFUSED) if code else metrics.ORDERS_ACCEPTED
    metrics.publish(sink, counted_as, 1)
    if outcome.deferred:
        metrics.publish(sink, metrics.ORDERS_DEFERRED, 1)
    # Not by the decorator, which complains in the log of every request that is not measured.
    sink.flush_metrics()


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    return answered(application(), event, _sink)


# Lambda sets it for every process it starts: there, clients are made while the process starts and not for its first
# order.
if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    application()
