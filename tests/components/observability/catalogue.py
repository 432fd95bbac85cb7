"""What is published, and by whom: every name that a rule, a panel or a query may use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.latency import metrics as engines
from components.observability import aws_metrics
from components.observability.buckets import LATENCY_BUCKETS, in_seconds
from components.observability.prometheus.contract import ENGINE_FAMILIES, SERVICE_FAMILIES, TARGET_LABELS
from components.observability.prometheus.exporters import EXPORTER_FAMILIES
from functions import metrics as functions
from tests.components.observability.prometheus.promql import read

# Prometheus, "Jobs and instances": what every target has.
EVERY_TARGET = frozenset({"job", "instance", *TARGET_LABELS})
BOUNDS = frozenset(in_seconds(bound) for bound in LATENCY_BUCKETS)
_STATISTIC = re.compile(r"Average|Sum|Minimum|Maximum|SampleCount")
_PERCENTILE = re.compile(r"p\d{1,2}(\.\d+)?")


def exposed() -> dict[str, frozenset[str]]:
    """Series that are scraped, with the labels of each."""
    families = (*ENGINE_FAMILIES, *SERVICE_FAMILIES, *EXPORTER_FAMILIES)
    return {name: labels | EVERY_TARGET for family in families for name, labels in family.series()}


def recorded(rules: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Series that rules record, with the labels that they keep."""
    return {
        rule["record"]: (read(rule["expr"]).grouping - {"le"}) | frozenset(rule.get("labels", {}))
        for rule in rules
        if "record" in rule
    }


def unpaired(expression: str, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """What an expression asks for and nobody publishes."""
    reading = read(expression)
    if not reading.selectors:
        yield f"{expression!r} selects nothing"
    for selector in reading.selectors:
        if selector.name not in known:
            yield f"nobody publishes {selector.name}"
            continue
        for label, operator, value in selector.matchers:
            if label not in known[selector.name]:
                yield f"{selector.name} has no label {label}"
            if label == "le" and (operator != "=" or value not in BOUNDS):
                yield f"{selector.name} has no bound {value}"
    labels = frozenset().union(*(known.get(selector.name, frozenset()) for selector in reading.selectors))
    for label in reading.grouping - labels:
        yield f"nothing in {expression!r} has the label {label}"


@dataclass(frozen=True)
class Published:
    """A metric of CloudWatch: under which dimensions, and whether percentiles of it can be taken."""

    unit: str
    dimensions: frozenset[str]
    percentiles: bool


def published() -> dict[tuple[str, str, frozenset[str]], Published]:
    """By namespace, name and dimensions."""
    own = [
        (m.namespace, m.name, Published(m.unit, frozenset(m.dimensions), True)) for m in (*functions.ALL, *engines.ALL)
    ]
    of_aws = [(m.namespace, m.name, Published(m.unit, frozenset(m.dimensions), m.percentiles)) for m in aws_metrics.ALL]
    return {(namespace, name, found.dimensions): found for namespace, name, found in (*own, *of_aws)}


def unpaired_target(target: Mapping[str, Any]) -> Iterator[str]:
    """What a query of CloudWatch asks for and nobody publishes."""
    key = (target["namespace"], target["metricName"], frozenset(target["dimensions"]))
    found = published().get(key)
    if found is None:
        yield f"nobody publishes {key[0]} {key[1]} under {sorted(key[2])}"
        return
    if key[0] == functions.NAMESPACE:
        services = {m.service for m in functions.ALL if m.name == key[1]} | {
            engines.SERVICE for m in engines.ALL if m.name == key[1]
        }
        if target["dimensions"]["service"] not in services:
            yield f"{target['dimensions']['service']} does not publish {key[1]}"
    statistic = target["statistic"]
    if not _STATISTIC.fullmatch(statistic) and not (found.percentiles and _PERCENTILE.fullmatch(statistic)):
        yield f"{key[1]} has no {statistic}"
