"""The dashboard of order latency."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from components.latency.metrics import ENGINE_LATENCY
from components.observability.buckets import in_seconds
from components.observability.grafana.panels import CloudWatchQuery, Query, board, density, figure, graph
from components.observability.prometheus import contract
from components.observability.prometheus.order_rules import BUDGET, BURNS, LATENCY_QUANTILE, burn_rate, slow_ratio
from components.observability.series import of_engines, of_function
from components.settings import Settings
from functions.metrics import ORDER_LATENCY

_NAMES = {"0.5": "P50", "0.99": "P99", "0.999": "P99.9"}


def order_latency(settings: Settings) -> Dashboard:
    """Engines by histogram, order intake by what it tells CloudWatch."""
    microseconds = settings.observability.engine_latency_objective
    objective = microseconds / 1_000_000
    bucket, count = contract.ORDER_LATENCY.bucket, contract.ORDER_LATENCY.count
    slow_by_engine = (
        f'1 - sum by (instance) (rate({bucket}{{le="{in_seconds(microseconds)}"}}[5m]))'
        f" / (sum by (instance) (rate({count}[5m])) > 0)"
    )
    quantiles = [Query(f'{LATENCY_QUANTILE}{{quantile="{q}"}}', name) for q, name in _NAMES.items()]
    dashboard = board(
        "order-latency", "Order latency", "How long orders take, against the objective of 99 in 100.", "10s", "1h"
    )
    for query in quantiles:
        dashboard = dashboard.with_panel(
            figure(f"{query.legend} now", "Of the last minute, all engines.", "s", [query], above=objective)
        )
    return (
        dashboard.with_panel(
            figure(
                "Slower than the objective",
                "Share of the orders of 5 minutes; counted at a bound, not interpolated.",
                "percentunit",
                [Query(slow_ratio("5m"), "share")],
                above=BUDGET,
            )
        )
        .with_panel(graph("Latency in engines", ENGINE_LATENCY.description, "s", quantiles, above=objective))
        .with_panel(
            graph(
                "Error budget",
                "How many times faster than allowed it burns; 1 uses it up in 30 days.",
                "short",
                [Query(burn_rate(window), window) for window in ("5m", "1h", "6h")],
                above=BURNS[0].factor,
            )
        )
        .with_panel(
            density(
                "Distribution",
                "Orders per second in each bucket.",
                "s",
                Query(f"sum by (le) (rate({bucket}[1m]))", "{{le}}", buckets=True),
            )
        )
        .with_panel(
            graph(
                "Slower than the objective, by engine",
                "One engine alone points at its host; all of them at what they share.",
                "percentunit",
                [Query(slow_by_engine, "{{instance}}")],
                above=BUDGET,
            )
        )
        .with_panel(
            graph(
                "P99 by operation",
                "New orders, cancellations, replacements.",
                "s",
                [
                    Query(
                        f"histogram_quantile(0.99, sum by (le, operation) (rate({bucket}[1m])))",
                        "{{operation}}",
                    )
                ],
                above=objective,
            )
        )
        .with_panel(
            graph(
                "Engines, as CloudWatch alarms see them",
                ENGINE_LATENCY.description,
                "µs",
                [
                    CloudWatchQuery(of_engines(ENGINE_LATENCY), statistic, settings.region.name, name)
                    for statistic, name in (("p50", "P50"), ("p99", "P99"), ("p99.9", "P99.9"))
                ],
                above=microseconds,
            )
        )
        .with_panel(
            graph(
                "Order intake",
                ORDER_LATENCY.description,
                "ms",
                [
                    CloudWatchQuery(of_function(ORDER_LATENCY), statistic, settings.region.name, name)
                    for statistic, name in (("p50", "P50"), ("p99", "P99"), ("p99.9", "P99.9"))
                ],
                above=settings.observability.order_latency_objective,
            )
        )
    )
