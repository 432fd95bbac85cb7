"""Judging mutants: each in a fork of a process that has collected the tests and run them once."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.policy.mutation.applying import apply_code, source_of_file
from tests.policy.mutation.mutants import Mutant
from tests.policy.mutation.observing import Observed, observed
from tests.policy.mutation.running import first_failing, passes

# Tests of the rules that need no recorded platform: recording takes half a minute, and the made-up one has it all.
_EXCLUDED = "when_the_platform_itself_is_broken"
_RECORDED = {"standing_by", "taken_over", "primary_json", "dr", "dr_active", "primary"}
# A mutant that never ends is noticed as well: a test may take so much of the processor, whatever else the machine does.
_SECONDS_LEAST, _TIMES_SLOWER = 5.0, 20.0
_CRASHED, _SURVIVED = -1, -2
"""Verdicts in the place of a test's index: the module cannot be loaded or never ends, and no test fails."""


@dataclass(frozen=True)
class Result:
    """Whether a test noticed the mutant, and in which time."""

    mutant: Mutant
    killed: bool
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        mutant = self.mutant
        place = {"module": mutant.module, "line": mutant.line, "function": mutant.function, "counted": mutant.counted}
        change = {"operator": mutant.operator, "occurrence": mutant.occurrence, "diff": mutant.change()}
        return {**place, **change, "killed": self.killed, "seconds": round(self.seconds, 3)}


@dataclass
class Control:
    """The tests of one module: which of its statements each runs, and how long it takes."""

    statements: dict[Any, frozenset[int]]
    seconds: dict[Any, float]
    killers: Counter[Any] = field(default_factory=Counter)
    """How many mutants each test has killed."""
    failing: set[Any] = field(default_factory=set)
    """Tests that fail without a mutant, since only the module's rules are applied: they are no judges."""

    def of(self, mutant: Mutant) -> list[Any]:
        """The tests that run the mutant's statement: those that killed the most before, then the fastest."""
        found = [
            item
            for item, lines in self.statements.items()
            if item not in self.failing and (not mutant.function or mutant.statement in lines)
        ]
        return sorted(found, key=lambda item: (-self.killers[item], self.seconds[item]))

    def trusted(self, item: Any) -> bool:
        """Whether the test passes without a mutant."""
        if not self.killers[item] and not passes(item):
            self.failing.add(item)
        return item not in self.failing

    def limit(self, item: Any) -> float:
        """Seconds of the processor after which a mutant counts as one that never ends."""
        return _SECONDS_LEAST + _TIMES_SLOWER * self.seconds[item]


class Judge:
    """A plugin of pytest that runs the tests of a module for each of its mutants, in a fork.

    Only the module's own rules are applied meanwhile: a test that judges the whole platform would else apply all.
    """

    def __init__(self, mutants: Sequence[Mutant], seconds: float, log: Path | None, notes: Path) -> None:
        self._mutants = sorted(mutants, key=lambda mutant: mutant.module)
        self._end = time.monotonic() + seconds
        self._log, self._notes = log, notes
        self.results: list[Result] = []
        self.unjudged = 0
        """Mutants left when the time was over."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out tests that need the recorded platform."""
        items[:] = [item for item in items if not _needs_recorded(item)]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The control run of each module, and its mutants."""
        seen = observed(session.items, self._notes)
        for item in session.items:
            # It applies all rules to whole stacks: what they load and keep is there in each fork.
            if item.name.startswith("test_the_platform_satisfies_every_rule"):
                passes(item)
        done = 0
        for module, group in groupby(self._mutants, key=lambda mutant: mutant.module):
            mutants, begun = list(group), time.monotonic()
            apply_only(module)
            control = _control(session.items, seen, module)
            killed = judged = 0
            for mutant in mutants:
                if time.monotonic() > self._end:
                    break
                done += 1
                if (result := self._result(mutant, control)) is not None:
                    judged, killed = judged + 1, killed + result.killed
            seconds = time.monotonic() - begun
            _say(f"{module}: {killed} of {judged} killed by {len(control.seconds)} tests in {seconds:.0f} s")
        self.unjudged = len(self._mutants) - done
        return True

    def _result(self, mutant: Mutant, control: Control) -> Result | None:
        begun = time.monotonic()
        if mutant.code is None:
            return None
        result = Result(mutant, _killed(mutant, control), time.monotonic() - begun)
        self.results.append(result)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(result.as_json()) + "\n")
        return result


def _needs_recorded(item: pytest.Item) -> bool:
    name, _, parameters = item.nodeid.partition("[")
    if _EXCLUDED in name or parameters.removesuffix("]") in _RECORDED:
        return True
    return bool(_RECORDED & set(getattr(item, "fixturenames", ())))


def _say(line: str) -> None:
    # The session's output goes nowhere; the progress goes to the terminal.
    print(line, file=sys.__stdout__, flush=True)


def _control(items: Sequence[pytest.Item], seen: dict[str, Observed], module: str) -> Control:
    control = Control({}, {})
    for item in _concerning(items, module):
        if lines := seen[item.nodeid].statements.get(module):
            control.statements[item], control.seconds[item] = lines, seen[item.nodeid].seconds
    return control


def _killed(mutant: Mutant, control: Control) -> bool:
    """Whether a test fails with the mutant, and passes without."""
    while items := control.of(mutant):
        killer = _killer(mutant, items, [control.limit(item) for item in items])
        if killer == _SURVIVED:
            return False
        if killer == _CRASHED:
            return True
        if control.trusted(items[killer]):
            control.killers[items[killer]] += 1
            return True
    return False


def _killer(mutant: Mutant, items: Sequence[Any], limits: Sequence[float]) -> int:
    """The place of the first test that fails, found in a process of its own, which a test beyond its limit ends."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        killer = _CRASHED
        try:
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                apply_code(mutant.module, compile(mutant.code or "", source_of_file(mutant.module), "exec"))
                index = first_failing(items, limits)
                killer = _SURVIVED if index is None else index
        finally:
            os.write(write, str(killer).encode())
            os._exit(0)
    os.close(write)
    killer = int(os.read(read, 32) or _CRASHED)
    os.close(read)
    os.waitpid(child, 0)
    return killer


def _concerning(items: Sequence[pytest.Item], module: str) -> list[pytest.Item]:
    """Tests that name a rule of the module, and those that name none."""
    from policy.catalogue import RULES as EVERY

    own = {rule.id for rule in EVERY if rule.check.__module__.endswith(f".{module}")}
    others = {rule.id for rule in EVERY} - own

    def named(item: pytest.Item, ids: set[str]) -> bool:
        parameters = item.nodeid.partition("[")[2]
        return any(parameters.startswith(id_) for id_ in ids)

    # A module without rules of its own is called by those of others.
    return [item for item in items if not own or named(item, own) or not named(item, others)]


def apply_only(module: str) -> None:
    """Apply only the rules of a module, wherever all would be."""
    from policy import frameworks
    from policy.rule import Rule

    original = getattr(frameworks.select, "original", frameworks.select)

    def select(rules: Sequence[Rule], names: Any) -> tuple[Rule, ...]:
        chosen = original(rules, names)
        own = tuple(rule for rule in chosen if rule.check.__module__.endswith(f".{module}"))
        return own or chosen

    select.original = original  # type: ignore[attr-defined]
    frameworks.select = select
