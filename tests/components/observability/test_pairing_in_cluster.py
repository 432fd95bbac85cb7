"""Everything that rules and dashboards name is published by somebody: a query of what nobody publishes is silent, and
silence looks like health."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blueprint import Blueprint
from components.latency import metrics as engines
from components.observability.prometheus import contract
from components.observability.prometheus.exporters import EXPORTER_FAMILIES
from components.observability.prometheus.family import Kind
from tests.components.observability.catalogue import exposed, published, recorded, unpaired, unpaired_target
from tests.components.observability.grafana.boards import boards, panels
from tests.components.observability.prometheus.promql import Selector, read
from tests.components.observability.prometheus.test_rules import groups

# Units of CloudWatch by Grafana's.
UNITS = {"s": {"Seconds"}, "ms": {"Milliseconds"}, "µs": {"Microseconds"}, "short": {"Count", "None"}}


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def _rules(stack: Blueprint) -> list[dict[str, Any]]:
    return [rule for group in groups(stack) for rule in group["rules"]]


def _known(stack: Blueprint) -> dict[str, frozenset[str]]:
    return {**exposed(), **recorded(_rules(stack))}


def test_rules_use_published_series(stack: Blueprint):
    known = _known(stack)
    assert [fault for rule in _rules(stack) for fault in unpaired(rule["expr"], known)] == []


def test_prometheus_panels_use_published_series(stack: Blueprint):
    known, looked_at = _known(stack), 0
    for board in boards(stack):
        for panel in panels(board):
            for target in panel.get("targets", []):
                if "expr" in target:
                    looked_at += 1
                    assert list(unpaired(target["expr"], known)) == [], f"{board['title']}, {panel['title']}"
    assert looked_at >= 25


def test_cloudwatch_panels_use_published_metrics_with_their_unit(stack: Blueprint):
    looked_at = 0
    for board in boards(stack):
        for panel in panels(board):
            for target in panel.get("targets", []):
                if "metricName" in target:
                    looked_at += 1
                    place = f"{board['title']}, {panel['title']}"
                    assert list(unpaired_target(target)) == [], place
                    key = (target["namespace"], target["metricName"], frozenset(target["dimensions"]))
                    assert published()[key].unit in UNITS[panel["fieldConfig"]["defaults"]["unit"]], place
    assert looked_at >= 25


def test_exposed_metrics_are_used(primary: Blueprint):
    """The catalogue of exporters holds what is used, and the engines publish nothing in vain."""
    expressions = [rule["expr"] for rule in _rules(primary)]
    expressions += [t["expr"] for b in boards(primary) for p in panels(b) for t in p.get("targets", []) if "expr" in t]
    used = {selector.name for expression in expressions for selector in read(expression).selectors}
    for family in (*contract.ENGINE_FAMILIES, *contract.SERVICE_FAMILIES, *EXPORTER_FAMILIES):
        assert used & {name for name, _ in family.series()}, f"nothing looks at {family.name}"
    for name in recorded(_rules(primary)):
        assert name in used, f"{name} is recorded for nobody"


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("rate(trading_order_total[5m])", "nobody publishes trading_order_total"),
        ('rate(trading_orders_total{outcom="failed"}[5m])', "has no label outcom"),
        ("sum by (venu) (rate(trading_fills_total[1m]))", "has the label venu"),
        ('rate(trading_order_latency_seconds_bucket{le="0.00101"}[5m])', "has no bound 0.00101"),
        ("trading_order_latency_seconds", "nobody publishes trading_order_latency_seconds"),
        ("1 + 1", "selects nothing"),
    ],
)
def test_a_misspelt_name_label_or_bound_is_found(expression: str, fault: str):
    assert any(fault in found for found in unpaired(expression, exposed()))


@pytest.mark.parametrize(
    "change",
    [
        {"metricName": "OrdersAcepted"},
        {"namespace": "Trading"},
        {"dimensions": {"service": "redrive"}},
        {"dimensions": {"Service": "order_intake"}},
        {"dimensions": {}},
        {"statistic": "p101"},
        {"statistic": "Mean"},
    ],
)
def test_a_cloudwatch_query_without_a_metric_is_found(change: dict[str, Any]):
    right = {
        "namespace": "TradingPlatform",
        "metricName": "OrdersAccepted",
        "dimensions": {"service": "order_intake"},
        "statistic": "Sum",
    }
    assert list(unpaired_target(right)) == []
    assert list(unpaired_target({**right, **change})) != []


def test_expressions_are_read_as_prometheus_reads_them():
    reading = read(
        'histogram_quantile(0.99, sum by (le, operation) (rate(a_bucket{x="1",y=~"2|3"}[1m] offset 5m))) > 1e-3 '
        "and on (instance) (b:c:d == bool 1) or vector(0) unless ignoring(z) sum without (q) (e)"
    )
    assert reading.selectors == (
        Selector("a_bucket", (("x", "=", "1"), ("y", "=~", "2|3"))),
        Selector("b:c:d"),
        Selector("e"),
    )
    assert reading.grouping == {"le", "operation", "instance", "z", "q"}


@pytest.mark.parametrize("expression", ['{job="a"}', "a{", "sum by (x", "a ? b"])
def test_an_unknown_expression_is_an_error(expression: str):
    with pytest.raises(ValueError, match=r"in |of "):
        read(expression)


def test_engine_metrics_exist_in_prometheus_in_base_units():
    told = {family.cloudwatch.name: family for family in contract.ENGINE_FAMILIES if family.cloudwatch}
    assert set(told) == {metric.name for metric in engines.ALL}
    factors = {"Microseconds": ("seconds", 1e-6), "Percent": ("ratio", 0.01), "Count/Second": ("", 1.0)}
    for family in told.values():
        assert family.cloudwatch
        assert (family.unit, family.per_cloudwatch_unit) == factors[family.cloudwatch.unit]


def test_metric_names_follow_prometheus_conventions():
    """Prometheus, "Metric and label naming": the base unit last, `_total` for counters."""
    for family in (*contract.ENGINE_FAMILIES, *contract.SERVICE_FAMILIES):
        if family.kind is Kind.COUNTER:
            assert family.name.endswith("_total")
        elif family.unit:
            assert family.name.endswith(f"_{family.unit}"), family.name
    for family in EXPORTER_FAMILIES:
        assert family.page, f"nobody says who exposes {family.name}"


def test_only_histograms_have_buckets():
    with pytest.raises(ValueError, match="trading_orders_total is a counter"):
        _ = contract.ORDERS.bucket


def test_rules_and_panels_contain_no_references(stack: Blueprint):
    for board in boards(stack):
        assert "${" not in json.dumps(board), "a query would name what Pulumi only knows later"
