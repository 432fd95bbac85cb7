"""Metrics that each engine must publish; scaling, alarms and dashboards take the names from here.

Each engine publishes each metric once a second, as a high-resolution metric with the one dimension `service`, in its
own region. Over all engines, the average describes a typical engine and the maximum the worst one.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACE = "TradingPlatform"
DIMENSION = "service"
SERVICE = "trading_engine"

# Seconds. CloudWatch evaluates a high-resolution metric every 10 s at the fastest (CloudWatch User Guide,
# "High-resolution metrics").
PERIOD = 10


@dataclass(frozen=True)
class Metric:
    """One metric of the engines; `unit` is CloudWatch's, `statistic` the one that alarms and scaling use."""

    name: str
    unit: str
    statistic: str
    description: str
    namespace: str = NAMESPACE

    @property
    def dimensions(self) -> dict[str, str]:
        """The metric's dimensions in CloudWatch."""
        return {DIMENSION: SERVICE}


ORDER_RATE = Metric(
    "OrdersPerSecond", "Count/Second", "Average", "Orders that one engine worked on in the last second."
)
REALISED_VOLATILITY = Metric(
    "RealisedVolatility",
    "Percent",
    "Maximum",
    "Annualised volatility of the last minute's returns, of the engine's most volatile instrument.",
)
ENGINE_LATENCY = Metric(
    "EngineLatency", "Microseconds", "p99", "From an order's arrival at the network card to the answer's departure."
)

ALL: tuple[Metric, ...] = (ORDER_RATE, REALISED_VOLATILITY, ENGINE_LATENCY)
