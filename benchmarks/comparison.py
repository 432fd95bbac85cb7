"""Cost of comparing both regions as the table grows: `python -m benchmarks.comparison [--json]`.

The comparison reads orders that were written since a mark. The tables have 10^4, 10^5 and 10^6 orders, of which 10^3
were written since the mark. They are fakes in this process with an index that is sorted like DynamoDB's, because an
emulator's own cost would hide the comparison's. Exits with 1 if the largest table takes over 1.2 times as long as the
smallest.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import tracemalloc
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from functions import order_item
from functions.integrity.compare import Comparer, Limits
from functions.integrity.tables import TableSide

SIZES = (10_000, 100_000, 1_000_000)
CHANGED = 1_000
MOST_RATIO = 1.2
_ROUNDS = 5
_PAGE = 500
_LIMITS = Limits(depth=12, lag_milliseconds=0, max_listed=10_000)


class FakeTable:
    """A fake table of `size` orders, one each millisecond; items are created on read."""

    def __init__(self, size: int) -> None:
        self._shards: dict[str, list[int]] = {shard: [] for shard in order_item.change_shards()}
        for shard, numbers in enumerate(self._shards.values()):
            numbers.extend(range(shard, size, order_item.CHANGE_SHARDS))

    def describe_table(self, **_: Any) -> Any:
        return {"Table": {"KeySchema": [{"AttributeName": order_item.KEY_ATTRIBUTE}]}}

    def get_paginator(self, _operation: str) -> FakeTable:
        return self

    def paginate(self, **query: Any) -> Iterator[Any]:
        values = query["ExpressionAttributeValues"]
        numbers = self._shards[values[":shard"]["S"]]
        start = bisect_left(numbers, int(values[":since"]["N"]))
        for first in range(start, len(numbers), _PAGE):
            yield {"Items": [_item(number) for number in numbers[first : first + _PAGE]]}


def _item(number: int) -> dict[str, Any]:
    stamp = order_item.Stamp(number, "us-east-1", 1, number + 5_000)
    body = {"client_order_id": str(number), "instrument": "XYZ", "side": "BUY", "type": "MARKET", "quantity": "1"}
    return order_item.to_attributes(order_item.entered("ACC-1", {**body, "time_in_force": "IOC"}, stamp))


def measured(size: int) -> tuple[float, int]:
    """Return the minimum processor seconds of several comparisons, and the maximum of bytes that one allocates."""
    table, since = FakeTable(size), size - CHANGED
    sides = [TableSide(table, region, "orders", since) for region in ("us-east-1", "us-west-2")]
    comparer = Comparer(lambda: 0, lambda _seconds: None, lambda _seconds: False)
    seconds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        found = comparer.run(sides[0], sides[1], _LIMITS)
        seconds.append(time.process_time() - began)
        assert found.primary_entries == CHANGED
    tracemalloc.start()
    comparer.run(sides[0], sides[1], _LIMITS)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return min(seconds), most


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the figures by table size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparison", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    wanted = parser.parse_args(arguments)
    found = {size: measured(size) for size in SIZES}
    first, last = SIZES[0], SIZES[-1]
    ratios = [found[last][part] / found[first][part] for part in (0, 1)]
    report = {
        "tables": "a fake in this process",
        "changed": CHANGED,
        "orders": [{"stored": size, "seconds": round(s, 4), "bytes": b} for size, (s, b) in found.items()],
        "slope_seconds_per_order": (found[last][0] - found[first][0]) / (last - first),
        "ratio_seconds": round(ratios[0], 3),
        "ratio_bytes": round(ratios[1], 3),
    }
    print(
        json.dumps(report, indent=2) if wanted.json else "\n".join(f"{key}: {value}" for key, value in report.items())
    )
    return 1 if max(ratios) > MOST_RATIO else 0


if __name__ == "__main__":
    sys.exit(main())
