"""The policy pack as the engine loads it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from blueprint.program import ROOT
from tests.engine.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PACK = ("--policy-pack", str(ROOT / "policy"))


def test_a_mandatory_violation_stops_an_update_before_anything_is_made(project: Project) -> None:
    """The update fails, and no resource of AWS is in the state."""
    ran = project.run("up", "--yes", *PACK)
    assert ran.code != 0
    assert "mandatory" in ran.said
    assert set(project.state()) <= {"small-dev"}


def test_a_configuration_sets_the_level_of_each_rule(project: Project, tmp_path: Path) -> None:
    """Rules that a configuration makes advisory are shown and refuse nothing; all others keep their level."""
    said = project.run("preview", *PACK).said
    broken = set(re.findall(r"\[mandatory\](?: \[[^]]*\])*\s+([a-z0-9-]+)", said))
    assert broken, said
    levels = tmp_path / "levels.json"
    levels.write_text(json.dumps(dict.fromkeys(broken, "advisory")))
    ran = project.run("preview", *PACK, "--policy-pack-config", str(levels))
    assert ran.code == 0, ran.said
    assert "[mandatory" not in ran.said
    for rule in broken:
        assert rule in ran.said
