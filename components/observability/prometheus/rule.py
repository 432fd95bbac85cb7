"""Rules of Prometheus as data: what is recorded, what raises an alert, and in which group both are evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# The page for whoever is told, in the platform's repository; the anchor is the alert's.
RUNBOOK = "docs/observability.md"


class Severity(StrEnum):
    """How soon somebody has to look: now, or in working hours."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True)
class Recording:
    """A series that is computed once, and read by alerts and dashboards. Its name is `level:metric:operations`
    (Prometheus, "Recording rules")."""

    name: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def manifest(self) -> dict[str, Any]:
        """As Prometheus reads it."""
        return {"record": self.name, "expr": self.expression, **({"labels": dict(self.labels)} if self.labels else {})}


@dataclass(frozen=True)
class Alert:
    """`hold` is how long the expression must be true, in Prometheus' notation, and empty for at once. `summary` is one
    line; `description` may use templates for labels and value."""

    name: str
    expression: str
    severity: Severity
    summary: str
    description: str
    hold: str = ""

    @property
    def runbook(self) -> str:
        """Where the page says what to do."""
        return f"{RUNBOOK}#{self.name.lower()}"

    def manifest(self) -> dict[str, Any]:
        """As Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            **({"for": self.hold} if self.hold else {}),
            "labels": {"severity": self.severity.value},
            "annotations": {"summary": self.summary, "description": self.description, "runbook": self.runbook},
        }


@dataclass(frozen=True)
class Group:
    """Rules that are evaluated one after the other, every `interval`."""

    name: str
    interval: str
    rules: Sequence[Recording | Alert]

    def manifest(self) -> dict[str, Any]:
        """As Prometheus reads it."""
        return {"name": self.name, "interval": self.interval, "rules": [rule.manifest() for rule in self.rules]}

    @property
    def alerts(self) -> list[Alert]:
        """Those of its rules that tell somebody."""
        return [rule for rule in self.rules if isinstance(rule, Alert)]
