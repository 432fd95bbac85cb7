"""Alerts on engines, orders and market data, and on trading services."""

from __future__ import annotations

from collections.abc import Iterator

from components.observability.prometheus import contract
from components.observability.prometheus.exporters import UP
from components.observability.prometheus.order_rules import FAILED_RATIO, REJECTED_RATIO
from components.observability.prometheus.rule import Alert, Group, Recording, Severity
from components.settings import Settings

_INTERVAL = "15s"
_MOST_FAILED, _MOST_REJECTED, _MOST_ERRORS = 0.001, 0.1, 0.01
# Seconds without a message, while a venue trades, after which prices are stale. Venues send heartbeats about every
# second.
STALE_SECONDS = 5
# Orders. A burst leaves fewer orders in the queue, and they are processed quickly.
_DEEP_QUEUE = 100
# An engine must have answered in this period to be reported as lost: a starting engine never answered, and an engine
# that has been down for hours was reported before.
_SERVED = "1d"

SERVICE_ERRORS = "region:http_server_requests_failed:ratio_rate5m"
SERVICE_QUANTILE = "region_quantile:http_server_request_duration_seconds:rate5m"


def trading_alerts(settings: Settings) -> Group:
    """Alerts on engines. Alerts on missing engines exist only if the stack has fixed engines; a standby region has
    none."""
    return Group("trading-engines", _INTERVAL, [*_engines(settings), *_orders(), *_market_data()])


def service_rules(settings: Settings) -> Group:
    """Recording rules and alerts of the trading services."""
    requests = contract.REQUEST_DURATION
    errors = f'{requests.count}{{http_response_status_code=~"5.."}}'
    tasks = settings.sizes.service_tasks_min
    up = f'{UP.name}{{job="{contract.SERVICES}"}}'
    missing = Alert(
        "TradingServicesMissing",
        f"(sum({up}) or vector(0)) < {tasks}",
        Severity.CRITICAL,
        f"Fewer than {tasks} trading services answer",
        f"Only {{{{ $value }}}} of at least {tasks} tasks of the trading services can be scraped.",
        hold="5m",
    )
    return Group(
        "trading-services",
        _INTERVAL,
        [
            Recording(
                SERVICE_ERRORS,
                f"(sum(rate({errors}[5m])) or vector(0)) / (sum(rate({requests.count}[5m])) > 0)",
            ),
            Recording(
                SERVICE_QUANTILE,
                f"histogram_quantile(0.99, sum by (le) (rate({requests.bucket}[5m])))",
                {"quantile": "0.99"},
            ),
            Alert(
                "TradingServicesFailing",
                f"{SERVICE_ERRORS} > {_MOST_ERRORS:g}",
                Severity.CRITICAL,
                "Trading services return errors",
                f"{{{{ $value | humanizePercentage }}}} of requests in 5 minutes failed in the service; "
                f"the limit is {_MOST_ERRORS:.0%}.",
                hold="2m",
            ),
            *([missing] if tasks else []),
        ],
    )


def _engines(settings: Settings) -> Iterator[Alert]:
    up = f'{UP.name}{{job="{contract.ENGINES}"}}'
    yield Alert(
        "EngineDown",
        f"{up} == 0 and max_over_time({up}[{_SERVED}]) == 1",
        Severity.CRITICAL,
        "An engine has stopped answering",
        "{{ $labels.instance }} ({{ $labels.fleet }}, {{ $labels.zone }}) no longer answers.",
        hold="30s",
    )
    fixed = settings.sizes.fixed_engines
    if fixed:
        standing = f'{UP.name}{{job="{contract.ENGINES}",fleet="{contract.FIXED}"}}'
        yield Alert(
            "EnginesMissing",
            f"(sum({standing}) or vector(0)) < {fixed}",
            Severity.CRITICAL,
            f"Fewer than {fixed} fixed engines answer",
            f"Only {{{{ $value }}}} of {fixed} can be scraped, for longer than an engine's start takes.",
            hold=f"{settings.latency.engine_readiness_seconds}s",
        )


def _orders() -> Iterator[Alert]:
    yield Alert(
        "OrdersFailing",
        f"{FAILED_RATIO} > {_MOST_FAILED:g}",
        Severity.CRITICAL,
        "Orders fail without an answer",
        f"{{{{ $value | humanizePercentage }}}} of orders in 5 minutes failed; the limit is {_MOST_FAILED:.1%}.",
        hold="1m",
    )
    yield Alert(
        "OrdersRejected",
        f"{REJECTED_RATIO} > {_MOST_REJECTED:g}",
        Severity.WARNING,
        "Many orders are rejected",
        f"{{{{ $value | humanizePercentage }}}} of orders in 5 minutes were rejected; normal is "
        f"below {_MOST_REJECTED:.0%}.",
        hold="5m",
    )
    queue = contract.QUEUE_DEPTH.name
    yield Alert(
        "EngineQueueGrows",
        f"min_over_time({queue}[1m]) > {_DEEP_QUEUE} and deriv({queue}[2m]) > 0",
        Severity.CRITICAL,
        "An engine's order queue grows",
        "{{ $value }} or more orders have waited in {{ $labels.instance }} for a minute, and the queue grows.",
        hold="1m",
    )


def market_data_age() -> str:
    """PromQL for the age in seconds of each feed's newest message at the time of the scrape. The age now would also
    grow between two scrapes, by as much as a feed can be silent."""
    return f"timestamp({contract.MARKET_DATA_TIME.name}) - {contract.MARKET_DATA_TIME.name}"


def _market_data() -> Iterator[Alert]:
    arrived, open_ = contract.MARKET_DATA_TIME.name, contract.FEED_OPEN.name
    yield Alert(
        "MarketDataStalled",
        f"{market_data_age()} > {STALE_SECONDS} and on (instance, feed) {open_} == 1",
        Severity.CRITICAL,
        "A market data feed is silent while its venue trades",
        '{{ $labels.instance }} has received nothing from {{ $labels.feed }} for {{ $value | printf "%.0f" }} s.',
        hold="10s",
    )
    yield Alert(
        "MarketDataUnknown",
        f'{UP.name}{{job="{contract.ENGINES}"}} == 1 unless on (instance) {arrived}',
        Severity.CRITICAL,
        "An engine does not report the age of its prices",
        "{{ $labels.instance }} answers but exposes no feed metrics.",
        hold="1m",
    )
