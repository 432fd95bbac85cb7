"""Grafana dashboard of order latency."""

from __future__ import annotations

from grafana_foundation_sdk.builders import heatmap, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard

from components.latency.metrics import ENGINE_LATENCY
from components.observability.buckets import in_seconds
from components.observability.grafana.panels import CloudWatchQuery, Query, board, density, figure, graph
from components.observability.prometheus import contract
from components.observability.prometheus.order_rules import BUDGET, BURNS, LATENCY_QUANTILE, burn_rate, slow_ratio
from components.observability.series import Series, of_engines, of_function
from components.settings import Settings
from functions.metrics import ORDER_LATENCY

_NAMES = {"0.5": "P50", "0.99": "P99", "0.999": "P99.9"}


def order_latency(settings: Settings) -> Dashboard:
    """Engines' latency from Prometheus histograms, order intake's from CloudWatch."""
    quantiles = [Query(f'{LATENCY_QUANTILE}{{quantile="{q}"}}', name) for q, name in _NAMES.items()]
    dashboard = board(
        "order-latency",
        "Order latency",
        "Latency of orders against the objective for the 99th percentile.",
        "10s",
        "1h",
    )
    for panel in (*_now(settings, quantiles), *_engines(settings, quantiles), *_alarm_metrics(settings)):
        dashboard = dashboard.with_panel(panel)
    return dashboard


def _now(settings: Settings, quantiles: list[Query]) -> list[stat.Panel]:
    figures = [
        figure(f"{query.legend} now", "Last minute, all engines.", "s", [query], above=_objective(settings))
        for query in quantiles
    ]
    slow = figure(
        "Slower than the objective",
        "Share of orders in 5 minutes; exact, because the objective is a histogram bound.",
        "percentunit",
        [Query(slow_ratio("5m"), "share")],
        above=BUDGET,
    )
    return [*figures, slow]


def _engines(settings: Settings, quantiles: list[Query]) -> list[timeseries.Panel | heatmap.Panel]:
    """Panels of the engines' histogram: over time, error budget, by bucket, by engine, by operation."""
    objective = _objective(settings)
    bucket, count = contract.ORDER_LATENCY.bucket, contract.ORDER_LATENCY.count
    fast = f'{bucket}{{le="{in_seconds(settings.observability.engine_latency_objective)}"}}'
    slow_by_engine = f"1 - sum by (instance) (rate({fast}[5m])) / (sum by (instance) (rate({count}[5m])) > 0)"
    by_operation = f"histogram_quantile(0.99, sum by (le, operation) (rate({bucket}[1m])))"
    return [
        graph("Latency in engines", ENGINE_LATENCY.description, "s", quantiles, above=objective),
        graph(
            "Error budget",
            "Burn rate; 1 uses the budget up in 30 days.",
            "short",
            [Query(burn_rate(window), window) for window in ("5m", "1h", "6h")],
            above=BURNS[0].factor,
        ),
        density(
            "Distribution",
            "Orders per second in each bucket.",
            "s",
            Query(f"sum by (le) (rate({bucket}[1m]))", "{{le}}", buckets=True),
        ),
        graph(
            "Slower than the objective, by engine",
            "A single slow engine suggests its host; all engines suggest a shared cause.",
            "percentunit",
            [Query(slow_by_engine, "{{instance}}")],
            above=BUDGET,
        ),
        graph(
            "P99 by operation",
            "New orders, cancellations, replacements.",
            "s",
            [Query(by_operation, "{{operation}}")],
            above=objective,
        ),
    ]


def _alarm_metrics(settings: Settings) -> list[timeseries.Panel]:
    """Panels of the metrics that CloudWatch alarms use, with their thresholds."""
    observability = settings.observability
    return [
        graph(
            "Engines, by the metric of the CloudWatch alarm",
            ENGINE_LATENCY.description,
            "µs",
            _percentiles(settings, of_engines(ENGINE_LATENCY)),
            above=observability.engine_latency_objective,
        ),
        graph(
            "Order intake",
            ORDER_LATENCY.description,
            "ms",
            _percentiles(settings, of_function(ORDER_LATENCY)),
            above=observability.order_latency_objective,
        ),
    ]


def _percentiles(settings: Settings, series: Series) -> list[CloudWatchQuery]:
    return [CloudWatchQuery(series, name.lower(), settings.region.name, name) for name in _NAMES.values()]


def _objective(settings: Settings) -> float:
    """The objective in seconds, Prometheus' unit."""
    return settings.observability.engine_latency_objective / 1_000_000
