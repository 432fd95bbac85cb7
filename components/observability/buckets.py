"""Bucket bounds of the latency histograms of engines and services.

Prometheus interpolates a quantile between two bounds, and the share of orders below a time is exact only if that time
is a bound (Prometheus, "Histograms and summaries"). So bounds are dense around one millisecond, and thresholds are
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
# Environment variable with the bounds in microseconds, separated by commas.
VARIABLE = "LATENCY_BUCKETS"


def in_seconds(microseconds: int) -> str:
    """Return a bound as Prometheus stores it in the label `le`: 1000 is 0.001, 1000000 is 1.0 (Prometheus, "Prometheus
    3.0 migration guide", le and quantile label values)."""
    text = f"{microseconds / 1_000_000:g}"
    return text if {".", "e"} & set(text) else f"{text}.0"


def environment() -> dict[str, str]:
    """Environment variables with the bounds, for processes that record latencies."""
    return {VARIABLE: ",".join(str(bound) for bound in LATENCY_BUCKETS)}
