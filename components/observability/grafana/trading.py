"""The dashboard of trading performance."""

from __future__ import annotations

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
from components.observability.prometheus.trading_rules import SERVICE_ERRORS, SERVICE_QUANTILE, STALE_SECONDS
from components.observability.series import of_function
from components.settings import Settings
from functions import metrics


def trading(settings: Settings) -> Dashboard:
    """Orders, fills and rejections, volatility, queues, market data, and the way in."""
    region = settings.region.name
    intake = (
        (metrics.ORDERS_ACCEPTED, "accepted"),
        (metrics.ORDERS_REFUSED, "refused"),
        (metrics.ORDERS_NOT_ACCEPTING, "no lease"),
        (metrics.ORDERS_UNAVAILABLE, "unavailable"),
        (metrics.ORDERS_OUTCOME_UNKNOWN, "outcome unknown"),
        (metrics.ORDERS_DEFERRED, "deferred"),
    )
    return (
        board("trading-performance", "Trading performance", "What is traded, and what stands in its way.", "10s", "1h")
        .with_panel(figure("Orders", "Per second, all engines.", "ops", [Query(f"sum({ORDER_RATE})", "orders")]))
        .with_panel(figure("Fills", "Per second, all engines.", "ops", [Query(FILL_RATE, "fills")]))
        .with_panel(
            figure("Rejected", "Share of 5 minutes.", "percentunit", [Query(REJECTED_RATIO, "share")], above=0.1)
        )
        .with_panel(
            figure(
                "Engines",
                "Those that answer.",
                "short",
                [Query(f'sum by (fleet) ({UP.name}{{job="{contract.ENGINES}"}})', "{{fleet}}")],
            )
        )
        .with_panel(graph("Orders by outcome", contract.ORDERS.help, "ops", [Query(ORDER_RATE, "{{outcome}}")]))
        .with_panel(graph("Rejections by reason", contract.REJECTS.help, "ops", [Query(REJECT_RATE, "{{reason}}")]))
        .with_panel(
            graph(
                "Fills by venue",
                contract.FILLS.help,
                "ops",
                [Query(f"sum by (venue) (rate({contract.FILLS.name}[1m]))", "{{venue}}")],
            )
        )
        .with_panel(graph("Orders that failed", "Share of 5 minutes.", "percentunit", [Query(FAILED_RATIO, "failed")]))
        .with_panel(
            graph(
                "Realised volatility",
                contract.VOLATILITY.help,
                "percentunit",
                [Query(f"max({contract.VOLATILITY.name})", "most volatile")],
                above=settings.latency.volatility_percent / 100,
            )
        )
        .with_panel(
            graph(
                "Orders per engine",
                "The fleet grows above the line.",
                "ops",
                [Query(f"sum by (instance) (rate({contract.ORDERS.name}[1m]))", "{{instance}}")],
                above=settings.latency.orders_per_engine,
            )
        )
        .with_panel(
            graph("Queue", contract.QUEUE_DEPTH.help, "short", [Query(contract.QUEUE_DEPTH.name, "{{instance}}")])
        )
        .with_panel(
            graph(
                "Age of market data",
                "While the venue trades, of the engine that lags most.",
                "s",
                [
                    Query(
                        f"max by (feed) ((time() - {contract.MARKET_DATA_TIME.name}) "
                        f"and on (instance, feed) {contract.FEED_OPEN.name} == 1)",
                        "{{feed}}",
                    )
                ],
                above=STALE_SECONDS,
            )
        )
        .with_panel(
            graph(
                "Market data",
                contract.MARKET_DATA_MESSAGES.help,
                "ops",
                [Query(f"sum by (feed) (rate({contract.MARKET_DATA_MESSAGES.name}[1m]))", "{{feed}}")],
            )
        )
        .with_panel(
            graph(
                "Trading services",
                "P99 of what they answer.",
                "s",
                [Query(f'{SERVICE_QUANTILE}{{quantile="0.99"}}', "P99")],
            )
        )
        .with_panel(
            graph("Errors of trading services", "Share of 5 minutes.", "percentunit", [Query(SERVICE_ERRORS, "errors")])
        )
        .with_panel(
            graph(
                "Order intake",
                "Orders of a minute by what they were answered.",
                "short",
                [CloudWatchQuery(of_function(metric), "Sum", region, name) for metric, name in intake],
            )
        )
    )
