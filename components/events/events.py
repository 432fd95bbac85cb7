"""The events layer: streams, archive, bus, queues and topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.events.capacity import shards_one_step_below
from components.events.delivery import Delivery, DeliveryArgs
from components.events.queues import Queues, QueuesArgs
from components.events.routing import Routing, RoutingArgs
from components.events.streams import Streams, StreamsArgs
from components.events.topics import Topics, TopicsArgs
from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.settings import Settings


@dataclass(frozen=True)
class ArchiveBuckets:
    """ARNs of the buckets for orders, market data and routed events."""

    orders: pulumi.Input[str]
    market_data: pulumi.Input[str]
    events: pulumi.Input[str]


@dataclass(frozen=True)
class EventsArgs:
    """`primary_sizes` are the sizes that the primary exports, None in the primary."""

    settings: Settings
    keys: Keys
    archive: ArchiveBuckets
    primary_sizes: pulumi.Input[Mapping[str, Any]] | None


class Events(Layer):
    """Streams with their archive, queues, topics, and the bus that routes between them."""

    streams: Streams
    queues: Queues
    topics: Topics
    routing: Routing
    deliveries: dict[str, Delivery]

    def __init__(self, name: str, args: EventsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("events:Events", name, opts)
        self._args = args
        settings, key_arn = args.settings, args.keys.arn(DataClass.STREAMS)
        log_key_arn = args.keys.arn(DataClass.LOGS)
        self.streams = Streams(
            "streams",
            StreamsArgs(
                settings,
                key_arn,
                # The recovery region has the primary's full number of order shards, even if its own settings ask for
                # fewer.
                order_shards=self._shards(settings.sizes.order_stream_shards, "orderStreamShards", int),
                # A standby has half of the primary's shards: one UpdateShardCount call then reaches the primary's
                # number.
                market_data_shards=self._shards(
                    settings.sizes.market_data_stream_shards, "marketDataStreamShards", shards_one_step_below
                ),
            ),
            self.child,
        )
        self.deliveries = self._deliveries()
        self.queues = Queues("queues", QueuesArgs(settings, key_arn), self.child)
        self.topics = Topics(
            "topics",
            TopicsArgs(
                settings, key_arn, log_key_arn, self.queues.trade_reports, self.queues.undelivered_notifications
            ),
            self.child,
        )
        record = self.deliveries["events"].stream
        self.routing = Routing(
            "routing", RoutingArgs(settings, key_arn, log_key_arn, self.queues, self.topics, record), self.child
        )
        self.register_outputs({"orderStreamArn": self.streams.orders.arn, "busArn": self.routing.bus.arn})

    def _shards(self, own: int, size: str, least: Callable[[int], int]) -> pulumi.Input[int]:
        """This stack's own count, or the count that `least` derives from the primary's, whichever is larger."""
        if self._args.primary_sizes is None:
            return own
        sizes = pulumi.Output.from_input(self._args.primary_sizes)
        return sizes.apply(lambda exported: max(own, least(int(exported.get(size, own)))))

    def _deliveries(self) -> dict[str, Delivery]:
        by_venue = self._args.settings.streams.archive_by_venue
        archive, streams = self._args.archive, self.streams
        sources = {
            "orders": (archive.orders, streams.orders, ".venue"),
            "market-data": (archive.market_data, streams.market_data, ".venue"),
            "events": (archive.events, None, ".detail.venue"),
        }
        return {
            name: Delivery(
                f"{name}-archive",
                DeliveryArgs(
                    settings=self._args.settings,
                    archive_bucket_arn=bucket_arn,
                    archive_key_arn=self._args.keys.arn(DataClass.RECORDS),
                    stream_key_arn=self._args.keys.arn(DataClass.STREAMS),
                    log_key_arn=self._args.keys.arn(DataClass.LOGS),
                    source=source,
                    venue_query=query if by_venue else None,
                ),
                self.child,
            )
            for name, (bucket_arn, source, query) in sources.items()
        }
