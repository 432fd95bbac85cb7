"""Alarms on streams, their archive, the bus and the topics."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi_aws as aws

from components.events.delivery import Delivery
from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Concern, counted, highest
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws

# Milliseconds. An enhanced fan-out consumer is about 70 ms behind (Kinesis Data Streams Developer Guide, "Develop
# enhanced fan-out consumers"); a consumer that is this far behind has stopped or cannot keep up.
_CONSUMER_BEHIND_MS = 10_000
# Seconds. Firehose delivers in batches, so it is late by its buffer interval. Beyond this limit it has stopped.
_ARCHIVE_GRACE_SECONDS = 900
# Milliseconds. Firehose reads each shard once a second (Data Firehose Developer Guide, "Configure source settings",
# Kinesis Data Streams). Its data freshness starts when it has read a record, so only this metric shows that it stopped
# reading.
_ARCHIVE_BEHIND_MS = 60_000
_SECONDS = 1000


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Throttled writes, slow consumers, lost events and notifications."""
    streams = layers.events.streams
    yield from _stream("orders", streams.orders, streams.order_consumers, Concern.ORDERS)
    yield from _stream("market-data", streams.market_data, streams.market_data_consumers, Concern.PLATFORM)
    yield from _archive(layers)
    yield from _bus(layers)
    yield from _topics(layers)


def _stream(
    name: str, stream: aws.kinesis.Stream, consumers: dict[str, aws.kinesis.StreamConsumer], concern: Concern
) -> Iterator[Alarm]:
    yield (
        counted(
            f"{name}-stream-throttled",
            f"The stream {name} throttles writes: a shard is full. Check its shard-level metrics.",
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


def _archive(layers: MonitoredLayers) -> Iterator[Alarm]:
    limit = layers.settings.streams.archive_buffer_seconds + _ARCHIVE_GRACE_SECONDS
    for name, delivery in layers.events.deliveries.items():
        yield highest(
            f"{name}-archive-late",
            f"Records of {name} are not in their bucket after {limit} s. They stay in the stream until its retention "
            "ends; check the delivery stream's log.",
            of_aws(published.DELIVERY_FRESHNESS, delivery.stream.name),
            limit,
        ).for_minutes(5)
        yield _ingestion(name, delivery)


def _ingestion(name: str, delivery: Delivery) -> Alarm:
    """Alarm on the input of a delivery stream, from a Kinesis stream or from direct puts."""
    if delivery.reads_stream:
        return highest(
            f"{name}-archive-behind",
            f"The delivery stream of {name} is {_ARCHIVE_BEHIND_MS // _SECONDS} s behind its source stream. "
            "Check its role and key, and throttled reads of the source.",
            of_aws(published.DELIVERY_BEHIND, delivery.stream.name),
            _ARCHIVE_BEHIND_MS,
        ).for_minutes(5)
    return counted(
        f"{name}-archive-throttled",
        f"The delivery stream of {name} throttles records: the quota is exceeded.",
        of_aws(published.DELIVERY_THROTTLED, delivery.stream.name),
    ).for_minutes(3, of=5)


def _bus(layers: MonitoredLayers) -> Iterator[Alarm]:
    routing = layers.events.routing
    for name, rule in routing.rules.items():
        yield counted(
            f"events-lost-{name}",
            f"Events of the rule {name} reached neither their target nor the dead-letter queue. Replay them from the "
            "archive.",
            of_aws(published.EVENTS_LOST, routing.bus.name, rule.name),
        ).pages(Concern.ORDERS)


def _topics(layers: MonitoredLayers) -> Iterator[Alarm]:
    topics = layers.events.topics
    for name, topic in (("executions", topics.executions), ("risk", topics.risk), ("operations", topics.operations)):
        yield counted(
            f"notifications-failed-{name}",
            f"Subscribers of the topic {name} did not accept notifications. Check its delivery log.",
            of_aws(published.NOTIFICATIONS_FAILED, topic.name),
        ).for_minutes(2, of=5)
