"""Widgets of CloudWatch dashboards as data, and the dashboard body in JSON (CloudWatch API Reference, "Dashboard body
structure and syntax")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.observability.series import Series

# A dashboard's grid is 24 units wide.
_COLUMNS = 24
_HEIGHT = 6
# An alarm widget shows at most a hundred alarms.
MOST_ALARMS = 100


@dataclass(frozen=True)
class Line:
    """One line of a graph."""

    series: Series
    statistic: str
    label: str

    def entry(self, period: int, region: str) -> list[Any]:
        """Return the element of `metrics`: namespace, name, dimensions, options."""
        dimensions = [part for pair in self.series.dimensions.items() for part in pair]
        options = {"stat": self.statistic, "label": self.label, "period": period, "region": region}
        return [self.series.namespace, self.series.name, *dimensions, options]


@dataclass(frozen=True)
class Graph:
    """Lines over time in one unit. `region` is None for the dashboard's own region; `limit` is drawn at the alarm's
    threshold; `period` is in seconds."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    region: str | None = None
    limit: float | None = None
    period: int = 60

    def properties(self, region: str) -> dict[str, Any]:
        """Properties of a widget of type `metric`."""
        limit = [{"label": "alarm", "value": self.limit}] if self.limit is not None else []
        where = self.region or region
        return {
            "title": self.title,
            "view": "timeSeries",
            "region": where,
            "metrics": [line.entry(self.period, where) for line in self.lines],
            "period": self.period,
            "yAxis": {"left": {"min": 0, "label": self.unit, "showUnits": False}},
            **({"annotations": {"horizontal": limit}} if limit else {}),
        }

    kind = "metric"


@dataclass(frozen=True)
class Text:
    """A Markdown text."""

    markdown: str
    kind = "text"

    def properties(self, _region: str) -> dict[str, Any]:
        """Properties of a widget of type `text`."""
        return {"markdown": self.markdown}


@dataclass(frozen=True)
class Alarms:
    """States of alarms, by ARN."""

    title: str
    arns: Sequence[pulumi.Input[str]]
    kind = "alarm"

    def properties(self, _region: str) -> dict[str, Any]:
        """Properties of a widget of type `alarm`."""
        return {"title": self.title, "alarms": list(self.arns), "sortBy": "stateUpdatedTimestamp"}


Widget = Graph | Text | Alarms
Rows = Sequence[Sequence[Widget]]


def body(rows: Rows, region: str) -> dict[str, Any]:
    """Return the body of a dashboard; all widgets of a row have the same width."""
    return {"start": "-PT3H", "periodOverride": "inherit", "widgets": list(_positioned_widgets(rows, region))}


def _positioned_widgets(rows: Rows, region: str) -> Iterator[Mapping[str, Any]]:
    for number, row in enumerate(rows):
        width = _COLUMNS // len(row)
        for column, widget in enumerate(row):
            yield {
                "type": widget.kind,
                "x": column * width,
                "y": number * _HEIGHT,
                "width": width,
                "height": _HEIGHT,
                "properties": widget.properties(region),
            }
