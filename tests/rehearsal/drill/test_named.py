"""Drills by name: what they are, and two of them that are short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rehearsal.drill.__main__ import main
from rehearsal.drill.named import NAMED_DRILLS
from rehearsal.drill.service_drill import ServiceDrill
from rehearsal.drill.service_scenarios import SERVICE_SCENARIOS, Way
from rehearsal.drill.testbed import Testbed

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "runbook.md").read_text(encoding="utf-8")


@pytest.mark.rehearsal
@pytest.mark.parametrize("name", ["kinesis-errors", "control-planes"])
def test_a_service_fails_and_the_primary_keeps_its_lease(testbed: Testbed, tmp_path: Path, name: str) -> None:
    """Orders get what docs/runbook.md says, nobody votes, and every order is handled once the service works again."""
    result = ServiceDrill.of(testbed, SERVICE_SCENARIOS[name], tmp_path).play()
    assert result.problems == []
    assert result.accepted > 0
    assert sum(result.counts.values()) > 0
    assert testbed.server.service_failures()["failures"] == [], "the drill ends what it began"


def test_the_page_has_a_row_for_each_drill_and_no_other() -> None:
    """docs/runbook.md says which command shows which row."""
    section = PAGE[PAGE.index("| failure of the primary") : PAGE.index("Public events of AWS")]
    cells = [cell for row in section.splitlines() for cell in row.split(" | ")[-2:-1]]
    shown = {name for cell in cells for name in re.findall(r"`([a-z-]+)`", cell)}
    assert shown == set(NAMED_DRILLS)


def test_a_scenario_says_what_has_to_follow() -> None:
    """A scenario that expects nothing could not fail."""
    for one in SERVICE_SCENARIOS.values():
        for part in one.parts:
            part.at("us-east-1").check()
        if one.way is not Way.FAILOVER_INTO_FAILURE:
            assert one.certain, one.name
            assert one.certain <= one.statuses
        assert bool(one.votes) == (one.way is Way.FAILOVER), one.name


def test_names_are_listed_and_an_unknown_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Bad input ends the command with exit code 2 and the valid names."""
    assert main(["--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in listed] == list(NAMED_DRILLS)
    with pytest.raises(SystemExit) as ended:
        main(["--scenario", "earthquake"])
    assert ended.value.code == 2
    assert "second-disaster" in capsys.readouterr().err
