"""Metrics that engines and trading services must expose to Prometheus, on the metrics port at `/metrics`.

Engines also publish metrics to CloudWatch once a second (`components.latency.metrics`), for reactions within seconds or
without the cluster: scaling, and alarms at 1 ms. Prometheus has the whole distribution, by venue and operation, for
diagnosis. Histograms use the bounds of `components.observability.buckets`, which hosts and tasks receive in their
environment.
"""

from __future__ import annotations

from components.latency.metrics import ENGINE_LATENCY, ORDER_RATE, REALISED_VOLATILITY
from components.observability.prometheus.family import Family, Kind

# Names of the scrape jobs, which are in the label `job`.
ENGINES = "trading-engines"
SERVICES = "trading-services"

# Labels that scraping adds to all metrics of an engine or service, beside Prometheus' own `job` and `instance`.
TARGET_LABELS = ("zone", "fleet", "namespace", "pod", "service", "container", "endpoint")
# Values of `fleet`: a fixed engine, or one of the scaling fleet.
FIXED, ELASTIC = "fixed", "elastic"

# Outcome of an order in an engine. A rejection is an answer; a failure is not.
ACCEPTED, REJECTED, FAILED = "accepted", "rejected", "failed"

ORDER_LATENCY = Family(
    "trading_order_latency_seconds",
    Kind.HISTOGRAM,
    "seconds",
    ("operation",),
    ENGINE_LATENCY.description,
    cloudwatch=ENGINE_LATENCY,
    per_cloudwatch_unit=1e-6,
)
ORDERS = Family(
    "trading_orders_total",
    Kind.COUNTER,
    "",
    ("operation", "outcome"),
    f"Orders, cancellations and replacements by outcome: {ACCEPTED}, {REJECTED} or {FAILED}.",
    cloudwatch=ORDER_RATE,
)
REJECTS = Family(
    "trading_order_rejects_total",
    Kind.COUNTER,
    "",
    ("reason",),
    "Rejected orders by reason: risk, venue, invalid or throttled.",
)
FILLS = Family("trading_fills_total", Kind.COUNTER, "", ("venue",), "Executions, including partial ones.")
QUEUE_DEPTH = Family("trading_order_queue_depth", Kind.GAUGE, "", (), "Orders that wait in an engine.")
VOLATILITY = Family(
    "trading_realised_volatility_ratio",
    Kind.GAUGE,
    "ratio",
    (),
    REALISED_VOLATILITY.description,
    cloudwatch=REALISED_VOLATILITY,
    per_cloudwatch_unit=0.01,
)
MARKET_DATA_TIME = Family(
    "trading_market_data_timestamp_seconds",
    Kind.GAUGE,
    "seconds",
    ("feed",),
    "When the newest message of a feed arrived, in Unix time. A time, not an age: it grows old even in an engine that "
    "hangs.",
)
MARKET_DATA_MESSAGES = Family(
    "trading_market_data_messages_total", Kind.COUNTER, "", ("feed",), "Processed messages of a feed."
)
FEED_OPEN = Family("trading_feed_open", Kind.GAUGE, "", ("feed",), "1 while the venue of a feed is open, 0 otherwise.")
ENGINE_FAMILIES: tuple[Family, ...] = (
    ORDER_LATENCY,
    ORDERS,
    REJECTS,
    FILLS,
    QUEUE_DEPTH,
    VOLATILITY,
    MARKET_DATA_TIME,
    MARKET_DATA_MESSAGES,
    FEED_OPEN,
)

REQUEST_DURATION = Family(
    "http_server_request_duration_seconds",
    Kind.HISTOGRAM,
    "seconds",
    ("http_request_method", "http_route", "http_response_status_code"),
    "How long a trading service took to answer a request.",
    page="OpenTelemetry, Semantic conventions for HTTP metrics, http.server.request.duration",
)
SERVICE_FAMILIES: tuple[Family, ...] = (REQUEST_DURATION,)
