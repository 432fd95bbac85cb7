"""The metrics that engines and trading services owe to Prometheus, on the port of metrics, at `/metrics`.

Engines tell CloudWatch the same once a second (`components.latency.metrics`), for what must act within seconds or
without the cluster: scaling, and alarms at 1 ms. Prometheus has the whole distribution, by venue and operation, for
people who look for a cause. Latencies are counted in the bounds of `components.observability.buckets`, which hosts
and tasks are told in their environment.
"""

from __future__ import annotations

from components.latency.metrics import ENGINE_LATENCY, ORDER_RATE, REALISED_VOLATILITY
from components.observability.prometheus.family import Family, Kind

# Names of the scrape jobs, which are in the label `job`.
ENGINES = "trading-engines"
SERVICES = "trading-services"

# Labels that scraping gives to whatever an engine or a service exposes, beside Prometheus' own `job` and `instance`.
TARGET_LABELS = ("zone", "fleet", "namespace", "pod", "service", "container", "endpoint")
# Values of `fleet`: whether a host always stands, or comes and goes with the market.
FIXED, ELASTIC = "fixed", "elastic"

# What an engine did with an order. A rejection is an answer, a failure is none.
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
    f"Orders, cancellations and replacements by what became of them: {ACCEPTED}, {REJECTED} or {FAILED}.",
    cloudwatch=ORDER_RATE,
)
REJECTS = Family(
    "trading_order_rejects_total",
    Kind.COUNTER,
    "",
    ("reason",),
    "Rejected orders by reason: risk, venue, invalid or throttled.",
)
FILLS = Family("trading_fills_total", Kind.COUNTER, "", ("venue",), "Executions, partial ones included.")
QUEUE_DEPTH = Family(
    "trading_order_queue_depth", Kind.GAUGE, "", (), "Orders that have arrived in an engine and wait to be worked on."
)
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
    "trading_market_data_messages_total", Kind.COUNTER, "", ("feed",), "Messages of a feed that were worked on."
)
FEED_OPEN = Family(
    "trading_feed_open", Kind.GAUGE, "", ("feed",), "1 while the venue of a feed says that it trades, 0 otherwise."
)
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
