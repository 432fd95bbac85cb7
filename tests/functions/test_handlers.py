"""The entries that Lambda calls, with what they log and measure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from benchmarks import order_intake as benchmark
from functions import metrics
from functions.order_intake import handler
from tests.functions.aws import refused
from tests.functions.conftest import LIMIT_ORDER, Platform, event


@dataclass
class Context:
    function_name: str = "order_intake"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:order_intake"
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 3_000


def measured(text: str) -> dict[str, tuple[float, int]]:
    """Value and storage resolution of every metric in the embedded metric format of a log."""
    found: dict[str, tuple[float, int]] = {}
    for line in text.splitlines():
        entry = json.loads(line)
        for directive in entry.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == metrics.NAMESPACE
            assert directive["Dimensions"] == [[metrics.DIMENSION]]
            assert entry[metrics.DIMENSION] == metrics.ORDER_INTAKE
            for metric in directive["Metrics"]:
                (value,) = entry[metric["Name"]]
                found[metric["Name"]] = (value, metric.get("StorageResolution", 60))
    return found


def call(platform: Platform, monkeypatch: pytest.MonkeyPatch, request: dict[str, Any]) -> dict[str, Any]:
    monkeypatch.setattr(handler, "application", lambda: platform.application)
    return handler.handle(request, Context())


def test_an_order_is_measured_to_the_second(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(platform, monkeypatch, event("POST", "/orders", json.dumps(LIMIT_ORDER)))

    assert answer["statusCode"] == 201
    found = measured(capsys.readouterr().out)
    assert found.keys() == {metrics.ORDER_LATENCY.name, metrics.ORDERS_ACCEPTED.name}
    value, resolution = found[metrics.ORDER_LATENCY.name]
    assert value > 0
    assert resolution == metrics.ORDER_LATENCY.resolution == 1, "an alarm on latency needs values of one second"


@pytest.mark.parametrize(
    ("failure", "metric"),
    [
        (refused("ThrottlingException"), metrics.ORDERS_UNAVAILABLE),
        (refused("InternalServerError", 500), metrics.ORDERS_OUTCOME_UNKNOWN),
    ],
)
def test_every_failure_is_counted_by_its_kind_and_logged_without_the_order(
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: Exception,
    metric: metrics.Metric,
) -> None:
    platform.dynamodb.before("put_item", failure)
    call(platform, monkeypatch, event("POST", "/orders", json.dumps(LIMIT_ORDER)))
    text = capsys.readouterr().out

    assert metric.name in measured(text)
    assert LIMIT_ORDER["limit_price"] not in text, "what a customer trades stays out of the log"


def test_a_look_at_the_health_is_not_measured_as_an_order(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(platform, monkeypatch, event("GET", "/health"))["statusCode"] == 200
    assert not measured(capsys.readouterr().out)


def test_no_two_metrics_have_one_name_and_all_are_listed() -> None:
    names = [(metric.service, metric.name) for metric in metrics.ALL]
    assert len(set(names)) == len(names)
    assert metrics.ORDER_LATENCY in metrics.ALL
    assert {metric.resolution for metric in metrics.ALL} <= {1, 60}


def test_the_benchmark_compares_both_handlers_order_by_order() -> None:
    found = benchmark.report(benchmark.measure(orders=20, warm_up=2))
    assert found["orders"] == 20
    assert found["clocks"]["processor"]["ratio"]["p50"] > 0
