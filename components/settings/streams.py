"""Settings of the events layer."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from components.events.capacity import (
    FAN_OUT_CONSUMERS,
    FIFO_BATCH_SIZE,
    SHARD_BYTES_PER_SECOND,
    SHARED_READERS,
)
from components.settings.addresses import MOST_CONTACTS, Emails, Endpoints
from components.settings.section import LONGEST_DAYS, LogDays, Section, Texts
from components.settings.sizes import MOST_SHARDS

# Kinesis Data Streams Developer Guide, "Changing the data retention period"; below a week a lost weekend loses data.
_WEEK_HOURS, _YEAR_HOURS = 168, 8760

# What the shards of a stream take (Kinesis Data Streams Developer Guide, "Quotas and limits": 1,000 records/s each).
_MOST_RECORDS = 1_000 * MOST_SHARDS

# Services scale by the sum of the venues' queues. Application Auto Scaling API Reference,
# TargetTrackingScalingPolicyConfiguration: ten metrics and expressions, of which two are the running tasks and the
# quotient.
MOST_VENUES = 8

# The delivery stream that archives a stream's records: resources of a reader have its name.
_ARCHIVE = "archive"
_CONSUMER = re.compile(r"[a-z][a-z0-9-]{1,40}", re.ASCII)
# ISO 10383 market identifier codes.
_VENUE = re.compile(r"[A-Z0-9]{4}")
_INSTRUMENT_CLASS = re.compile(r"[a-z][a-z0-9-]{1,19}")
# The dead-letter queue of a class has the name of the queue with the first after it; the rule for executions without a
# known class has the second in the place of a class. A test compares these and `_ARCHIVE` with the names of a stack.
_DEAD_LETTERS, _WITHOUT_CLASS = "-dlq", "without-class"


class StreamSettings(Section):
    """What flows, how fast, who reads it, where it is routed, and who is told."""

    order_peak_rate: int = Field(
        10_000, description="Orders per second that the platform must take at its peak.", ge=1, le=_MOST_RECORDS
    )
    order_record_bytes: int = Field(
        1000,
        description="Average order on the stream, in bytes with its partition key. The default holds the largest.",
        ge=1,
        le=SHARD_BYTES_PER_SECOND,
    )
    market_data_peak_rate: int = Field(
        20_000, description="Market-data updates per second at the peak.", ge=1, le=_MOST_RECORDS
    )
    market_data_record_bytes: int = Field(
        256,
        description="Average market-data update on the stream, in bytes with its partition key.",
        ge=1,
        le=SHARD_BYTES_PER_SECOND,
    )
    stream_target_utilisation: int = Field(
        80, description="How full a shard may be at the peak, in percent; the rest is headroom.", ge=10, le=100
    )
    stream_retention_hours: int = Field(
        _WEEK_HOURS, description="How long records stay on the streams, in hours.", ge=_WEEK_HOURS, le=_YEAR_HOURS
    )
    order_consumers: Texts = Field(
        ("matching-engine", "risk", "surveillance"),
        description="Consumers of the order stream with fan-out: 2 MB/s of every shard for each, at about 70 ms.",
    )
    order_shared_readers: Texts = Field(
        (), description="Readers of the order stream that share 2 MB/s of every shard with its archive."
    )
    market_data_consumers: Texts = Field(
        ("pricing", "risk"),
        description="Consumers of the market-data stream with fan-out.",
    )
    market_data_shared_readers: Texts = Field(
        (), description="Readers of the market-data stream that share 2 MB/s of every shard with its archive."
    )
    archive_by_venue: bool = Field(
        True,
        description="Whether the archive is partitioned by the field venue of its records, which must then be JSON; "
        "by time it is partitioned in any case.",
    )
    archive_buffer_seconds: int = Field(
        60, description="How long records wait for others before they are archived, in seconds.", ge=60, le=900
    )
    archive_buffer_megabytes: int = Field(
        128, description="How many megabytes of records are archived together at most.", ge=64, le=128
    )
    venues: Texts = Field(
        ("XNYS", "XNAS", "ARCX"),
        description="Venues that orders are routed to, by ISO 10383 code: each has an execution queue. "
        f"{MOST_VENUES} at most, because one scaling policy adds up their queues: give several venues one code.",
        min_length=1,
        max_length=MOST_VENUES,
    )
    instrument_classes: Texts = Field(
        ("equity", "option", "future"),
        description="Classes of instruments: each has a queue of its own after the trade.",
        min_length=1,
        max_length=50,
    )
    order_event_max_age: int = Field(
        60,
        description="How long an accepted order may wait for its execution queue before it is set aside, in seconds.",
        ge=60,
        le=3600,
    )
    event_archive_days: int = Field(
        365, description="How long events stay on the bus's archive for replay.", ge=30, le=LONGEST_DAYS
    )
    event_log_retention_days: LogDays = Field(
        365, description="How long logs of events and of their delivery stay in CloudWatch Logs, in days."
    )
    queue_consumer_timeout: int = Field(
        30, description="The longest that a consumer of a queue may work on a batch, in seconds.", ge=1, le=900
    )
    queue_visibility_timeout: int = Field(
        180, description="How long a received message is hidden from other consumers, in seconds.", le=43200
    )
    queue_max_receives: int = Field(
        5, description="How often a message is tried before it goes to the dead-letter queue.", ge=5, le=1000
    )
    fifo_high_throughput: bool = Field(
        True, description="Whether ordered queues run in high-throughput mode, where each account is a partition."
    )
    fifo_peak_rate: int = Field(
        10_000,
        description="Messages per second on the queue that keeps each account's order of events.",
        ge=1,
        le=_MOST_RECORDS,
    )
    fifo_account_peak_rate: int = Field(
        200, description="Messages per second of the busiest account on it.", ge=1, le=_MOST_RECORDS
    )
    fifo_batch_size: int = Field(
        FIFO_BATCH_SIZE, description="Messages that one call to an ordered queue carries.", ge=1, le=FIFO_BATCH_SIZE
    )
    delivery_log_sample: int = Field(
        10, description="Share of successful deliveries of notifications that is logged, in percent.", ge=0, le=100
    )
    operations_emails: Emails = Field(
        (), description="Addresses that operational and risk notifications go to.", max_length=MOST_CONTACTS
    )
    operations_endpoints: Endpoints = Field(
        (),
        description="HTTPS addresses, such as that of a paging service, that the same notifications go to.",
        max_length=MOST_CONTACTS,
    )

    @field_validator("order_consumers", "market_data_consumers", "order_shared_readers", "market_data_shared_readers")
    @classmethod
    def _consumer_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        _each(names, _CONSUMER, "is not a name of 2 to 41 lower-case letters, digits and hyphens; rename it")
        if _ARCHIVE in names:
            raise ValueError(f"{_ARCHIVE!r} is the reader that each stream has of its own; rename it")
        return names

    @field_validator("order_consumers", "market_data_consumers")
    @classmethod
    def _within_fan_out(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) > FAN_OUT_CONSUMERS:
            raise ValueError(f"names {len(names)} consumers; a stream takes {FAN_OUT_CONSUMERS} with fan-out")
        return names

    @field_validator("order_shared_readers", "market_data_shared_readers")
    @classmethod
    def _within_shared_throughput(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) + 1 > SHARED_READERS:
            raise ValueError(
                f"makes {len(names) + 1} readers with the archive; a full shard serves {SHARED_READERS} without "
                "fan-out, so name the others as consumers instead"
            )
        return names

    @field_validator("venues")
    @classmethod
    def _venue_codes(cls, venues: tuple[str, ...]) -> tuple[str, ...]:
        _each(venues, _VENUE, "is not a market identifier code; write the four characters of ISO 10383, such as XNYS")
        return venues

    @field_validator("instrument_classes")
    @classmethod
    def _class_names(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        _each(classes, _INSTRUMENT_CLASS, "is not a name of 2 to 20 lower-case letters, digits and hyphens; rename it")
        for name in classes:
            if name.endswith(_DEAD_LETTERS):
                raise ValueError(f"{name!r} ends in {_DEAD_LETTERS}, as names of dead-letter queues do; rename it")
            if name == _WITHOUT_CLASS:
                raise ValueError(f"{name!r} is the name of the rule for executions without a known class; rename it")
        return classes


def _each(values: tuple[str, ...], pattern: re.Pattern[str], reason: str) -> None:
    """Raises `ValueError` at the first value that does not match as a whole."""
    for value in values:
        if not pattern.fullmatch(value):
            raise ValueError(f"{value!r} {reason}")
