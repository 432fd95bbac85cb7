"""Rules that match no event, and alarms that watch no metric: neither says that it is deaf."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from blueprint import Blueprint, Resource
from blueprint.references import references_in
from components.latency import metrics as engine_metrics
from components.observability import aws_metrics
from functions import metrics as function_metrics
from tests.permissions.documents import listed
from tests.reachability.arns import arn, resolved
from tests.reachability.event_data import EVENTS, EXPECTED, OWN_SOURCES, OWN_TYPES, Event, known
from tests.reachability.selectors import here

RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
ALARM, FILTER = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/logMetricFilter:LogMetricFilter"
_OWN_FIELDS = frozenset({"venue", "instrumentClass"})


def deaf_rules(stack: Blueprint) -> Iterator[str]:
    """Rules that no event matches or that have no target, and services that nobody listens to."""
    heard: set[tuple[str, str]] = set()
    targeted = {str(each.properties["rule"]) for each in here(stack, TARGET)}
    rules = list(here(stack, RULE))
    for rule in rules:
        name = str(rule.properties.get("name"))
        if rule.properties.get("state", "ENABLED") == "DISABLED" or rule.properties.get("isEnabled") is False:
            yield f"{rule.name}: is disabled"
            continue
        if name not in targeted and f"${{{RULE}::{rule.name}#name}}" not in targeted:
            yield f"{rule.name}: has no target"
        if rule.properties.get("eventPattern"):
            pattern = json.loads(resolved(stack, rule.properties["eventPattern"]))
            found = list(_unmatched(stack, rule, pattern))
            yield from (f"{rule.name}: {each}" for each in found)
            if not found:
                heard |= {(s, t) for s in _texts(pattern.get("source")) for t in _texts(pattern.get("detail-type"))}
    names = {str(each.properties.get("name")) for each in rules}
    for target in sorted(targeted - names):
        if "${" not in target:
            yield f"{target}: a target's rule is not declared"
    declared = {each.name for each in rules}
    for permission in here(stack, "aws:lambda/permission:Permission"):
        for reference in references_in(permission.properties.get("sourceArn")):
            if reference.type == RULE and reference.name not in declared:
                yield f"{permission.name}: the rule {reference.name} that runs the function is not declared"
    for type_, event in EXPECTED.items():
        if any(here(stack, type_)) and event not in heard:
            yield f"{type_}: no rule listens to {event[1]} of {event[0]}"


def _texts(values: Any) -> list[str]:
    return [each for each in listed(values) if isinstance(each, str)]


def _unmatched(stack: Blueprint, rule: Resource, pattern: Mapping[str, Any]) -> Iterator[str]:
    """Why no event matches a pattern."""
    custom = rule.properties.get("eventBusName", "default") != "default"
    for source in listed(pattern.get("source")):
        prefix = source if isinstance(source, str) else str(source.get("prefix", ""))
        if prefix.startswith(OWN_SOURCES):
            if not custom:
                yield f"events of {prefix} are put on the platform's own bus, and this is the default one"
            yield from _of_platform(pattern)
        elif custom:
            yield f"events of {prefix} arrive on the default bus alone"
        elif not isinstance(source, str) or not any(source == each for each, _ in EVENTS):
            yield f"no known service sends events as {prefix}"
        else:
            for type_ in listed(pattern.get("detail-type")):
                event = EVENTS.get((source, str(type_)))
                if event is None:
                    yield f"{source} sends no {type_}"
                else:
                    yield from _of_service(stack, event, pattern)


def _of_platform(pattern: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"nobody puts {each}" for each in _texts(pattern.get("detail-type")) if each not in OWN_TYPES)
    for path, _ in _leaves(pattern.get("detail", {})):
        if path not in _OWN_FIELDS:
            yield f"the detail of the platform's events has no {path}"


def _of_service(stack: Blueprint, event: Event, pattern: Mapping[str, Any]) -> Iterator[str]:
    for path, values in _leaves(pattern.get("detail", {})):
        allowed = event.fields.get(path)
        if path not in event.fields:
            yield f"the detail of these events has no {path}"
        elif allowed is not None:
            yield from (f"{path} is never {each}" for each in values if known(each) and each not in allowed)
        if path in event.declared:
            type_, key = event.declared[path]
            names = {arn(stack, each) if key == "arn" else each.properties.get(key) for each in here(stack, type_)}
            yield from (f"{path}: no {type_} is {each}" for each in values if known(each) and each not in names)
    if pattern.get("resources"):
        own = {arn(stack, each) for each in stack.resources if each.type.startswith(event.resources or "aws:")}
        yield from (f"nothing that is declared is {each}" for each in _texts(pattern["resources"]) if each not in own)


def _leaves(detail: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Paths of a pattern's detail, with the values that match."""
    for key, value in detail.items():
        if key == "$or":
            for each in value:
                yield from _leaves(each, path)
        elif isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", listed(value)


def blind_alarms(stack: Blueprint) -> Iterator[str]:
    """Alarms on a metric that nobody publishes, or under dimensions under which it is not published. The catalogue of
    AWS's metrics names the page of each; metrics of logs need their filter, the platform's own need a function or the
    engines."""
    of_aws = {(each.namespace, each.name, frozenset(each.dimensions)) for each in _catalogue()}
    filters = {
        (
            str(each.properties["metricTransformation"]["namespace"]),
            str(each.properties["metricTransformation"]["name"]),
        )
        for each in here(stack, FILTER)
    }
    own = {
        (each.namespace, each.name, each.dimensions.get(function_metrics.DIMENSION, ""))
        for each in function_metrics.ALL
    }
    own |= {
        (engine_metrics.NAMESPACE, each.name, engine_metrics.SERVICE)
        for each in vars(engine_metrics).values()
        if isinstance(each, engine_metrics.Metric)
    }
    for alarm in here(stack, ALARM):
        for metric in _metrics(alarm.properties):
            namespace, name = str(metric["namespace"]), str(metric["metricName"])
            dimensions = metric.get("dimensions") or {}
            if namespace.startswith(("AWS/", "ECS/")):
                fine = (namespace, name, frozenset(dimensions)) in of_aws
            elif dimensions:
                fine = (namespace, name, str(dimensions.get(function_metrics.DIMENSION))) in own and len(
                    dimensions
                ) == 1
            else:
                fine = (namespace, name) in filters
            if not fine:
                yield f"{alarm.name}: nobody publishes {namespace} {name} by {sorted(dimensions)}"


def _catalogue() -> Iterator[aws_metrics.AwsMetric]:
    yield from (each for each in vars(aws_metrics).values() if isinstance(each, aws_metrics.AwsMetric))


def _metrics(properties: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An alarm's metric, or each metric of its expression."""
    for metric in [properties, *(each["metric"] for each in properties.get("metricQueries", []) if each.get("metric"))]:
        if metric.get("namespace"):
            yield metric
