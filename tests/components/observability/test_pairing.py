"""Each metric that is used has a publisher."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from blueprint import Blueprint
from blueprint.program import ROOT
from components.latency import metrics as engine_metrics
from components.observability import aws_metrics, log_metrics
from functions import metrics
from tests.components.observability.pairing import FILTER, Use, World, unpaired, uses

# Filters of CloudWatch Logs take no longer pattern (CloudWatch Logs API Reference, PutMetricFilter).
_LONGEST_PATTERN = 1024


def test_each_used_metric_is_published(world: World):
    found = [reason for use in uses(world.stack) if (reason := unpaired(use, world))]
    assert not found, "\n".join(found)


def test_the_cache_has_alarms_if_it_exists(with_cache: Blueprint, dr: Blueprint):
    looked_at = [use for use in uses(with_cache) if use.namespace == "AWS/ElastiCache"]
    assert {use.name for use in looked_at} == {aws_metrics.CACHE_CPU.name, aws_metrics.CACHE_MEMORY.name}
    found = [reason for use in looked_at if (reason := unpaired(use, World(with_cache, dr)))]
    assert not found, "\n".join(found)


def _one(world: World, where: str) -> Use:
    (use,) = [use for use in uses(world.stack) if use.where == where]
    return use


@pytest.mark.parametrize(
    ("where", "wrong", "reason"),
    [
        ("engine-latency", {"name": "EngineLatenzy"}, "nobody publishes"),
        ("engine-latency", {"namespace": "TradingPlatforms"}, "nobody publishes"),
        ("engine-latency", {"unit": "Milliseconds"}, "comes in Microseconds"),
        ("engine-latency", {"dimensions": {"service": "trading-engine"}}, "no service is trading-engine"),
        ("engine-latency", {"dimensions": {}}, "is published under"),
        ("api-latency", {"period": 10}, "comes every 60 s"),
        ("database-cpu", {"statistic": "p99"}, "has no percentiles"),
        ("quarantine-not-empty", {"dimensions": {"QueueName": "trading-primary-quarantined"}}, "no QueueName is"),
        ("nat-1-ports-exhausted", {"dimensions": {"NatGatewayId": "nat-1"}}, "no NatGatewayId is"),
        ("trail-root-used", {"name": "RootUsedd"}, "nobody publishes"),
        # Lambda publishes errors under the function's name alone, and where the function is.
        ("redrive-errors", {"dimensions": {"FunctionName": "trading-dr-observer"}}, "no FunctionName is"),
        (
            "table-orders-throttled/writes_outbox",
            {"dimensions": {"TableName": "trading-orders", "GlobalSecondaryIndexName": "inbox"}},
            "no GlobalSecondaryIndexName is",
        ),
        # Firehose refuses what is put directly, and is late with what it reads from a stream.
        ("orders-archive-behind", {"name": "ThrottledRecords"}, "no DeliveryStreamName is"),
        ("events-archive-throttled", {"name": "KinesisMillisBehindLatest"}, "no DeliveryStreamName is"),
        (
            "database-reader-lag/lag",
            {"dimensions": {"DBInstanceIdentifier": "trading-primary-trade-history"}},
            "no DBIns",
        ),
    ],
)
def test_the_pairing_finds_faults(primary: Blueprint, dr: Blueprint, where: str, wrong: dict, reason: str):
    world = World(primary, dr)
    use = _one(world, where)
    assert unpaired(use, world) is None
    assert reason in (unpaired(replace(use, **wrong), world) or ""), f"{where} with {wrong} is taken for published"


def test_observer_metrics_are_published_only_in_the_recovery_region(primary: Blueprint, dr: Blueprint):
    use = _one(World(dr, primary), "observers-blind")
    assert unpaired(use, World(dr, primary)) is None
    assert "nobody publishes" in (unpaired(replace(use, region="us-east-1"), World(dr, primary)) or "")


def test_each_metric_of_the_catalogue_is_used(primary: Blueprint, dr: Blueprint, with_cache: Blueprint):
    seen = {(use.namespace, use.name) for graph in (primary, dr, with_cache) for use in uses(graph)}
    idle = [f"{m.namespace} {m.name}" for m in aws_metrics.ALL if (m.namespace, m.name) not in seen]
    assert not idle, "the catalogue holds what the platform watches, draws or scales by, and nothing else"


def test_each_metric_of_the_engines_contract_is_used(primary: Blueprint):
    seen = {use.name for use in uses(primary) if use.namespace == engine_metrics.NAMESPACE}
    assert {metric.name for metric in engine_metrics.ALL} <= seen


def test_every_metric_filter_raises_an_alarm(world: World):
    watched = {(use.namespace, use.name) for use in uses(world.stack) if "/" not in use.where}
    for counted in world.stack.of_type(FILTER):
        made = counted.properties["metricTransformation"]
        assert (made["namespace"], made["name"]) in watched, f"{counted.name} is counted for nobody"


def test_patterns_stay_within_the_filter_limit(primary: Blueprint):
    for counted in primary.of_type(FILTER):
        assert len(counted.properties["pattern"]) <= _LONGEST_PATTERN, counted.name


def test_the_trail_has_the_fourteen_signals_of_the_benchmark(primary: Blueprint, dr: Blueprint):
    names = {counted.name for counted in primary.of_type(FILTER)}
    assert len(log_metrics.TRAIL) == 14
    assert {metric.name for metric in log_metrics.TRAIL} <= names
    assert not {metric.name for metric in log_metrics.TRAIL} & {counted.name for counted in dr.of_type(FILTER)}


def _published_by(package: Path) -> set[str]:
    """Constants of `functions.metrics` that a package hands to `metrics.publish`, by itself or through a variable of
    a package that publishes what a variable holds."""
    direct, mentioned, by_variable = set[str](), set[str](), False
    for file in sorted(package.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("metrics.publish", "publish"):
                metric = node.args[1]
                if isinstance(metric, ast.Attribute):
                    direct.add(metric.attr)
                else:
                    by_variable = True
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "metrics":
                mentioned.add(node.attr)
    return direct | (mentioned if by_variable else set())


_CONSTANTS = {name: value for name, value in vars(metrics).items() if isinstance(value, metrics.Metric)}


@pytest.mark.parametrize("constant", sorted(_CONSTANTS))
def test_every_metric_of_a_function_is_published_by_its_own_code(constant: str):
    service = _CONSTANTS[constant].service
    assert constant in _published_by(ROOT / "functions" / service), f"{service} never publishes {constant}"


def test_a_metric_that_a_package_does_not_publish_is_found(tmp_path: Path):
    (tmp_path / "handler.py").write_text(
        "from functions import metrics\nmetrics.publish(sink, metrics.OBSERVATIONS, 1)\nlimit = metrics.DIFFERENCES\n"
    )
    assert _published_by(tmp_path) == {"OBSERVATIONS"}
