"""The program is evaluated in a process of its own."""

from __future__ import annotations

import os
from multiprocessing import active_children
from pathlib import Path

import pytest

from blueprint import Blueprint
from rehearsal import __main__ as command
from rehearsal.engines.choice import EngineKind
from rehearsal.session import Session
from rehearsal.stacks import Program
from tests.rehearsal.test_failures import processes_of


def test_a_child_process_declares_the_same_resources(primary: Blueprint) -> None:
    with Program() as program:
        assert program.loaded() > 0
        declared = program.primary("123456789012")
        told = program.peak_memory_mb()
        # A signal to the whole group ends it; the report is written all the same.
        (process,) = (child for child in active_children() if child.name.startswith("Spawn"))
        process.kill()
        process.join()
        assert program.peak_memory_mb() == told > 0
    assert {resource.urn for resource in declared.blueprint.resources} == {r.urn for r in primary.resources}
    assert declared.evaluated_in > 0


def test_a_program_that_fails_to_load_leaves_no_server_or_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Program) -> float:
        raise ImportError("components.platform is broken")

    monkeypatch.setattr(Program, "loaded", broken)
    with pytest.raises(ImportError):
        command.app(["up", "--keep", "--engine", EngineKind.TERRAFORM.value, "--build", str(tmp_path / "b")])
    assert Session.read(tmp_path / "b") is None
    assert [line for line in processes_of(tmp_path) if str(os.getpid()) not in line] == []
