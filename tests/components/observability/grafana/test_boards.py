"""Grafana dashboards are valid, complete and reviewed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from blueprint import Blueprint
from blueprint.manifests import releases
from components.observability.grafana.boards import boards as built
from components.observability.grafana.panels import CloudWatchQuery, graph
from components.observability.series import Series
from components.settings import Settings
from tests.components.observability.grafana.boards import boards, config_maps, panels
from tests.golden import Golden

UIDS = ["order-latency", "recovery-readiness", "trading-performance"]


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def _sources(stack: Blueprint) -> dict[str, str]:
    """Data sources of the release, kind by identifier."""
    (values,) = (release["values"] for release in releases(stack) if release["name"] == "monitoring")
    grafana = values["grafana"]
    return {
        grafana["sidecar"]["datasources"]["uid"]: "prometheus",
        **{source["uid"]: source["type"] for source in grafana["additionalDataSources"]},
    }


def test_dashboards_match_the_golden_files(primary: Blueprint, dr: Blueprint, golden: Golden):
    for stack in (primary, dr):
        for board in boards(stack):
            golden.matches(f"dashboards/{board['uid']}-{stack.stack}", board)


def test_the_same_settings_give_the_same_bytes():
    assert built(Settings.parse({})) == built(Settings.parse({}))


def test_dashboards_are_valid_by_their_schema(stack: Blueprint):
    """Read by the SDK's own models and written again, nothing is lost or made up."""
    register_default_plugins()
    assert [board["uid"] for board in boards(stack)] == UIDS
    for board in boards(stack):
        again = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
        assert _filled(again) == _filled(board)
        assert board["schemaVersion"] == 41, "the version that the pinned SDK writes"


def _filled(value: Any) -> Any:
    """Without the empty settings that the models write of a panel which has none."""
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items() if not (key == "custom" and item == {})}
    return [_filled(item) for item in value] if isinstance(value, list) else value


def test_panels_have_unique_numbers_and_positions(stack: Blueprint):
    for board in boards(stack):
        found = panels(board)
        assert len({panel["id"] for panel in found}) == len(found)
        taken: set[tuple[int, int]] = set()
        for panel in found:
            place = panel["gridPos"]
            cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
            assert not cells & taken, f"{panel['title']} covers another panel of {board['title']}"
            assert max(x for x, _ in cells) < 24, f"{panel['title']} stands out of the grid"
            taken |= cells


def test_panels_have_a_description_and_a_known_data_source(stack: Blueprint):
    sources = _sources(stack)
    for board in boards(stack):
        for panel in panels(board):
            assert panel["title"]
            if panel["type"] == "text":
                assert panel["options"]["content"].strip()
                continue
            place = f"{board['title']}, {panel['title']}"
            assert panel["description"], place
            assert panel["targets"], f"{place} asks for nothing"
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]), place
            for target in panel["targets"]:
                for reference in (panel["datasource"], target["datasource"]):
                    assert sources[reference["uid"]] == reference["type"], place
                assert target.get("expr") or target.get("metricName"), f"{place} has an empty query"


def test_the_sidecar_finds_each_dashboard(stack: Blueprint):
    (values,) = (release["values"] for release in releases(stack) if release["name"] == "monitoring")
    sidecar = values["grafana"]["sidecar"]["dashboards"]
    assert sidecar["enabled"] is True
    assert len(config_maps(stack)) == len(UIDS)
    for found in config_maps(stack):
        assert found["metadata"]["labels"] == {sidecar["label"]: sidecar["labelValue"]}
        (name,) = found["data"]
        assert name.endswith(".json")
        # Kubernetes, "ConfigMaps": 1 MiB at most.
        assert len(found["data"][name]) < 2**20


def test_order_latency_shows_the_three_quantiles_the_distribution_and_the_share_that_is_too_slow(primary: Blueprint):
    board = next(board for board in boards(primary) if board["uid"] == "order-latency")
    text = json.dumps(board)
    for quantile in ("0.5", "0.99", "0.999"):
        assert f'quantile=\\\\\\"{quantile}\\\\\\"' in text or f'quantile=\\"{quantile}\\"' in text
    assert "heatmap" in {panel["type"] for panel in panels(board)}
    (share,) = (panel for panel in panels(board) if panel["title"] == "Slower than the objective")
    assert share["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] == 0.01


def test_readiness_panels_read_the_publishing_region_in_both_stacks(primary: Blueprint, dr_active: Blueprint):
    """A lost region cannot be asked: what matters then is in the other."""
    seen = []
    for stack in (primary, dr_active):
        board = next(board for board in boards(stack) if board["uid"] == "recovery-readiness")
        seen.append({(t["metricName"], t["region"]) for p in panels(board) for t in p.get("targets", [])})
    assert seen[0] == seen[1]
    assert ("LeaseStaleFor", "us-west-2") in seen[0]
    assert ("ReplicationLatency", "us-west-2") in seen[0], "S3 publishes it where objects arrive"
    assert ("ReplicaLag", "us-west-2") in seen[0]


def test_a_dimension_that_only_aws_knows_is_refused():
    series = Series("AWS/EC2", "StatusCheckFailed", None, 60, {"InstanceId": None})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="InstanceId is unknown before deployment"):
        graph("Broken", "", "short", [CloudWatchQuery(series, "Sum", "us-east-1", "broken")])
