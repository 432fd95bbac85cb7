"""What a stream and a queue take."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components.events.capacity import (
    FIFO_HIGH_THROUGHPUT_ELSEWHERE,
    Load,
    fifo_group_messages_per_second,
    fifo_messages_per_second,
    least_visibility_timeout,
    shards_needed,
    shards_one_step_below,
)

rates = st.integers(min_value=1, max_value=10_000_000)
sizes = st.integers(min_value=1, max_value=1_000_000)
percents = st.integers(min_value=1, max_value=100)


def fullest_shard(load: Load, shards: int) -> Fraction:
    """The share of its capacity that a shard of an evenly written stream uses, by records or by bytes."""
    by_records = Fraction(load.records_per_second, 1_000 * shards)
    by_bytes = Fraction(load.records_per_second * load.record_bytes, 1_000_000 * shards)
    return max(by_records, by_bytes)


def test_ten_thousand_small_orders_a_second_leave_ten_shards_no_headroom():
    assert shards_needed(Load(10_000, 512), 100) == 10, "ten shards take exactly 10,000 records a second"
    assert shards_needed(Load(10_000, 512), 80) == 13, "at 80 percent the same rate takes thirteen"


def test_large_records_are_bound_by_bytes_and_not_by_count():
    assert shards_needed(Load(1_000, 4_000), 100) == 4
    assert shards_needed(Load(1_000, 4_000), 80) == 5


@given(rates, sizes, percents)
@example(10_000, 1_000, 80)
@example(1, 1, 1)
def test_the_count_fits_and_one_fewer_does_not(rate: int, size: int, percent: int):
    load = Load(rate, size)
    shards = shards_needed(load, percent)
    assert fullest_shard(load, shards) <= Fraction(percent, 100), "no shard goes over its target"
    if shards > 1:
        assert fullest_shard(load, shards - 1) > Fraction(percent, 100), "one shard fewer would go over it"


@given(rates, sizes, percents, st.integers(min_value=0, max_value=100_000))
def test_more_load_or_more_headroom_never_takes_fewer_shards(rate: int, size: int, percent: int, more: int):
    shards = shards_needed(Load(rate, size), percent)
    assert shards_needed(Load(rate + more, size), percent) >= shards
    assert shards_needed(Load(rate, size + more), percent) >= shards
    assert shards_needed(Load(rate, size), max(1, percent - more)) >= shards


@given(st.integers(min_value=1, max_value=100_000))
def test_a_stream_one_step_below_is_doubled_once_and_halved_back_at_most(shards: int):
    below = shards_one_step_below(shards)
    assert below <= shards <= 2 * below, "one call grows it to the full width"
    assert below == 1 or 2 * (below - 1) < shards, "with fewer, one call would not do"


@pytest.mark.parametrize(
    ("region", "high_throughput", "batch", "expected"),
    [
        ("us-east-1", False, 1, 300),
        ("us-east-1", False, 10, 3_000),
        ("us-east-1", True, 1, 70_000),
        ("us-west-2", True, 10, 700_000),
        ("us-east-2", True, 1, 19_000),
        ("eu-west-3", True, 1, FIFO_HIGH_THROUGHPUT_ELSEWHERE),
    ],
)
def test_an_ordered_queue_takes_what_its_mode_and_region_take(
    region: str, high_throughput: bool, batch: int, expected: int
):
    assert fifo_messages_per_second(region, high_throughput=high_throughput, batch_size=batch) == expected


def test_one_account_is_one_message_group_whatever_the_mode():
    assert fifo_group_messages_per_second(1) == 300
    assert fifo_group_messages_per_second(10) == 3_000


def test_a_message_stays_hidden_for_six_runs_of_its_consumer():
    assert least_visibility_timeout(30) == 180
