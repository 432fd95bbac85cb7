"""Alarms on queues: waiting messages and dead letters."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Concern, counted, highest
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws, of_function
from functions import metrics

# Seconds. Post-trade work may wait while the market is busy, but not until the end of the day.
_POST_TRADE_SECONDS = 900
# Minutes. The redrive reads every dead-letter queue each interval: messages that stay longer could not be moved.
_REDRIVE_GRACE = 10


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Message age, dead letters, and the redrive that moves them."""
    for name, queue in layers.consumed_queues:
        yield _waiting_messages(layers, name, queue.queue.name)
        if queue.dlq:
            grace = layers.settings.functions.redrive_interval_minutes + _REDRIVE_GRACE
            yield highest(
                f"{name}-dlq-not-empty",
                f"Dead letters of {name} wait for more than {grace} minutes: the redrive does not move them.",
                of_aws(published.MESSAGES_WAITING, queue.dlq.name),
                1,
            ).for_minutes(grace)
    for name, queue in layers.unconsumed_queues:
        yield highest(
            f"{name}-not-empty",
            f"The queue {name} has messages that could not be processed: an operator must check them.",
            of_aws(published.MESSAGES_WAITING, queue.queue.name),
            1,
        )
    yield from _redrive()


def _waiting_messages(layers: MonitoredLayers, name: str, queue: pulumi.Input[str]) -> Alarm:
    execution = name.startswith("execution-")
    limit = layers.settings.streams.order_event_max_age if execution else _POST_TRADE_SECONDS
    alarm = highest(
        f"{name}-waiting",
        f"Messages of {name} wait for more than {limit} s. Check the consuming tasks.",
        of_aws(published.OLDEST_MESSAGE, queue),
        limit,
    ).for_minutes(2 if execution else 5)
    return alarm.pages(Concern.ORDERS) if execution else alarm


def _redrive() -> Iterator[Alarm]:
    yield counted(
        "redrive-messages-not-moved",
        "The redrive could not move dead letters back; they stay in their queues.",
        of_function(metrics.MESSAGES_NOT_MOVED),
    ).for_minutes(3, of=5)
    yield counted(
        "redrive-incomplete",
        "The redrive failed on a queue or on the outbox.",
        of_function(metrics.REDRIVE_INCOMPLETE),
    ).for_minutes(3, of=5)
