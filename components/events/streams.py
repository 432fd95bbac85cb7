"""The streams of orders and market data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings

# Kinesis Data Streams Developer Guide, "Monitor the service with CloudWatch": all shard-level metrics, which are the
# only ones that show a hot shard.
_SHARD_METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
)


@dataclass(frozen=True)
class StreamsArgs:
    """`order_shards` and `market_data_shards` are counts; `key_arn` is the key of the class STREAMS."""

    settings: Settings
    key_arn: pulumi.Input[str]
    order_shards: pulumi.Input[int]
    market_data_shards: pulumi.Input[int]


class Streams(Layer):
    """Provisioned streams. A new on-demand stream takes 4 MB/s and grows with the peak of its past load (Kinesis Data
    Streams Developer Guide, "Quotas and limits"). In a standby region that peak is zero, so an on-demand stream would
    throttle orders right after a failover. For the same reason the recovery region has the primary's number of order
    shards in standby: resharding is a control-plane job of minutes."""

    orders: aws.kinesis.Stream
    market_data: aws.kinesis.Stream
    order_consumers: dict[str, aws.kinesis.StreamConsumer]
    market_data_consumers: dict[str, aws.kinesis.StreamConsumer]

    def __init__(self, name: str, args: StreamsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("events:Streams", name, opts)
        self._args = args
        streams = args.settings.streams
        self.orders = self._stream("orders", args.order_shards)
        self.order_consumers = self._consumers("orders", self.orders, streams.order_consumers)
        self.market_data = self._stream("market-data", args.market_data_shards)
        self.market_data_consumers = self._consumers("market-data", self.market_data, streams.market_data_consumers)
        self.register_outputs({"ordersArn": self.orders.arn, "marketDataArn": self.market_data.arn})

    def _stream(self, name: str, shards: pulumi.Input[int]) -> aws.kinesis.Stream:
        settings = self._args.settings
        return aws.kinesis.Stream(
            name,
            name=settings.name(name),
            shard_count=shards,
            stream_mode_details={"stream_mode": "PROVISIONED"},
            retention_period=settings.streams.stream_retention_hours,
            encryption_type="KMS",
            kms_key_id=self._args.key_arn,
            shard_level_metrics=list(_SHARD_METRICS),
            opts=self.stateful,
        )

    def _consumers(
        self, stream_name: str, stream: aws.kinesis.Stream, names: Sequence[str]
    ) -> dict[str, aws.kinesis.StreamConsumer]:
        return {
            name: aws.kinesis.StreamConsumer(
                f"{stream_name}-{name}",
                name=self._args.settings.name(stream_name, name),
                stream_arn=stream.arn,
                opts=self.child,
            )
            for name in names
        }
