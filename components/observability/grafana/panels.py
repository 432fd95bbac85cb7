"""Panels in the platform's style: one data source each, a unit, a position by order, and queries from the metric
catalogues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import cloudwatch, common, dashboard, heatmap, prometheus, stat, text, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as dashboard_models
from grafana_foundation_sdk.models import heatmap as heatmap_models
from grafana_foundation_sdk.models.cloudwatch import CloudWatchQueryMode, MetricEditorMode, MetricQueryType
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from grafana_foundation_sdk.models.text import TextMode

from components.observability.grafana.sources import CLOUDWATCH, PROMETHEUS, Source
from components.observability.series import Series

# Columns of Grafana's grid, of 24, and rows of one panel.
HALF, WHOLE, THIRD, QUARTER = 12, 24, 8, 6
_HEIGHT, _SHORT = 8, 4
_TAG = "trading-platform"


@dataclass(frozen=True)
class Query:
    """One query of a panel in PromQL, with the legend as a Grafana template."""

    expression: str
    legend: str
    buckets: bool = False


@dataclass(frozen=True)
class CloudWatchQuery:
    """A CloudWatch metric of one region; the value `*` matches any value of a dimension."""

    series: Series
    statistic: str
    region: str
    legend: str


Queries = Sequence[Query] | Sequence[CloudWatchQuery]


def graph(title: str, description: str, unit: str, queries: Queries, above: float | None = None) -> timeseries.Panel:
    """Lines over time. `above` is a threshold in the panel's unit, drawn as a line."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(_reference(_source(queries)))
        .unit(unit)
        .min(0)
        .span(HALF)
        .height(_HEIGHT)
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
    )
    if above is not None:
        panel = panel.thresholds(_threshold(above)).thresholds_style(
            common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.LINE)
        )
    for number, query in enumerate(queries):
        panel = panel.with_target(_target(query, number))
    return panel


def figure(title: str, description: str, unit: str, queries: Queries, above: float | None = None) -> stat.Panel:
    """The newest value, red above the threshold `above`."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(_reference(_source(queries)))
        .unit(unit)
        .span(QUARTER)
        .height(_SHORT)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    if above is not None:
        panel = panel.thresholds(_threshold(above))
    for number, query in enumerate(queries):
        panel = panel.with_target(_target(query, number))
    return panel


def density(title: str, description: str, unit: str, query: Query) -> heatmap.Panel:
    """A heatmap of a histogram's buckets over time."""
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(_reference(PROMETHEUS))
        .span(WHOLE)
        .height(_HEIGHT)
        .calculate(False)
        .rows_frame(heatmap.RowsHeatmapOptions().layout(common_models.HeatmapCellLayout.LE))
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .color(
            heatmap.HeatmapColorOptions()
            .mode(heatmap_models.HeatmapColorMode.SCHEME)
            .scheme("Oranges")
            .scale(heatmap_models.HeatmapColorScale.EXPONENTIAL)
            .exponent(0.5)
            .steps(64)
        )
        .with_target(_target(query, 0))
    )


def note(title: str, markdown: str, columns: int = HALF) -> text.Panel:
    """A Markdown text beside the panels."""
    return text.Panel().title(title).mode(TextMode.MARKDOWN).content(markdown).span(columns).height(_HEIGHT)


def board(uid: str, title: str, description: str, refresh: str, window: str) -> dashboard.Dashboard:
    """An empty dashboard that shows the last `window`."""
    return (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([_TAG])
        .readonly()
        .timezone("utc")
        .time(f"now-{window}", "now")
        .refresh(refresh)
        .tooltip(dashboard_models.DashboardCursorSync.CROSSHAIR)
    )


def _source(queries: Queries) -> Source:
    (source,) = {CLOUDWATCH if isinstance(query, CloudWatchQuery) else PROMETHEUS for query in queries}
    return source


def _reference(source: Source) -> dashboard_models.DataSourceRef:
    return dashboard_models.DataSourceRef(type_val=source.kind, uid=source.uid)


def _threshold(above: float) -> dashboard.ThresholdsConfig:
    return (
        dashboard.ThresholdsConfig()
        .mode(dashboard_models.ThresholdsMode.ABSOLUTE)
        .steps(
            [
                dashboard_models.Threshold(color="green", value=None),
                dashboard_models.Threshold(color="red", value=above),
            ]
        )
    )


def _target(query: Query | CloudWatchQuery, number: int) -> prometheus.Dataquery | cloudwatch.CloudWatchMetricsQuery:
    letter = chr(ord("A") + number)
    if isinstance(query, CloudWatchQuery):
        return (
            cloudwatch.CloudWatchMetricsQuery()
            .ref_id(letter)
            .datasource(_reference(CLOUDWATCH))
            .query_mode(CloudWatchQueryMode.METRICS)
            .metric_query_type(MetricQueryType.SEARCH)
            .metric_editor_mode(MetricEditorMode.BUILDER)
            .region(query.region)
            .namespace(query.series.namespace)
            .metric_name(query.series.name)
            .statistic(query.statistic)
            .dimensions(_dimension_values(query.series))
            # With every dimension named, no other metric of that name matches.
            .match_exact(True)
            .label(query.legend)
            .id(f"q{letter.lower()}")
        )
    target = (
        prometheus.Dataquery()
        .ref_id(letter)
        .datasource(_reference(PROMETHEUS))
        .expr(query.expression)
        .legend_format(query.legend)
        .range()
    )
    return target.format(PromQueryFormat.HEATMAP) if query.buckets else target


def _dimension_values(series: Series) -> dict[str, str | list[str]]:
    """Return the dimensions as text. Raises `TypeError` for a value that only AWS knows, because dashboards are created
    before resources exist."""
    written: dict[str, str | list[str]] = {}
    for name, value in series.dimensions.items():
        if not isinstance(value, str):
            raise TypeError(
                f"{series.namespace} {series.name}: {name} is unknown before deployment; use a computed name or *"
            )
        written[name] = value
    return written
