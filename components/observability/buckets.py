"""Bounds of the histograms in which engines and services count latencies.

A quantile is interpolated between two bounds, and a share of orders below a time is exact only where that time is a
bound (Prometheus, "Histograms and summaries"). So bounds lie close together around one millisecond, and thresholds are
chosen among them.
"""

from __future__ import annotations

# Microseconds.
LATENCY_BUCKETS: tuple[int, ...] = (
    *(50, 100, 200, 300, 400, 500, 600, 700, 800, 900),
    *(1_000, 1_250, 1_500, 2_000, 2_500, 5_000),
    *(10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000),
)
FINEST = LATENCY_BUCKETS[0]


def in_seconds(microseconds: int) -> str:
    """A bound as Prometheus writes it in the label `le`: 1000 is 0.001."""
    return f"{microseconds / 1_000_000:g}"
