"""Which statements of the rules each test runs, and how long it takes.

One run of all tests, in a fork whose rules note their statements. The notes are kept in a file, so that only the tests
of changed files are run again while the rules and the tests' helpers stay the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.policy.mutation.applying import note_statements
from tests.policy.mutation.mutants import modules
from tests.policy.mutation.running import passes

_ROOT = Path(__file__).resolve().parents[3]
_TESTS = _ROOT / "tests" / "policy"


@dataclass(frozen=True)
class Observed:
    """Statements, by module, that a test runs, and its seconds."""

    statements: dict[str, frozenset[int]]
    seconds: float


def observed(items: Sequence[pytest.Item], notes: Path) -> dict[str, Observed]:
    """What each test runs, by node id, from the notes where they are still true."""
    keys = _keys(items)
    kept: dict[str, Any] = json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else {}
    known = {
        node: row for file, (key, rows) in kept.items() if keys.get(file) == key for node, row in rows.items()
    }  # fmt: skip
    wanted = [item for item in items if item.nodeid not in known]
    if wanted:
        print(f"observing {len(wanted)} tests", flush=True)
        known |= _run(wanted, notes.with_suffix(".part"))
        files: dict[str, tuple[str, dict[str, Any]]] = {}
        for item in items:
            file = item.nodeid.partition("::")[0]
            files.setdefault(file, (keys[file], {}))[1][item.nodeid] = known[item.nodeid]
        notes.parent.mkdir(parents=True, exist_ok=True)
        notes.write_text(json.dumps(files), encoding="utf-8")
    return {
        item.nodeid: Observed(
            {module: frozenset(lines) for module, lines in known[item.nodeid]["statements"].items()},
            known[item.nodeid]["seconds"],
        )
        for item in items
    }


def _run(items: Sequence[pytest.Item], result: Path) -> dict[str, Any]:
    result.parent.mkdir(parents=True, exist_ok=True)
    child = os.fork()
    if child == 0:
        try:
            result.write_text(json.dumps(_noted(items)), encoding="utf-8")
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError("the run that notes the statements has failed")
    return json.loads(result.read_text(encoding="utf-8"))


def _noted(items: Sequence[pytest.Item]) -> dict[str, Any]:
    hits: set[tuple[str, int]] = set()
    note_statements(modules([]), hits.add)
    rows: dict[str, Any] = {}
    for item in items:
        hits.clear()
        begun = time.process_time()
        passes(item)
        found: dict[str, list[int]] = defaultdict(list)
        for module, line in sorted(hits):
            found[module].append(line)
        rows[item.nodeid] = {"statements": found, "seconds": round(time.process_time() - begun, 4)}
    return rows


def _keys(items: Sequence[pytest.Item]) -> dict[str, str]:
    """For each file of tests what the notes depend on: the file itself, the rules, and the helpers of tests."""
    common = hashlib.sha256()
    helpers = [*(_ROOT / "policy").rglob("*.py"), *(p for p in _TESTS.glob("*.py") if not p.name.startswith("test_"))]
    for path in sorted([*helpers, _TESTS / "test_variants.py"]):
        common.update(path.name.encode() + path.read_bytes())
    files = {item.nodeid.partition("::")[0] for item in items}
    return {file: hashlib.sha256(common.digest() + (_ROOT / file).read_bytes()).hexdigest() for file in files}
