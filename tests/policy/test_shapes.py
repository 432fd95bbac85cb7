"""Whatever stands where a rule looks, known or not, well formed or not: it is judged, or said to be beyond judging."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from policy.blueprint import stack_of
from policy.catalogue import BY_ID, RULES
from policy.check import judge
from policy.configuration import settings
from policy.formats import Format, write
from policy.values import UNKNOWN_TEXT
from tests.policy.judging import configured, evaluate

Json = dict[str, Any]
Path = tuple[str | int, ...]
_MISSHAPEN = ("x", {"a": 1.0}, [UNKNOWN_TEXT])


def _paths(value: Any, at: Path = ()) -> Iterator[Path]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield (*at, key)
        yield from _paths(item, (*at, key))


def _with(blueprint: Json, index: int, path: Path, value: Any) -> Json:
    resources = list(blueprint["resources"])
    resources[index] = copy.deepcopy(resources[index])
    container = resources[index]["properties"]
    for key in path[:-1]:
        container = container[key]
    container[path[-1]] = value
    return {**blueprint, "resources": resources}


def _places(blueprint: Json) -> list[tuple[int, Path]]:
    return [(index, path) for index, entry in enumerate(blueprint["resources"]) for path in _paths(entry["properties"])]


@pytest.mark.parametrize("stack", [0, 1], ids=["primary", "recovery"])
def test_whatever_is_not_known_accuses_nobody(made: list[Json], stack: int) -> None:
    """Each property of the made-up platform in turn, at any depth."""
    accused = []
    for index, path in _places(made[stack]):
        blueprints = list(made)
        blueprints[stack] = _with(made[stack], index, path, UNKNOWN_TEXT)
        for violation in evaluate(blueprints).violations:
            accused.append(f"{violation.rule.id}: {blueprints[stack]['resources'][index]['name']} {path}")
    assert not accused


@pytest.mark.parametrize("stack", [0, 1], ids=["primary", "recovery"])
def test_no_rule_breaks_down_at_a_property_of_another_form(made: list[Json], stack: int) -> None:
    for index, path in _places(made[stack]):
        for value in _MISSHAPEN:
            blueprints = list(made)
            blueprints[stack] = _with(made[stack], index, path, value)
            evaluate(blueprints)


def test_a_property_of_another_form_refuses_the_plan(made: list[Json]) -> None:
    (index,) = [i for i, r in enumerate(made[0]["resources"]) if r["type"].endswith(":Pipeline")]
    report = evaluate([_with(made[0], index, ("stages",), [3])], rules=[BY_ID["pipeline-approval"]])
    (entry,) = report.not_evaluated
    assert "form" in entry.reason
    assert report.failures() == 1


@pytest.mark.parametrize("form", Format)
def test_a_report_is_written_of_a_stack_whose_urns_are_none(form: Format) -> None:
    entry = {"urn": "x", "type": "aws:ec2/vpc:Vpc", "name": "vpc", "custom": True, "properties": {}}
    report = judge([stack_of({"stack": "primary", "resources": [entry]}, "here")], settings(RULES, configured()))
    assert report.violations
    assert "x" in write(report, form)
