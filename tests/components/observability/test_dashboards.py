"""CloudWatch dashboards."""

from __future__ import annotations

import json
from typing import Any

from blueprint import Blueprint
from components.observability.dashboards.widgets import MOST_ALARMS
from tests.components.observability.pairing import ALARM, COMPOSITE, DASHBOARD, World, region_of, region_of_resource
from tests.golden import Golden

# CloudWatch User Guide, "CloudWatch service quotas": metrics of one graph, and of all graphs of a dashboard.
_MOST_LINES, _MOST_LINES_IN_ALL = 500, 2500
_COLUMNS = 24


def _body(graph: Blueprint, name: str) -> dict[str, Any]:
    return json.loads(graph.one(DASHBOARD, name).properties["dashboardBody"])


def test_dashboards_match_the_golden_files(primary: Blueprint, dr: Blueprint, dr_active: Blueprint, golden: Golden):
    for stack, graph in (("primary", primary), ("dr", dr), ("dr-active", dr_active)):
        bodies = {dashboard.name: _body(graph, dashboard.name) for dashboard in graph.of_type(DASHBOARD)}
        golden.matches(f"dashboards-{stack}", bodies)


def test_widgets_do_not_overlap_and_fit_the_grid(world: World):
    for dashboard in world.stack.of_type(DASHBOARD):
        taken = set[tuple[int, int]]()
        for widget in _body(world.stack, dashboard.name)["widgets"]:
            cells = {
                (x, y)
                for x in range(widget["x"], widget["x"] + widget["width"])
                for y in range(widget["y"], widget["y"] + widget["height"])
            }
            assert not taken & cells, f"{dashboard.name}: a widget covers another"
            assert all(x < _COLUMNS for x, _ in cells)
            taken |= cells


def test_dashboards_stay_within_quotas(world: World):
    for dashboard in world.stack.of_type(DASHBOARD):
        widgets = _body(world.stack, dashboard.name)["widgets"]
        lines = [len(widget["properties"].get("metrics", [])) for widget in widgets]
        assert max(lines) <= _MOST_LINES
        assert sum(lines) <= _MOST_LINES_IN_ALL
        assert all(len(widget["properties"].get("alarms", [])) <= MOST_ALARMS for widget in widgets)


def test_the_health_dashboard_shows_all_alarms_of_its_region(world: World):
    shown = {
        arn for widget in _body(world.stack, "health")["widgets"] for arn in widget["properties"].get("alarms", [])
    }
    region = region_of(world.stack)
    names = {
        *(a.properties["name"] for a in world.stack.of_type(ALARM) if region_of_resource(a, world.stack) == region),
        *(composite.properties["alarmName"] for composite in world.stack.of_type(COMPOSITE)),
    }
    assert shown == {f"arn:aws:cloudwatch:{region}:123456789012:alarm:{name}" for name in names}


def test_the_recovery_dashboard_shows_the_primary(dr: Blueprint, dr_active: Blueprint, primary: Blueprint):
    for graph in (dr, dr_active):
        seen = [
            widget["properties"]["title"]
            for widget in _body(graph, "recovery")["widgets"]
            if widget["properties"].get("region") == region_of(primary)
        ]
        assert {"Orders", "Trading API of the primary", "Latency of order intake"} <= set(seen)


def test_the_recovery_dashboard_shows_the_terms_of_the_recovery_time(dr: Blueprint):
    (text,) = [widget for widget in _body(dr, "recovery")["widgets"] if widget["type"] == "text"]
    budget = dr.outputs["recoveryBudget"]
    assert f"{budget['seconds']:g} of 30 s" in text["properties"]["markdown"]
    for term in budget["terms"]:
        assert f"| {term['name']} | {term['seconds']:g} |" in text["properties"]["markdown"]


def test_percentile_graphs_show_the_alarms_threshold(primary: Blueprint):
    (engines,) = [
        widget["properties"]
        for widget in _body(primary, "trading")["widgets"]
        if widget["properties"]["title"] == "Latency of the engines"
    ]
    assert [line[-1]["stat"] for line in engines["metrics"]] == ["p50", "p99", "p99.9"]
    limit = engines["annotations"]["horizontal"][0]["value"]
    assert limit == primary.one(ALARM, "engine-latency").properties["threshold"]
