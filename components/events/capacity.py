"""How much a stream or a queue takes, as pure functions. It knows no setting, so that settings may be checked by it."""

from __future__ import annotations

from dataclasses import dataclass

# Kinesis Data Streams Developer Guide, "Quotas and limits": what one shard takes in. The guide says 1 MB; the
# smaller reading, 10**6 bytes, is the one that is never too much.
SHARD_RECORDS_PER_SECOND = 1_000
SHARD_BYTES_PER_SECOND = 1_000_000

# Same guide: one shard serves 2 MB/s to all shared readers together, twice what it takes in. A third reader of a
# full shard falls behind; a fan-out consumer has 2 MB/s of its own.
SHARED_READERS = 2
# Same guide, RegisterStreamConsumer.
FAN_OUT_CONSUMERS = 20

# Kinesis API Reference, UpdateShardCount: one call at most doubles the open shards, and at most halves them.
SHARDS_PER_STEP = 2

# SQS Developer Guide, "Amazon SQS message quotas": calls per second and action without high throughput, and what
# one partition, hence one message group, takes with it.
FIFO_CALLS_PER_SECOND = 300
# Same guide: entries of one SendMessageBatch.
FIFO_BATCH_SIZE = 10
# Same guide, "High throughput for FIFO queues": calls per second and action, by region. Regions that are not
# listed have the last figure.
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

# Lambda Developer Guide, "Using Lambda with Amazon SQS": the visibility timeout is at least six times the
# function's timeout, so that a throttled batch is retried before it shows up again.
VISIBILITY_PER_FUNCTION_TIMEOUT = 6


@dataclass(frozen=True)
class Load:
    """What a stream must take at its peak: records per second, and the average record in bytes with its key."""

    records_per_second: int
    record_bytes: int


def shards_needed(load: Load, target_percent: int) -> int:
    """The smallest number of shards that takes `load` without any going over `target_percent` of its capacity.

    At 100 percent there is no headroom: records spread over shards by the hash of their key, never evenly.
    Integers throughout, so that no rounding of fractions loses a shard.
    """
    by_records = _ceil_div(load.records_per_second * 100, SHARD_RECORDS_PER_SECOND * target_percent)
    by_bytes = _ceil_div(load.records_per_second * load.record_bytes * 100, SHARD_BYTES_PER_SECOND * target_percent)
    return max(1, by_records, by_bytes)


def shards_one_step_below(shards: int) -> int:
    """The fewest shards from which a stream grows to `shards` by one call, and shrinks back to by another."""
    return _ceil_div(shards, SHARDS_PER_STEP)


def fifo_messages_per_second(region: str, *, high_throughput: bool, batch_size: int) -> int:
    """What one FIFO queue takes, in messages per second, when calls carry `batch_size` messages."""
    if not high_throughput:
        return FIFO_CALLS_PER_SECOND * batch_size
    return FIFO_HIGH_THROUGHPUT_CALLS_PER_SECOND.get(region, FIFO_HIGH_THROUGHPUT_ELSEWHERE) * batch_size


def fifo_group_messages_per_second(batch_size: int) -> int:
    """What one message group takes, in messages per second, whatever the mode of its queue."""
    return FIFO_CALLS_PER_SECOND * batch_size


def least_visibility_timeout(function_timeout: int) -> int:
    """The shortest visibility timeout, in seconds, of a queue whose consumer may run `function_timeout` seconds."""
    return VISIBILITY_PER_FUNCTION_TIMEOUT * function_timeout


def _ceil_div(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
