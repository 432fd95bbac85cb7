"""Grafana dashboard of trading performance."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard

from components.observability.grafana.panels import CloudWatchQuery, Query, board, figure, graph
from components.observability.prometheus import contract
from components.observability.prometheus.exporters import UP
from components.observability.prometheus.order_rules import (
    FAILED_RATIO,
    FILL_RATE,
    ORDER_RATE,
    REJECT_RATE,
    REJECTED_RATIO,
)
from components.observability.prometheus.trading_rules import (
    SERVICE_ERRORS,
    SERVICE_QUANTILE,
    STALE_SECONDS,
    market_data_age,
)
from components.observability.series import of_function
from components.settings import Settings
from functions import metrics

_INTAKE = (
    (metrics.ORDERS_ACCEPTED, "accepted"),
    (metrics.ORDERS_REFUSED, "refused"),
    (metrics.ORDERS_NOT_ACCEPTING, "no lease"),
    (metrics.ORDERS_UNAVAILABLE, "unavailable"),
    (metrics.ORDERS_OUTCOME_UNKNOWN, "outcome unknown"),
    (metrics.ORDERS_DEFERRED, "deferred"),
)


def trading(settings: Settings) -> Dashboard:
    """Orders, fills and rejections, volatility, queues, market data, and trading services."""
    dashboard = board("trading-performance", "Trading performance", "Orders, fills and their obstacles.", "10s", "1h")
    for panel in (*_now(), *_orders(), *_engines(settings), *_market_data(), *_services(settings)):
        dashboard = dashboard.with_panel(panel)
    return dashboard


def _now() -> list[stat.Panel]:
    answering = f'sum by (fleet) ({UP.name}{{job="{contract.ENGINES}"}})'
    return [
        figure("Orders", "Per second, all engines.", "ops", [Query(f"sum({ORDER_RATE})", "orders")]),
        figure("Fills", "Per second, all engines.", "ops", [Query(FILL_RATE, "fills")]),
        figure("Rejected", "Share of 5 minutes.", "percentunit", [Query(REJECTED_RATIO, "share")], above=0.1),
        figure("Engines", "Engines that can be scraped.", "short", [Query(answering, "{{fleet}}")]),
    ]


def _orders() -> list[timeseries.Panel]:
    by_venue = f"sum by (venue) (rate({contract.FILLS.name}[1m]))"
    return [
        graph("Orders by outcome", contract.ORDERS.help, "ops", [Query(ORDER_RATE, "{{outcome}}")]),
        graph("Rejections by reason", contract.REJECTS.help, "ops", [Query(REJECT_RATE, "{{reason}}")]),
        graph("Fills by venue", contract.FILLS.help, "ops", [Query(by_venue, "{{venue}}")]),
        graph("Orders that failed", "Share of 5 minutes.", "percentunit", [Query(FAILED_RATIO, "failed")]),
    ]


def _engines(settings: Settings) -> list[timeseries.Panel]:
    """Panels of the fleet: the metric that it scales by, and its size."""
    latency = settings.latency
    return [
        graph(
            "Realised volatility",
            contract.VOLATILITY.help,
            "percentunit",
            [Query(f"max({contract.VOLATILITY.name})", "most volatile")],
            above=latency.volatility_percent / 100,
        ),
        graph(
            "Orders per engine",
            "The fleet scales out above the line.",
            "ops",
            [Query(f"sum by (instance) (rate({contract.ORDERS.name}[1m]))", "{{instance}}")],
            above=latency.orders_per_engine,
        ),
        graph("Queue", contract.QUEUE_DEPTH.help, "short", [Query(contract.QUEUE_DEPTH.name, "{{instance}}")]),
    ]


def _market_data() -> list[timeseries.Panel]:
    age = f"max by (feed) (({market_data_age()}) and on (instance, feed) {contract.FEED_OPEN.name} == 1)"
    messages = f"sum by (feed) (rate({contract.MARKET_DATA_MESSAGES.name}[1m]))"
    return [
        graph(
            "Age of market data",
            "While the venue trades; the engine with the oldest data.",
            "s",
            [Query(age, "{{feed}}")],
            above=STALE_SECONDS,
        ),
        graph("Market data", contract.MARKET_DATA_MESSAGES.help, "ops", [Query(messages, "{{feed}}")]),
    ]


def _services(settings: Settings) -> list[timeseries.Panel]:
    quantile = f'{SERVICE_QUANTILE}{{quantile="0.99"}}'
    return [
        graph("Trading services", "P99 of their responses.", "s", [Query(quantile, "P99")]),
        graph("Errors of trading services", "Share of 5 minutes.", "percentunit", [Query(SERVICE_ERRORS, "errors")]),
        graph(
            "Order intake",
            "Orders a minute by result.",
            "short",
            [CloudWatchQuery(of_function(metric), "Sum", settings.region.name, name) for metric, name in _INTAKE],
        ),
    ]
