"""Each fault, put back into a copy of the recorded platform, is refused by the check that the table names."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws_emulator import server
from blueprint import Blueprint
from tests.aws_emulator.conftest import clients_of
from tests.golden import Golden
from tests.regressions.faults import FAULTS, Fault
from tests.regressions.world import World

DOCS = Path(__file__).parents[2] / "docs"
HEAD = """# Faults that are refused before AWS refuses them

Each row is a fault that AWS answers with a refusal, or accepts and carries out otherwise. A test puts it back into a
copy of the recorded platform, and the named check refuses it. The table is written by
`.venv/bin/python -m pytest -n 0 tests/regressions --update-golden`.

| fault | refused by | it says |
|---|---|---|
"""


@pytest.fixture
def world(primary: Blueprint, dr: Blueprint, in_memory_aws: server.RunningServer) -> World:
    return World(primary, dr, clients_of(in_memory_aws))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.fact)
def test_a_fault_that_comes_back_is_refused(fault: Fault, world: World) -> None:
    """The words of the refusal name the fault."""
    answers = list(fault.reintroduced(world))
    assert any(fault.words in answer for answer in answers), answers


def test_the_documented_table_is_the_one_that_is_tested(golden: Golden) -> None:
    rows = "".join(f"| {fault.fact} | {fault.by} | `{fault.words}` |\n" for fault in FAULTS)
    Golden(golden.update, DOCS).matches_text("refused-faults.md", HEAD + rows)
