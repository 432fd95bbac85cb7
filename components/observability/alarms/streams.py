"""Whether streams, their archive, the bus and the topics carry what they are given."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi_aws as aws

from components.events.delivery import Delivery
from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Concern, counted, highest
from components.observability.series import of_aws
from components.observability.watched import Watched

# A consumer with fan-out is about 70 ms behind (Kinesis Data Streams Developer Guide, "Develop enhanced fan-out
# consumers"); one that is this far behind has stopped or cannot keep up. In ms.
_CONSUMER_BEHIND_MS = 10_000
# Firehose reads without fan-out and in batches: it is late by its buffer. Beyond, in seconds, it does not deliver.
_ARCHIVE_GRACE_SECONDS = 900
# It reads each shard once a second (Data Firehose Developer Guide, "Configure source settings", Kinesis Data Streams).
# How late it is with a record counts from when it has read it: a reader that stops is seen by this alone. In ms.
_ARCHIVE_BEHIND_MS = 60_000
_SECONDS = 1000


def alarms(watched: Watched) -> Iterator[Alarm]:
    """Writes that are throttled, readers that are behind, events and notifications that get lost."""
    streams = watched.events.streams
    yield from _stream("orders", streams.orders, streams.order_consumers, Concern.ORDERS)
    yield from _stream("market-data", streams.market_data, streams.market_data_consumers, Concern.PLATFORM)
    yield from _archive(watched)
    yield from _bus(watched)
    yield from _topics(watched)


def _stream(
    name: str, stream: aws.kinesis.Stream, consumers: dict[str, aws.kinesis.StreamConsumer], concern: Concern
) -> Iterator[Alarm]:
    yield (
        counted(
            f"{name}-stream-throttled",
            f"The stream {name} takes less than it is given: a shard is full. Look at the metrics of its shards.",
            of_aws(published.STREAM_WRITES_THROTTLED, stream.name),
        )
        .for_minutes(2, of=3)
        .pages(concern)
    )
    for consumer, registered in consumers.items():
        yield (
            highest(
                f"{name}-{consumer}-behind",
                f"The consumer {consumer} of the stream {name} is {_CONSUMER_BEHIND_MS // _SECONDS} s behind.",
                of_aws(published.CONSUMER_BEHIND, stream.name, registered.name),
                _CONSUMER_BEHIND_MS,
            )
            .for_minutes(3)
            .pages(concern)
        )


def _archive(watched: Watched) -> Iterator[Alarm]:
    limit = watched.settings.streams.archive_buffer_seconds + _ARCHIVE_GRACE_SECONDS
    for name, delivery in watched.events.deliveries.items():
        yield highest(
            f"{name}-archive-late",
            f"Records of {name} are not in their bucket after {limit} s. They stay in the stream until its retention "
            "ends; look at the delivery stream's log.",
            of_aws(published.DELIVERY_FRESHNESS, delivery.stream.name),
            limit,
        ).for_minutes(5)
        yield _ingestion(name, delivery)


def _ingestion(name: str, delivery: Delivery) -> Alarm:
    """Whether a delivery stream takes what there is: by pulling it, or by having it put."""
    if delivery.reads_stream:
        return highest(
            f"{name}-archive-behind",
            f"The delivery stream of {name} is {_ARCHIVE_BEHIND_MS // _SECONDS} s behind the stream that it reads. "
            "Look at its role and key, and at the reads that the stream throttles.",
            of_aws(published.DELIVERY_BEHIND, delivery.stream.name),
            _ARCHIVE_BEHIND_MS,
        ).for_minutes(5)
    return counted(
        f"{name}-archive-throttled",
        f"The delivery stream of {name} refuses records: it is above its quota.",
        of_aws(published.DELIVERY_THROTTLED, delivery.stream.name),
    ).for_minutes(3, of=5)


def _bus(watched: Watched) -> Iterator[Alarm]:
    routing = watched.events.routing
    for name, rule in routing.rules.items():
        yield counted(
            f"events-lost-{name}",
            f"Events of the rule {name} reached neither their target nor the dead-letter queue. Replay them from the "
            "archive.",
            of_aws(published.EVENTS_LOST, routing.bus.name, rule.name),
        ).pages(Concern.ORDERS)


def _topics(watched: Watched) -> Iterator[Alarm]:
    topics = watched.events.topics
    for name, topic in (("executions", topics.executions), ("risk", topics.risk), ("operations", topics.operations)):
        yield counted(
            f"notifications-failed-{name}",
            f"Subscribers of the topic {name} did not take what they were sent. Look at its delivery log.",
            of_aws(published.NOTIFICATIONS_FAILED, topic.name),
        ).for_minutes(2, of=5)
