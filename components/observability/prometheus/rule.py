"""Prometheus rules as data: recording rules, alerts and rule groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# Page for operators in the platform's repository; the anchor is the alert's name.
RUNBOOK = "docs/observability.md"


class Severity(StrEnum):
    """Urgency of an alert: immediately, or in working hours."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True)
class Recording:
    """A precomputed series for alerts and dashboards. Its name is `level:metric:operations` (Prometheus, "Recording
    rules")."""

    name: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def manifest(self) -> dict[str, Any]:
        """The rule in Prometheus' syntax."""
        return {"record": self.name, "expr": self.expression, **({"labels": dict(self.labels)} if self.labels else {})}


@dataclass(frozen=True)
class Alert:
    """`hold` is how long the expression must be true, in Prometheus' notation; empty means immediately. `summary` is
    one line; `description` can contain templates for labels and value."""

    name: str
    expression: str
    severity: Severity
    summary: str
    description: str
    hold: str = ""

    @property
    def runbook(self) -> str:
        """Link to the alert's instructions."""
        return f"{RUNBOOK}#{self.name.lower()}"

    def manifest(self) -> dict[str, Any]:
        """The rule in Prometheus' syntax."""
        return {
            "alert": self.name,
            "expr": self.expression,
            **({"for": self.hold} if self.hold else {}),
            "labels": {"severity": self.severity.value},
            "annotations": {"summary": self.summary, "description": self.description, "runbook": self.runbook},
        }


@dataclass(frozen=True)
class Group:
    """Rules that Prometheus evaluates in order, every `interval`."""

    name: str
    interval: str
    rules: Sequence[Recording | Alert]

    def manifest(self) -> dict[str, Any]:
        """The group in Prometheus' syntax."""
        return {"name": self.name, "interval": self.interval, "rules": [rule.manifest() for rule in self.rules]}

    @property
    def alerts(self) -> list[Alert]:
        """The group's alerts, without its recording rules."""
        return [rule for rule in self.rules if isinstance(rule, Alert)]
