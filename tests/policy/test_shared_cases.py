"""Changes of this platform that a reviewer judged, kept beside the checkout; each has the verdict that is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policy.check import evaluate

Json = dict[str, Any]
_FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "policy"
_VERDICTS = _FOLDER / "verdicts.json"


def _cases() -> list[Json]:
    if not _VERDICTS.exists():
        return []
    return [case for case in json.loads(_VERDICTS.read_text(encoding="utf-8")) if case["file"] or case["removed"]]


def _label(case: Json) -> str:
    return str(case["case"]).replace(" ", "-")


if not _cases():
    pytest.skip(f"{_VERDICTS} is not there: these cases lie beside the checkout", allow_module_level=True)


@pytest.fixture(scope="module")
def platform(standing_by: list[Json]) -> dict[str, Json]:
    """The recorded stacks by name."""
    return {blueprint["stack"]: blueprint for blueprint in standing_by}


def _refused(blueprints: list[Json], case: Json, at: set[str] | None) -> list[str]:
    mandatory = str(case["verdict"]).startswith("refuse (mandatory)")
    return [
        f"{violation.rule.id}: {violation.message}"
        for violation in evaluate(blueprints).violations
        if (at is None or violation.urn in at) and (violation.severity == "mandatory" or not mandatory)
    ]


@pytest.mark.parametrize("case", [case for case in _cases() if case["file"]], ids=_label)
def test_the_excerpt_is_judged_as_its_verdict_says(case: Json) -> None:
    excerpt = json.loads((_FOLDER / case["file"]).read_text(encoding="utf-8"))
    assert _refused([excerpt], case, set(case["changed"]))


@pytest.mark.parametrize("case", _cases(), ids=_label)
def test_the_changed_platform_is_judged_as_its_verdict_says(case: Json, platform: dict[str, Json]) -> None:
    base = platform[case["stack"]]
    changed: dict[str, Json] = {}
    if case["file"]:
        excerpt = json.loads((_FOLDER / case["file"]).read_text(encoding="utf-8"))
        changed = {entry["urn"]: entry for entry in excerpt["resources"] if entry["urn"] in case["changed"]}
    kept = [changed.pop(r["urn"], r) for r in base["resources"] if r["urn"] not in case["removed"]]
    stacks = {**platform, case["stack"]: {**base, "resources": [*kept, *changed.values()]}}
    assert _refused([stacks["primary"], stacks["dr"]], case, set(case["changed"]) or None)
