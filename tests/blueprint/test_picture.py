"""The drawing of a blueprint and the layers behind it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from blueprint import Blueprint
from blueprint.__main__ import app
from blueprint.layers import dependencies, layers, ranks
from blueprint.model import BlueprintError
from blueprint.picture import picture

_SVG = "{http://www.w3.org/2000/svg}"
_COMPONENTS = Path(__file__).parents[2] / "components"


def _texts(document: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(document).iter(f"{_SVG}text")]


def test_every_folder_of_components_is_a_layer_of_the_picture(primary: Blueprint) -> None:
    folders = {folder.name for folder in _COMPONENTS.iterdir() if (folder / "__init__.py").exists()} - {"settings"}
    assert set(layers(primary)) == folders
    assert folders <= set(_texts(picture(primary)))


def test_each_resource_below_a_component_counts_in_exactly_one_layer(primary: Blueprint) -> None:
    counted = Counter(resource.urn for layer in layers(primary).values() for resource in layer.resources)
    placed = {r.urn for r in primary.resources if r.custom and not r.type.startswith("pulumi:providers:")}
    assert set(counted) == placed
    assert set(counted.values()) == {1}


def test_a_layer_stands_above_most_of_what_it_depends_on(primary: Blueprint) -> None:
    edges = dependencies(primary)
    rows = ranks(edges)
    down = sum(count for layer, others in edges.items() for other, count in others.items() if rows[layer] > rows[other])
    assert down / sum(sum(others.values()) for others in edges.values()) > 0.95


def test_ranks_drop_the_weakest_edge_of_a_cycle() -> None:
    edges = {"a": Counter(b=9), "b": Counter(c=5), "c": Counter(a=1)}
    assert ranks(edges) == {"c": 0, "b": 1, "a": 2}


def test_one_layer_shows_its_components_and_every_kind_of_resource(primary: Blueprint) -> None:
    shown = _texts(picture(primary, "events"))
    assert {"streams", "topics", "routing"} <= set(shown)
    assert sum(int(text.split(" × ")[0]) for text in shown if " × " in text) == len(layers(primary)["events"].resources)


def test_an_unknown_layer_is_refused_with_the_known_ones(primary: Blueprint) -> None:
    with pytest.raises(BlueprintError, match=r"--layer = evens: the stack has no such layer; choose one of .*events"):
        picture(primary, "evens")


def test_the_same_blueprint_gives_the_same_bytes(primary: Blueprint) -> None:
    assert picture(primary) == picture(primary)


def test_the_committed_picture_is_current(primary: Blueprint, request: pytest.FixtureRequest) -> None:
    file = Path(__file__).parents[2] / "docs" / "architecture.svg"
    if request.config.getoption("--update-golden"):
        file.write_text(picture(primary), encoding="utf-8")
    assert file.read_text(encoding="utf-8") == picture(primary), "write it anew: pytest tests/blueprint --update-golden"


def test_the_command_refuses_a_layer_without_a_file() -> None:
    shown = CliRunner().invoke(app, ["primary", "--layer", "events"])
    assert shown.exit_code == 2
    assert "Traceback" not in shown.output
