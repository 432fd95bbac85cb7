"""What a metric family is: one name under which somebody exposes time series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from components.latency.metrics import Metric


class Kind(StrEnum):
    """Types of families (Prometheus, "Metric types")."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Family:
    """`unit` is the base unit that the name ends with, or empty for what has none; `labels` are those that whoever
    exposes it sets, beside the target's own. `page` documents a family that is not the platform's. `cloudwatch` is the
    metric that says the same in CloudWatch, and `per_cloudwatch_unit` how much of `unit` one of its units is."""

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    help: str
    page: str = ""
    cloudwatch: Metric | None = None
    per_cloudwatch_unit: float = 1.0

    @property
    def bucket(self) -> str:
        """The series of a histogram that count what was at most `le`. Raises `ValueError` for another kind."""
        return self._series("_bucket")

    @property
    def count(self) -> str:
        """The series of a histogram that count everything. Raises `ValueError` for another kind."""
        return self._series("_count")

    def series(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Every name under which it is stored, with the labels of each (Prometheus, "Histograms and summaries")."""
        labels = frozenset(self.labels)
        if self.kind is not Kind.HISTOGRAM:
            yield self.name, labels
            return
        yield f"{self.name}_bucket", labels | {"le"}
        yield f"{self.name}_count", labels
        yield f"{self.name}_sum", labels

    def _series(self, suffix: str) -> str:
        if self.kind is not Kind.HISTOGRAM:
            raise ValueError(f"{self.name} is a {self.kind}, and has no {suffix}")
        return f"{self.name}{suffix}"
