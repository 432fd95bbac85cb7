"""Lambda entry of the redrive: runs on a schedule, and by hand.

Environment: AWS_REGION, ROUTES (JSON array of {dead_letters, source, quarantine}, queue URLs), MAX_TRIES (default 3),
RATE_PER_SECOND (default 20, messages of the queues), OUTBOX_PER_SECOND (default 1000, orders; what the stream takes),
SETTLE_SECONDS (default 30), HOLD_SECONDS (default 900, the age from which an order of an older epoch waits for the
trading desk), RESERVE_SECONDS (default 10, the part of the function's time-out in which nothing new is begun),
CONTROL_TABLE, ORDERS_TABLE, ORDER_STREAM, and those of the lease
(`functions.order_intake.lease`).

Events
  {}                                                   a run
  {"republish": {"cursor": null}}                      list one page of the open orders of older epochs; gives the
                                                       cursor of the next page
  {"publish": [order ids]}                             publish listed orders again, as far as they are still open
  {"restore_cancellations": {"cursor": null, "since": milliseconds}}
                                                       list one page of the orders whose cancellation a late write has
                                                       overwritten
  {"restore": [order ids]}                             restore their cancellations; gives those that it is too late for
  {"release": [order ids]}, {"refuse": [order ids]}    decisions of the trading desk
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer

from functions import metrics
from functions.clients import bounded_client, patient_client
from functions.clock import Clock, system_clock
from functions.environment import Environment, SettingError
from functions.epoch_notes import Note, NoteReader
from functions.order_intake.lease import LeaseKeeper, LeaseSettings
from functions.order_intake.lease_store import DynamoDbLeaseStore
from functions.outbox import Outbox
from functions.redrive.cancellations import Cancellations
from functions.redrive.desk import MAX_DECIDED, Desk
from functions.redrive.errors import NotPublishedError
from functions.redrive.outbox import Sweep
from functions.redrive.pace import Pace
from functions.redrive.queues import Redrive, Route
from functions.redrive.republish import Republish

logger = Logger(service=metrics.REDRIVE)
tracer = Tracer(service=metrics.REDRIVE, patch_modules=["botocore"])
_sink = Metrics(namespace=metrics.NAMESPACE, service=metrics.REDRIVE)

# Longer than any of these calls takes, and short against the function's time-out.
_CALL_MILLISECONDS = 5_000


@dataclass(frozen=True)
class Work:
    """All that one process needs."""

    routes: tuple[Route, ...]
    redrive: Redrive
    sweep: Sweep
    republish: Republish
    cancellations: Cancellations
    desk: Desk
    clock: Clock
    sleep: Callable[[float], None]
    rate: float
    outbox_rate: float
    reserve: int

    def pace(self, per_second: float, remaining_milliseconds: Callable[[], int]) -> Pace:
        return Pace(per_second, self.clock, self.sleep, remaining_milliseconds, self.reserve)


def build(
    variables: Mapping[str, str],
    *,
    sqs: Any,
    dynamodb: Any,
    bounded_dynamodb: Any,
    bounded_kinesis: Any,
    clock: Clock = system_clock,
    sleep: Callable[[float], None] = time.sleep,
) -> Work:
    """`bounded_*` serve what is done under the lease; raises SettingError."""
    environment = Environment(variables)
    lease, control = LeaseSettings.from_environment(environment), environment.text("CONTROL_TABLE")
    keeper = LeaseKeeper(environment.text("AWS_REGION"), DynamoDbLeaseStore(bounded_dynamodb, control), clock, lease)
    table = environment.text("ORDERS_TABLE")
    republished = NoteReader(dynamodb, control, Note.REPUBLISHED, clock, lease.recheck)
    outbox = Outbox(bounded_dynamodb, bounded_kinesis, table=table, stream=environment.text("ORDER_STREAM"))
    settle, hold = environment.milliseconds("SETTLE_SECONDS", 30), environment.milliseconds("HOLD_SECONDS", 900)
    republish = Republish(dynamodb, outbox, keeper, clock, table, hold)
    return Work(
        routes=tuple(Route.from_mapping(entry) for entry in environment.objects("ROUTES")),
        redrive=Redrive(sqs, environment.count("MAX_TRIES", 3)),
        sweep=Sweep(dynamodb, outbox, keeper, republished, clock, table=table, settle_milliseconds=settle),
        republish=republish,
        cancellations=Cancellations(dynamodb, keeper, clock, table),
        desk=Desk(dynamodb, republish, keeper, clock, table),
        clock=clock,
        sleep=sleep,
        rate=environment.positive("RATE_PER_SECOND", 20),
        outbox_rate=environment.positive("OUTBOX_PER_SECOND", 1000),
        reserve=environment.milliseconds("RESERVE_SECONDS", 10),
    )


@cache
def work() -> Work:
    """Made once in a process."""
    timeout = LeaseSettings.from_environment(Environment(os.environ)).write_timeout
    return build(
        os.environ,
        # One try: a send that is repeated inside the SDK is a copy that nobody counts.
        sqs=bounded_client("sqs", _CALL_MILLISECONDS),
        dynamodb=patient_client("dynamodb", _CALL_MILLISECONDS),
        bounded_dynamodb=bounded_client("dynamodb", timeout),
        bounded_kinesis=bounded_client("kinesis", timeout),
    )


def run(job: Work, remaining_milliseconds: Callable[[], int], sink: Metrics) -> dict[str, Any]:
    """One run: first the outbox, whose orders were promised, then the queues. Gives a report of both."""
    swept = job.sweep.run(job.pace(job.outbox_rate, remaining_milliseconds))
    pace = job.pace(job.rate, remaining_milliseconds)
    metrics.publish(sink, metrics.OUTBOX_PUBLISHED, swept.published)
    metrics.publish(sink, metrics.OUTBOX_NOT_PUBLISHED, swept.not_published)
    metrics.publish(sink, metrics.OUTBOX_HELD, swept.held)
    age = 0 if swept.oldest is None else (job.clock() - swept.oldest) / 1000
    metrics.publish(sink, metrics.OUTBOX_OLDEST_AGE, age)
    troubles = [swept.trouble] if swept.trouble else []
    report: dict[str, Any] = {"outbox": asdict(swept), "queues": {}}
    for route in job.routes:
        moved = job.redrive.run(route, pace)
        report["queues"][route.dead_letters] = asdict(moved)
        metrics.publish(sink, metrics.MESSAGES_REDRIVEN, moved.redriven)
        metrics.publish(sink, metrics.MESSAGES_QUARANTINED, moved.quarantined)
        metrics.publish(sink, metrics.MESSAGES_NOT_MOVED, moved.not_moved)
        if moved.trouble:
            troubles.append(moved.trouble)
    metrics.publish(sink, metrics.REDRIVE_INCOMPLETE, len(troubles))
    for trouble in troubles:
        logger.warning("the redrive left something behind", detail=trouble)
    return report


def answer(
    job: Work, event: Mapping[str, Any], remaining_milliseconds: Callable[[], int], sink: Metrics
) -> dict[str, Any]:
    """What an event asks for (see above). Raises SettingError for an event that is wrong."""
    for pages in ("republish", "restore_cancellations"):
        if pages in event:
            return _page(job, pages, event[pages])
    if "publish" in event:
        return _named(job.republish.publish_open, _order_ids("publish", event["publish"]))
    if "restore" in event:
        return _named(lambda ids: {"too_late": job.cancellations.restore(ids)}, _order_ids("restore", event["restore"]))
    for decision, decide in (("release", job.desk.release), ("refuse", job.desk.refuse)):
        if decision in event:
            return asdict(decide(_order_ids(decision, event[decision])))
    return run(job, remaining_milliseconds, sink)


def _page(job: Work, pages: str, asked: Any) -> dict[str, Any]:
    """One page of what a run of the runbook asks for; a page that failed is to be asked for again."""
    if not isinstance(asked, dict) or not isinstance(asked.get("since", 0), int):
        raise SettingError(f"{pages} = {asked!r}: is no object with a cursor; give {{'cursor': null}}")
    cursor = asked.get("cursor")
    try:
        if pages == "republish":
            page = asdict(job.republish.page(cursor))
        else:
            page = asdict(job.cancellations.page(asked.get("since", 0), cursor))
    except NotPublishedError as error:
        return {"cursor": cursor, "trouble": str(error)}
    return {**page, "trouble": None}


def _named(carry_out: Callable[[list[str]], dict[str, Any] | None], order_ids: list[str]) -> dict[str, Any]:
    """What a run of the runbook asks for by name; what failed is to be asked for again."""
    try:
        return {**(carry_out(order_ids) or {}), "trouble": None}
    except NotPublishedError as error:
        return {"trouble": str(error)}


def _order_ids(decision: str, given: Any) -> list[str]:
    if not (isinstance(given, list) and 0 < len(given) <= MAX_DECIDED and all(isinstance(one, str) for one in given)):
        raise SettingError(f"{decision} = {given!r}: is not a list of 1 to {MAX_DECIDED} order ids; give one")
    return list(dict.fromkeys(given))


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@_sink.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One event within the function's time-out."""
    return answer(work(), event, context.get_remaining_time_in_millis, _sink)
