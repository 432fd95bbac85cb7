"""Definition of a metric family: one name with its time series."""

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
    """`unit` is the base unit in which the name ends, or empty. `labels` are set by the process that exposes the
    family, in addition to the target's labels. `page` documents a third-party family. `cloudwatch` is the equivalent
    metric in CloudWatch, and `per_cloudwatch_unit` converts one of its units to `unit`."""

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
        """The histogram's series of cumulative counts up to the bound `le`. Raises `ValueError` for another kind."""
        return self._series("_bucket")

    @property
    def count(self) -> str:
        """The histogram's series of the total count. Raises `ValueError` for another kind."""
        return self._series("_count")

    def series(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Names of all stored series, with the labels of each (Prometheus, "Histograms and summaries")."""
        labels = frozenset(self.labels)
        if self.kind is not Kind.HISTOGRAM:
            yield self.name, labels
            return
        yield f"{self.name}_bucket", labels | {"le"}
        yield f"{self.name}_count", labels
        yield f"{self.name}_sum", labels

    def _series(self, suffix: str) -> str:
        if self.kind is not Kind.HISTOGRAM:
            raise ValueError(f"{self.name} is a {self.kind} and has no {suffix} series")
        return f"{self.name}{suffix}"
