"""Capacity of streams and queues, as pure functions. The module imports no settings, so that settings can use it to
validate themselves."""

from __future__ import annotations

from dataclasses import dataclass

# Kinesis Data Streams Developer Guide, "Quotas and limits": write capacity of one shard. The guide says 1 MB; this is
# the smaller reading of it, 10**6 bytes.
SHARD_RECORDS_PER_SECOND = 1_000
SHARD_BYTES_PER_SECOND = 1_000_000

# Same guide: one shard serves 2 MB/s to all shared consumers together, twice its write capacity. A third shared
# consumer of a full shard falls behind; an enhanced fan-out consumer has 2 MB/s of its own.
SHARED_READERS = 2
# Same guide, RegisterStreamConsumer.
FAN_OUT_CONSUMERS = 20

# Kinesis API Reference, UpdateShardCount: one call at most doubles or halves the number of open shards.
SHARDS_PER_STEP = 2

# SQS Developer Guide, "Amazon SQS message quotas": calls per second and action without high throughput, and the calls
# of one partition (and so of one message group) with it.
FIFO_CALLS_PER_SECOND = 300
# Same guide: entries of one SendMessageBatch.
FIFO_BATCH_SIZE = 10
# Same guide, "High throughput for FIFO queues": calls per second and action, by region. The last figure applies to
# regions that the guide does not list.
FIFO_HIGH_THROUGHPUT_CALLS_PER_SECOND = {
    "us-east-1": 70_000,
    "us-west-2": 70_000,
    "eu-west-1": 70_000,
    "us-east-2": 19_000,
    "eu-central-1": 19_000,
    "ap-northeast-1": 9_000,
    "eu-west-2": 4_500,
}
FIFO_HIGH_THROUGHPUT_ELSEWHERE = 2_400

# Lambda Developer Guide, "Using Lambda with Amazon SQS": the visibility timeout is at least six times the function's
# timeout, so that a throttled batch is retried before its messages become visible again.
VISIBILITY_PER_FUNCTION_TIMEOUT = 6


@dataclass(frozen=True)
class Load:
    """Peak load of a stream: records per second, and the average size of a record with its key, in bytes."""

    records_per_second: int
    record_bytes: int


def shards_needed(load: Load, target_percent: int) -> int:
    """The smallest number of shards for `load` if each is used to at most `target_percent` of its capacity.

    At 100 percent there is no headroom: keys never spread evenly over shards. All arithmetic is on integers, because
    rounding of fractions could lose a shard.
    """
    by_records = _ceil_div(load.records_per_second * 100, SHARD_RECORDS_PER_SECOND * target_percent)
    by_bytes = _ceil_div(load.records_per_second * load.record_bytes * 100, SHARD_BYTES_PER_SECOND * target_percent)
    return max(1, by_records, by_bytes)


def shards_one_step_below(shards: int) -> int:
    """The lower number of shards that one UpdateShardCount call can double to `shards`, rounded up."""
    return _ceil_div(shards, SHARDS_PER_STEP)


def fifo_messages_per_second(region: str, *, high_throughput: bool, batch_size: int) -> int:
    """Messages per second of one FIFO queue, if each call carries `batch_size` messages."""
    if not high_throughput:
        return FIFO_CALLS_PER_SECOND * batch_size
    return FIFO_HIGH_THROUGHPUT_CALLS_PER_SECOND.get(region, FIFO_HIGH_THROUGHPUT_ELSEWHERE) * batch_size


def fifo_group_messages_per_second(batch_size: int) -> int:
    """Messages per second of one message group, in either throughput mode of its queue."""
    return FIFO_CALLS_PER_SECOND * batch_size


def least_visibility_timeout(function_timeout: int) -> int:
    """The shortest visibility timeout, in seconds, of a queue whose consumer may run `function_timeout` seconds."""
    return VISIBILITY_PER_FUNCTION_TIMEOUT * function_timeout


def _ceil_div(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
