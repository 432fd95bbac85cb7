"""The folders of the project depend on each other in one direction."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

# What each folder may import of the others. A folder that is not named is free, except that none imports the rehearsal.
ALLOWED: dict[str, set[str]] = {
    "aws_facts": set(),
    "aws_emulator": {"aws_facts"},
    "policy": set(),
    # The automatic failover is a function that runs the steps of recovery.
    "functions": {"recovery"},
    "recovery": {"functions"},
    "components": {"aws_facts", "functions", "recovery", "delivery"},
    "command_line": {"recovery"},
    "preflight": {"aws_facts", "blueprint", "command_line", "components", "recovery"},
    "runbook": {"command_line", "components", "functions", "recovery"},
    "blueprint": {"command_line", "components", "recovery"},
}
ROOT = Path(__file__).resolve().parents[1]
TOP = {"rehearsal", "benchmarks", "tests"}
FOLDERS = {*ALLOWED, *TOP, "delivery"}


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.partition(".")[0] for name in names}


def _imports(folder: str) -> set[str]:
    found = {name for path in (ROOT / folder).rglob("*.py") for name in _imported(path)}
    return (found & FOLDERS) - {folder}


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_a_folder_imports_only_those_below_it(folder: str) -> None:
    """Shows that no import goes against the direction that CONTRIBUTING.md describes."""
    assert _imports(folder) <= ALLOWED[folder]


def test_nothing_that_ships_imports_the_rehearsal_the_benchmarks_or_the_tests() -> None:
    """Shows it for the folders without a list of their own, too."""
    for folder in FOLDERS - TOP:
        assert not _imports(folder) & TOP, folder
