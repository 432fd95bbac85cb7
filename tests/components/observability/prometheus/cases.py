"""Cases for each alert, firing and not firing: series over time, and the expected alerts.

Values are in promtool's notation: `0+5x8` is 0, 5, 10 ... for eight more steps; `_` is no sample. A step is 15 s
where a case names none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

STEP = "15s"
ENGINE = 'job="trading-engines",instance="engine-1",fleet="fixed",zone="a"'
_ENGINE = {"job": "trading-engines", "instance": "engine-1", "fleet": "fixed", "zone": "a"}


@dataclass(frozen=True)
class ExpectedAlert:
    """One firing alert: labels in addition to its name and severity, and its description."""

    labels: Mapping[str, str]
    description: str


@dataclass(frozen=True)
class Case:
    """Series, and the `expected` instances of `alert` at a time; empty if it does not fire."""

    name: str
    alert: str
    at: str
    series: Mapping[str, str]
    expected: Sequence[ExpectedAlert] = field(default_factory=tuple)
    step: str = STEP


def _orders(fast: str, all_: str) -> dict[str, str]:
    return {
        f'trading_order_latency_seconds_bucket{{{ENGINE},operation="new",le="0.001"}}': fast,
        f'trading_order_latency_seconds_count{{{ENGINE},operation="new"}}': all_,
    }


def _burned(window: str, times: str, limit: str) -> ExpectedAlert:
    return ExpectedAlert(
        {},
        f"The burn rate of the latency error budget over {window} is {times} and stays high; the limit is {limit}.",
    )


_HALF_SLOW = _orders("0+50x80", "0+100x80")
_TWENTIETH_SLOW = _orders("0+92x80", "0+100x80")
_TWO_SLOW = _orders("0+98x80", "0+100x80")
_FEW_SLOW = _orders("0+995x80", "0+1000x80")
# Slow for 25 minutes, quick again for 15.
_SLOW_BEFORE = _orders("0+50x100 5100+100x60", "0+100x100 10100+100x60")

_BUDGET = [
    Case(
        "half of the orders are slow",
        "OrderLatencyBudgetBurnsInHours",
        "20m",
        _HALF_SLOW,
        [_burned("1h", "50.0", "14.4")],
    ),
    Case("8 of 100 orders are slow", "OrderLatencyBudgetBurnsInHours", "20m", _TWENTIETH_SLOW),
    Case("orders were slow earlier", "OrderLatencyBudgetBurnsInHours", "38m", _SLOW_BEFORE),
    Case("there are no orders", "OrderLatencyBudgetBurnsInHours", "20m", _orders("7x80", "70x80")),
    Case(
        "8 of 100 orders are slow", "OrderLatencyBudgetBurnsInDays", "20m", _TWENTIETH_SLOW, [_burned("6h", "8.0", "6")]
    ),
    Case("2 of 100 orders are slow", "OrderLatencyBudgetBurnsInDays", "20m", _TWO_SLOW),
    Case("2 of 100 orders are slow", "OrderLatencyBudgetRunsOut", "20m", _TWO_SLOW, [_burned("3d", "2.0", "1")]),
    Case("5 of 1000 orders are slow", "OrderLatencyBudgetRunsOut", "20m", _FEW_SLOW),
]

_ANSWERED = {f'trading_orders_total{{{ENGINE},operation="new",outcome="accepted"}}': "0+100x80"}
_BOUND_ELSEWHERE = {
    f'trading_order_latency_seconds_bucket{{{ENGINE},operation="new",le="0.002"}}': "0+100x80",
    f'trading_order_latency_seconds_count{{{ENGINE},operation="new"}}': "0+100x80",
}
_UNMEASURED = ExpectedAlert(
    {"instance": "engine-1"}, "engine-1 processes orders but has no histogram bound at 1000 us."
)
_OTHER_ENGINE = {
    'trading_order_latency_seconds_bucket{job="trading-engines",instance="engine-2",le="0.001"}': "0+100x80",
    'trading_orders_total{job="trading-engines",instance="engine-2",outcome="accepted"}': "0+100x80",
}

_MEASURED = [
    Case(
        "an engine counts in other bounds than the objective's, and another in the right ones",
        "OrderLatencyUnmeasured",
        "15m",
        {**_ANSWERED, **_BOUND_ELSEWHERE, **_OTHER_ENGINE},
        [_UNMEASURED],
    ),
    Case("an engine has no latency histogram", "OrderLatencyUnmeasured", "15m", _ANSWERED, [_UNMEASURED]),
    Case(
        "every order is slow, and counted", "OrderLatencyUnmeasured", "15m", {**_ANSWERED, **_orders("0x80", "0+9x80")}
    ),
    Case(
        "an engine without the bound has no orders",
        "OrderLatencyUnmeasured",
        "15m",
        dict.fromkeys((*_ANSWERED, *_BOUND_ELSEWHERE), "7x80"),
    ),
]

_UP = f"up{{{ENGINE}}}"


def _fixed(count: int) -> dict[str, str]:
    return {f'up{{job="trading-engines",instance="engine-{n}",fleet="fixed",zone="a"}}': "1x80" for n in range(count)}


_ENGINES = [
    Case(
        "an engine that served is silent",
        "EngineDown",
        "6m",
        {_UP: "1x20 0x40"},
        [ExpectedAlert(_ENGINE, "engine-1 (fixed, a) no longer answers.")],
    ),
    Case(
        "an engine that served has been silent for an hour",
        "EngineDown",
        "70m",
        {_UP: "1x20 0x300"},
        [ExpectedAlert(_ENGINE, "engine-1 (fixed, a) no longer answers.")],
    ),
    Case("an engine misses one scrape", "EngineDown", "5m30s", {_UP: "1x20 0x0 1x40"}),
    Case("an engine has not started yet", "EngineDown", "6m", {_UP: "0x40"}),
    Case("a host has gone with its engine", "EngineDown", "12m", {_UP: "1x20 _x40"}),
    Case(
        "one of four engines is missing for a start's time",
        "EnginesMissing",
        "16m",
        _fixed(3),
        [ExpectedAlert({}, "Only 3 of 4 can be scraped, for longer than an engine's start takes.")],
    ),
    Case(
        "no engine at all is found",
        "EnginesMissing",
        "16m",
        {},
        [ExpectedAlert({}, "Only 0 of 4 can be scraped, for longer than an engine's start takes.")],
    ),
    Case("all engines stand", "EnginesMissing", "16m", _fixed(4)),
    Case("an engine is being replaced", "EnginesMissing", "14m", _fixed(3)),
]


def _outcomes(accepted: str, other: str, outcome: str) -> dict[str, str]:
    return {
        f'trading_orders_total{{{ENGINE},operation="new",outcome="accepted"}}': accepted,
        f'trading_orders_total{{{ENGINE},operation="new",outcome="{outcome}"}}': other,
    }


_QUEUE = f"trading_order_queue_depth{{{ENGINE}}}"
_ARRIVED = f'trading_market_data_timestamp_seconds{{{ENGINE},feed="itch"}}'
_OPEN = f'trading_feed_open{{{ENGINE},feed="itch"}}'

_TRADING = [
    Case(
        "1 of 100 orders fails",
        "OrdersFailing",
        "10m",
        _outcomes("0+99x60", "0+1x60", "failed"),
        [ExpectedAlert({}, "1% of orders in 5 minutes failed; the limit is 0.1%.")],
    ),
    Case("no order fails", "OrdersFailing", "10m", _outcomes("0+99x60", "0x60", "failed")),
    Case("orders are rejected, which is an answer", "OrdersFailing", "10m", _outcomes("0+9x60", "0+1x60", "rejected")),
    Case("an engine has started and no order came", "OrdersFailing", "10m", _outcomes("0x60", "0x60", "failed")),
    Case(
        "every fifth order is rejected",
        "OrdersRejected",
        "15m",
        _outcomes("0+4x80", "0+1x80", "rejected"),
        [ExpectedAlert({}, "20% of orders in 5 minutes were rejected; normal is below 10%.")],
    ),
    Case("1 of 20 orders is rejected", "OrdersRejected", "15m", _outcomes("0+19x80", "0+1x80", "rejected")),
    Case(
        "a queue grows for minutes",
        "EngineQueueGrows",
        "5m",
        {_QUEUE: "100+50x40"},
        [ExpectedAlert(_ENGINE, "900 or more orders have waited in engine-1 for a minute, and the queue grows.")],
    ),
    Case("a burst is processed", "EngineQueueGrows", "5m", {_QUEUE: "0x10 5000-500x8 0x20"}),
    Case("a long queue gets shorter", "EngineQueueGrows", "5m", {_QUEUE: "5000-50x40"}),
    Case(
        "a feed is silent while its venue trades",
        "MarketDataStalled",
        "5m",
        {_ARRIVED: "0+15x10 150x20", _OPEN: "1x40"},
        [ExpectedAlert({**_ENGINE, "feed": "itch"}, "engine-1 has received nothing from itch for 150 s.")],
    ),
    Case("a feed is silent at night", "MarketDataStalled", "5m", {_ARRIVED: "0+15x10 150x20", _OPEN: "0x40"}),
    Case("a feed flows", "MarketDataStalled", "5m", {_ARRIVED: "0+15x40", _OPEN: "1x40"}),
    # Asked every 5 s, last 4 s before the rules are: a message that was 1.5 s old then is not stale.
    Case(
        "a feed flows, and was asked for seconds ago",
        "MarketDataStalled",
        "5m",
        {_ARRIVED: " ".join(str(at - 1.5) if at % 5 == 1 and at > 1 else "_" for at in range(301)), _OPEN: "1x300"},
        step="1s",
    ),
    Case(
        "an engine exposes no feed",
        "MarketDataUnknown",
        "3m",
        {_UP: "1x20"},
        [ExpectedAlert(_ENGINE, "engine-1 answers but exposes no feed metrics.")],
    ),
    Case("an engine exposes a feed", "MarketDataUnknown", "3m", {_UP: "1x20", _ARRIVED: "0+15x20"}),
    Case("an engine does not answer", "MarketDataUnknown", "3m", {_UP: "0x20"}),
]


def _answers(good: str, bad: str) -> dict[str, str]:
    request = 'job="trading-services",instance="task",http_request_method="POST",http_route="/orders"'
    name = "http_server_request_duration_seconds_count"
    return {
        f'{name}{{{request},http_response_status_code="201"}}': good,
        f'{name}{{{request},http_response_status_code="503"}}': bad,
    }


def _tasks(count: int) -> dict[str, str]:
    return {f'up{{job="trading-services",instance="task-{n}",zone="a"}}': "1x40" for n in range(count)}


_SERVICES = [
    Case(
        "1 of 20 requests ends in an error",
        "TradingServicesFailing",
        "10m",
        _answers("0+95x60", "0+5x60"),
        [ExpectedAlert({}, "5% of requests in 5 minutes failed in the service; the limit is 1%.")],
    ),
    Case("all requests are answered", "TradingServicesFailing", "10m", _answers("0+95x60", "0x60")),
    Case(
        "a task of four is missing",
        "TradingServicesMissing",
        "6m",
        _tasks(3),
        [ExpectedAlert({}, "Only 3 of at least 4 tasks of the trading services can be scraped.")],
    ),
    Case("four tasks answer", "TradingServicesMissing", "6m", _tasks(4)),
]

_READY = 'kube_node_status_condition{node="node-1",condition="Ready",status="true"}'
_WAITING = 'kube_pod_container_status_waiting_reason{{namespace="a",pod="b",uid="u",container="c",reason="{}"}}'
_VOLUME = 'namespace="a",persistentvolumeclaim="data"'
_ROOM = f"kubelet_volume_stats_available_bytes{{{_VOLUME}}}"
_SIZE = f"kubelet_volume_stats_capacity_bytes{{{_VOLUME}}}"
_SAFE = "cluster_autoscaler_cluster_safe_to_autoscale"
_NO_NODE = 'cluster_autoscaler_unschedulable_pods_count{type="unschedulable"}'


def _dns(good: str, bad: str) -> dict[str, str]:
    return {
        'coredns_dns_responses_total{server="dns://:53",rcode="NOERROR"}': good,
        'coredns_dns_responses_total{server="dns://:53",rcode="SERVFAIL"}': bad,
    }


_CLUSTER = [
    Case(
        "a node is not ready",
        "NodeNotReady",
        "12m",
        {_READY: "1x4 0x60"},
        [
            ExpectedAlert(
                {"node": "node-1", "condition": "Ready", "status": "true"},
                "node-1 has not been ready for 10 minutes: its pods move, if another has room.",
            )
        ],
    ),
    Case("a node is ready", "NodeNotReady", "12m", {_READY: "1x60"}),
    Case("a node comes back soon", "NodeNotReady", "12m", {_READY: "1x4 0x20 1x40"}),
    Case(
        "a container ends again and again",
        "PodCrashLooping",
        "15m",
        {_WAITING.format("CrashLoopBackOff"): "1x5 _x5 1x5 _x5 1x5 _x5 1x5 _x5 1x5 _x5 1x5"},
        [ExpectedAlert({"namespace": "a", "pod": "b", "container": "c"}, "c of a/b is in CrashLoopBackOff.")],
    ),
    Case("a container is being created", "PodCrashLooping", "15m", {_WAITING.format("ContainerCreating"): "1x60"}),
    Case(
        "a volume is nearly full and fills up",
        "VolumeFillsUp",
        "3h",
        {_ROOM: "1000-1x720", _SIZE: "10000x720"},
        [
            ExpectedAlert(
                {"namespace": "a", "persistentvolumeclaim": "data"},
                "a/data has 2.8% free space and will be full within a day at the rate of the last 6 hours.",
            )
        ],
    ),
    Case("a volume is nearly full and stays so", "VolumeFillsUp", "3h", {_ROOM: "1000x720", _SIZE: "10000x720"}),
    Case("a volume fills up and has room", "VolumeFillsUp", "3h", {_ROOM: "9000-1x720", _SIZE: "10000x720"}),
    Case(
        "the autoscaler does not act",
        "AutoscalerUnable",
        "20m",
        {_SAFE: "0x80"},
        [ExpectedAlert({}, "It reports that the cluster is not in a safe state to add or remove nodes.")],
    ),
    Case("the autoscaler acts", "AutoscalerUnable", "20m", {_SAFE: "1x80"}),
    Case(
        "two pods wait",
        "PodsFindNoNode",
        "20m",
        {_NO_NODE: "2x80"},
        [ExpectedAlert({}, "2 pods have been unschedulable for 15 minutes.")],
    ),
    Case("pods wait until a node comes", "PodsFindNoNode", "20m", {_NO_NODE: "2x40 0x40"}),
    Case(
        "1 of 20 names is not resolved",
        "NamesNotResolved",
        "20m",
        _dns("0+95x80", "0+5x80"),
        [ExpectedAlert({}, "CoreDNS answers 5% of queries with SERVFAIL.")],
    ),
    Case("names are resolved", "NamesNotResolved", "20m", _dns("0+95x80", "0x80")),
    Case(
        "an exporter is silent",
        "TargetDown",
        "12m",
        {'up{job="kubelet",instance="10.0.0.1:10250",node="node-1"}': "0x60"},
        [
            ExpectedAlert(
                {"job": "kubelet", "instance": "10.0.0.1:10250", "node": "node-1"},
                "10.0.0.1:10250 of the job kubelet has not answered for 10 minutes.",
            )
        ],
    ),
    Case(
        "a task outside the cluster is silent",
        "TargetDown",
        "12m",
        {'up{job="trading-services",instance="task-1"}': "0x60"},
        [
            ExpectedAlert(
                {"job": "trading-services", "instance": "task-1"},
                "task-1 of the job trading-services has not answered for 10 minutes.",
            )
        ],
    ),
    Case("an exporter answers", "TargetDown", "12m", {'up{job="kubelet",instance="node-1"}': "1x60"}),
    Case("an engine is silent, which has an alert of its own", "TargetDown", "12m", {_UP: "0x60"}),
]

_P = 'job="monitoring-prometheus",instance="prometheus"'
_PROMETHEUS = {"job": "monitoring-prometheus", "instance": "prometheus"}
_FAILURES = f'prometheus_rule_evaluation_failures_total{{{_P},rule_group="orders"}}'
_BLOCKS = f"prometheus_tsdb_storage_blocks_bytes{{{_P}}}"
_LIMIT = f"prometheus_tsdb_retention_limit_bytes{{{_P}}}"
_LOADED = f"prometheus_config_last_reload_successful{{{_P}}}"
_MANAGED = 'prometheus_operator_managed_resources{{resource="PrometheusRule",state="{}"}}'
_DISCOVERY = f'prometheus_sd_refresh_failures_total{{{_P},mechanism="ec2",config="c"}}'
_KNOWN = f"prometheus_notifications_alertmanagers_discovered{{{_P}}}"
_DROPPED = f"prometheus_notifications_dropped_total{{{_P}}}"
_FAILED = 'alertmanager_notifications_failed_total{integration="sns",reason="other"}'

_MONITORING = [
    Case(
        "rules fail",
        "RuleEvaluationFails",
        "12m",
        {_FAILURES: "0+1x60"},
        [
            ExpectedAlert(
                {**_PROMETHEUS, "rule_group": "orders"},
                "Rules of orders fail: their alerts cannot fire.",
            )
        ],
    ),
    Case("rules failed once", "RuleEvaluationFails", "12m", {_FAILURES: "0x10 1x60"}),
    Case(
        "metrics take 96 of 100 bytes",
        "MetricsStorageNearlyFull",
        "65m",
        {_BLOCKS: "96x300", _LIMIT: "100x300"},
        [
            ExpectedAlert(
                _PROMETHEUS,
                "Blocks use 96% of the limit: Prometheus will delete the oldest early.",
            )
        ],
    ),
    Case("metrics have room", "MetricsStorageNearlyFull", "65m", {_BLOCKS: "90x300", _LIMIT: "100x300"}),
    Case(
        "a configuration is refused",
        "MonitoringConfigurationRefused",
        "12m",
        {_LOADED: "0x60"},
        [ExpectedAlert(_PROMETHEUS, "prometheus still uses the previous one.")],
    ),
    Case("a configuration is in use", "MonitoringConfigurationRefused", "12m", {_LOADED: "1x60"}),
    Case(
        "the operator rejects two rules",
        "MonitoringResourceRejected",
        "6m",
        {_MANAGED.format("rejected"): "2x40", _MANAGED.format("selected"): "9x40"},
        [
            ExpectedAlert(
                {"resource": "PrometheusRule"},
                "2 objects of PrometheusRule are rejected and have no effect.",
            )
        ],
    ),
    Case("the operator accepts all objects", "MonitoringResourceRejected", "6m", {_MANAGED.format("selected"): "9x40"}),
    Case(
        "EC2 does not answer",
        "TargetsNotDiscovered",
        "25m",
        {_DISCOVERY: "0+1x120"},
        [
            ExpectedAlert(
                {"mechanism": "ec2"},
                "Discovery by ec2 fails: new targets are not scraped.",
            )
        ],
    ),
    Case("EC2 did not answer once", "TargetsNotDiscovered", "25m", {_DISCOVERY: "0x10 1x120"}),
    Case(
        "no Alertmanager is known",
        "AlertmanagerGone",
        "12m",
        {_KNOWN: "0x60", _DROPPED: "0x60"},
        [ExpectedAlert(_PROMETHEUS, "No Alertmanager accepts the alerts of prometheus.")],
    ),
    Case(
        "alerts are dropped",
        "AlertmanagerGone",
        "12m",
        {_KNOWN: "1x60", _DROPPED: "0+1x60"},
        [ExpectedAlert(_PROMETHEUS, "No Alertmanager accepts the alerts of prometheus.")],
    ),
    Case("an Alertmanager accepts alerts", "AlertmanagerGone", "12m", {_KNOWN: "1x60", _DROPPED: "0x60"}),
    Case(
        "SNS refuses",
        "NotificationsFail",
        "12m",
        {_FAILED: "0+1x60"},
        [ExpectedAlert({"integration": "sns"}, "Alertmanager cannot notify by sns.")],
    ),
    Case("SNS accepts all notifications", "NotificationsFail", "12m", {_FAILED: "0x60"}),
]

CASES: tuple[Case, ...] = (*_BUDGET, *_MEASURED, *_ENGINES, *_TRADING, *_SERVICES, *_CLUSTER, *_MONITORING)
