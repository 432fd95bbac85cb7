"""Checks of the settings of the events layer against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.events.capacity import (
    Load,
    fifo_group_messages_per_second,
    fifo_messages_per_second,
    least_visibility_timeout,
    shards_needed,
)
from components.settings.consistency.problem import Check, Problems

if TYPE_CHECKING:
    from components.settings.root import Settings


def streams_take_their_peak(settings: Settings) -> Problems:
    """Shards for the declared rate with its headroom. Order intake must fit in either region at any time; the
    market-data stream of a pilot light only once it has taken over, and then at the primary's size."""
    streams, sizes = settings.streams, settings.sizes
    orders = Load(streams.order_peak_rate, streams.order_record_bytes)
    yield from _shards("orderStreamShards", sizes.order_stream_shards, orders, settings)
    if settings.is_primary:
        market_data = Load(streams.market_data_peak_rate, streams.market_data_record_bytes)
        yield from _shards("marketDataStreamShards", sizes.market_data_stream_shards, market_data, settings)


def _shards(key: str, shards: int, load: Load, settings: Settings) -> Problems:
    percent = settings.streams.stream_target_utilisation
    needed = shards_needed(load, percent)
    if shards < needed:
        yield (
            key,
            shards,
            f"is too few for {load.records_per_second} records/s of {load.record_bytes} bytes at "
            f"streamTargetUtilisation = {percent} %; the smallest count that fits is {needed}",
        )


def readers_of_a_stream_have_one_name_each(settings: Settings) -> Problems:
    """A reader takes fan-out or shares, never both."""
    streams = settings.streams
    for key, readers, consumers in (
        ("orderSharedReaders", streams.order_shared_readers, streams.order_consumers),
        ("marketDataSharedReaders", streams.market_data_shared_readers, streams.market_data_consumers),
    ):
        for name in sorted({*readers} & {*consumers}):
            yield (key, name, "is a consumer with fan-out too; it needs no share, remove it here")


def ordered_queues_take_their_peak(settings: Settings) -> Problems:
    """A FIFO queue within its mode, and its busiest account within one message group."""
    streams, region, batch = settings.streams, settings.region.name, settings.streams.fifo_batch_size
    most = fifo_messages_per_second(region, high_throughput=streams.fifo_high_throughput, batch_size=batch)
    if streams.fifo_peak_rate > most:
        way_out = (
            "batch more with fifoBatchSize, or split the queue"
            if streams.fifo_high_throughput
            else "set fifoHighThroughput"
        )
        yield (
            "fifoPeakRate",
            streams.fifo_peak_rate,
            f"is more than the {most} messages/s of a FIFO queue in {region} at fifoBatchSize = {batch}; {way_out}",
        )
    most = fifo_group_messages_per_second(batch)
    if streams.fifo_account_peak_rate > most:
        yield (
            "fifoAccountPeakRate",
            streams.fifo_account_peak_rate,
            f"is more than the {most} messages/s of one message group at fifoBatchSize = {batch}; batch more, or "
            "divide the account into books with an order of their own",
        )


def messages_stay_hidden_while_worked_on(settings: Settings) -> Problems:
    """A visibility timeout that outlasts retries of the consumer."""
    streams = settings.streams
    least = least_visibility_timeout(streams.queue_consumer_timeout)
    if streams.queue_visibility_timeout < least:
        yield (
            "queueVisibilityTimeout",
            streams.queue_visibility_timeout,
            f"is less than six times queueConsumerTimeout = {streams.queue_consumer_timeout}: a message would be "
            f"worked on twice; set at least {least}",
        )


CHECKS: tuple[Check, ...] = (
    streams_take_their_peak,
    readers_of_a_stream_have_one_name_each,
    ordered_queues_take_their_peak,
    messages_stay_hidden_while_worked_on,
)
