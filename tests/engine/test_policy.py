"""The policy pack as the engine loads it."""

from __future__ import annotations

import pytest

from blueprint.program import ROOT
from tests.engine.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


def test_a_mandatory_violation_stops_an_update_before_anything_is_made(project: Project) -> None:
    ran = project.run("up", "--yes", "--policy-pack", str(ROOT / "policy"))
    assert ran.code != 0
    assert "mandatory" in ran.said
    assert set(project.state()) <= {"small-dev"}
