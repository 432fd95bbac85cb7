"""Metrics that AWS publishes by itself, each with the page that documents it.

Alarms and dashboards name metrics of AWS by these alone, as they name the platform's own by `functions.metrics` and
`components.latency.metrics`: a metric that nobody publishes raises no alarm.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AwsMetric:
    """One metric of a service: `unit` is CloudWatch's, `dimensions` are the names under which it is published together,
    `page` is the document and the section that says so."""

    namespace: str
    name: str
    unit: str
    dimensions: tuple[str, ...]
    page: str
