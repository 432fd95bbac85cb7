"""Trading dashboard: orders and their latency."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_aws as aws

from components.latency.metrics import ENGINE_LATENCY, ORDER_RATE, REALISED_VOLATILITY
from components.observability import aws_metrics as published
from components.observability.dashboards.widgets import Graph, Line, Rows
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws, of_engines, of_function
from functions import metrics

_PERCENTILES = ("p50", "p99", "p99.9")
_REFUSALS = (
    metrics.ORDERS_REFUSED,
    metrics.ORDERS_NOT_ACCEPTING,
    metrics.ORDERS_UNAVAILABLE,
    metrics.ORDERS_OUTCOME_UNKNOWN,
)


def orders_entered(region: str | None = None) -> Graph:
    """Accepted orders, and orders that wait in the outbox; of another region if `region` is set."""
    taken = (metrics.ORDERS_ACCEPTED, metrics.ORDERS_DEFERRED)
    return Graph("Orders", "Count", _counts(taken), region)


def orders_refused(region: str | None = None) -> Graph:
    """Refused orders by reason."""
    return Graph("Orders refused", "Count", _counts(_REFUSALS), region)


def order_latency(layers: MonitoredLayers, region: str | None = None) -> Graph:
    """Latency percentiles of order intake."""
    observability = layers.settings.observability
    return Graph(
        "Latency of order intake",
        metrics.ORDER_LATENCY.unit,
        tuple(Line(of_function(metrics.ORDER_LATENCY), percentile, percentile) for percentile in _PERCENTILES),
        region,
        limit=observability.order_latency_objective,
        period=observability.latency_alarm_period,
    )


def engine_latency(layers: MonitoredLayers, region: str | None = None) -> Graph:
    """Latency percentiles over all engines."""
    observability = layers.settings.observability
    return Graph(
        "Latency of the engines",
        ENGINE_LATENCY.unit,
        tuple(Line(of_engines(ENGINE_LATENCY), percentile, percentile) for percentile in _PERCENTILES),
        region,
        limit=observability.engine_latency_objective,
        period=observability.latency_alarm_period,
    )


def rows(layers: MonitoredLayers) -> Rows:
    """Rows of the dashboard, in the order of an order's path."""
    return [
        [orders_entered(), orders_refused()],
        [order_latency(layers), engine_latency(layers)],
        [_market(), _fleet(layers)],
        [_stream("Order stream", layers.events.streams.orders), _consumers(layers)],
        [_waiting(layers), _outbox()],
        [_services(layers), _gateway(layers)],
    ]


def _counts(counted: tuple[metrics.Metric, ...]) -> tuple[Line, ...]:
    return tuple(Line(of_function(metric), "Sum", metric.name) for metric in counted)


def _market() -> Graph:
    return Graph(
        "Orders per second and engine",
        ORDER_RATE.unit,
        (
            Line(of_engines(ORDER_RATE), "Average", "mean engine"),
            Line(of_engines(ORDER_RATE), "Maximum", "busiest engine"),
            Line(of_engines(REALISED_VOLATILITY), REALISED_VOLATILITY.statistic, "volatility, percent"),
        ),
    )


def _fleet(layers: MonitoredLayers) -> Graph:
    group = of_aws(published.FLEET_IN_SERVICE, layers.engines.fleet.group.name)
    return Graph("Engines in service", "Engines", (Line(group, "Average", "fleet"),))


def _stream(title: str, stream: aws.kinesis.Stream) -> Graph:
    return Graph(
        title,
        "Count",
        (
            Line(of_aws(published.STREAM_RECORDS, stream.name), "Sum", "records"),
            Line(of_aws(published.STREAM_WRITES_THROTTLED, stream.name), "Sum", "throttled"),
        ),
    )


def _consumers(layers: MonitoredLayers) -> Graph:
    streams = layers.events.streams
    both: tuple[tuple[aws.kinesis.Stream, Mapping[str, aws.kinesis.StreamConsumer]], ...] = (
        (streams.orders, streams.order_consumers),
        (streams.market_data, streams.market_data_consumers),
    )
    lines = [
        Line(of_aws(published.CONSUMER_BEHIND, stream.name, consumer.name), "Maximum", name)
        for stream, consumers in both
        for name, consumer in consumers.items()
    ]
    archive = [Line(of_aws(published.STREAM_READS_BEHIND, stream.name), "Maximum", "archive") for stream, _ in both]
    return Graph("Consumers behind", "Milliseconds", (*lines, *archive))


def _waiting(layers: MonitoredLayers) -> Graph:
    lines = (
        Line(of_aws(published.OLDEST_MESSAGE, queue.queue.name), "Maximum", name)
        for name, queue in layers.consumed_queues
    )
    limit = layers.settings.streams.order_event_max_age
    return Graph("Oldest message of each queue", "Seconds", tuple(lines), limit=limit)


def _outbox() -> Graph:
    line = Line(of_function(metrics.OUTBOX_OLDEST_AGE), "Maximum", metrics.OUTBOX_OLDEST_AGE.name)
    return Graph("Oldest order of the outbox", metrics.OUTBOX_OLDEST_AGE.unit, (line,))


def _services(layers: MonitoredLayers) -> Graph:
    services = layers.services
    here = (services.cluster.name, services.service_name)
    return Graph(
        "Trading services",
        "Tasks, percent",
        (
            Line(of_aws(published.TASKS_RUNNING, *here), "Average", "tasks"),
            Line(of_aws(published.SERVICE_CPU, *here), "Average", "CPU, percent"),
        ),
    )


def _gateway(layers: MonitoredLayers) -> Graph:
    api = (layers.api.api.name, layers.api.stage.stage_name)
    return Graph(
        "Trading API",
        "Count",
        (
            Line(of_aws(published.API_REQUESTS, *api), "Sum", "requests"),
            Line(of_aws(published.API_CLIENT_ERRORS, *api), "Sum", "4xx"),
            Line(of_aws(published.API_SERVER_ERRORS, *api), "Sum", "5xx"),
        ),
    )
