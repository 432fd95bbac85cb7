"""Whether work waits, and whether it was given up."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Concern, counted, highest
from components.observability.series import of_aws, of_function
from components.observability.watched import Watched
from functions import metrics

# What follows a trade may wait for a busy market, but not for the day's end. In seconds.
_POST_TRADE_SECONDS = 900
# The redrive looks at every dead-letter queue each interval: what lies there longer, it could not move. In minutes.
_REDRIVE_GRACE = 10


def alarms(watched: Watched) -> Iterator[Alarm]:
    """The age of what waits, dead letters, and the redrive that moves them."""
    for name, queue in watched.working_queues:
        yield _waiting(watched, name, queue.queue.name)
        if queue.dlq:
            grace = watched.settings.functions.redrive_interval_minutes + _REDRIVE_GRACE
            yield highest(
                f"{name}-dlq-not-empty",
                f"Failed messages of {name} wait for more than {grace} minutes: the redrive does not move them.",
                of_aws(published.MESSAGES_WAITING, queue.dlq.name),
                1,
            ).for_minutes(grace)
    for name, queue in watched.last_resorts:
        yield highest(
            f"{name}-not-empty",
            f"The queue {name} holds what nobody could work on: it waits for a person.",
            of_aws(published.MESSAGES_WAITING, queue.queue.name),
            1,
        )
    yield from _redrive()


def _waiting(watched: Watched, name: str, queue: pulumi.Input[str]) -> Alarm:
    execution = name.startswith("execution-")
    limit = watched.settings.streams.order_event_max_age if execution else _POST_TRADE_SECONDS
    alarm = highest(
        f"{name}-waiting",
        f"Messages of {name} wait for more than {limit} s. Look at the tasks that work on them.",
        of_aws(published.OLDEST_MESSAGE, queue),
        limit,
    ).for_minutes(2 if execution else 5)
    return alarm.pages(Concern.ORDERS) if execution else alarm


def _redrive() -> Iterator[Alarm]:
    yield counted(
        "redrive-messages-not-moved",
        "Failed messages could not be moved back and stay where they are.",
        of_function(metrics.MESSAGES_NOT_MOVED),
    ).for_minutes(3, of=5)
    yield counted(
        "redrive-incomplete",
        "The redrive could not work on a queue or on the outbox.",
        of_function(metrics.REDRIVE_INCOMPLETE),
    ).for_minutes(3, of=5)
