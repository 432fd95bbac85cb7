"""Mutation testing of the rules: `python -m tests.policy.mutants [--sample N] [--seed S] [--seconds S] [MODULE...]`.

Mutants are made by the operators of Cosmic Ray, and each is judged in a fork of this process by the rules' own tests:
pytest collects once, a first run of each module notes which test calls which of its functions, and a mutant is judged
only by the tests that call the function it is in, the fastest first, until one fails. Nothing is written to the
sources.

A survivor is a mutant that no test notices. Exits with 1 when fewer than `--least` percent are killed.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import importlib.util
import io
import json
import os
import random
import re
import select
import signal
import sys
import time
import types
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "policy" / "rules"
TESTS = ROOT / "tests" / "policy"
# Tests of the rules that need no recorded platform: recording takes half a minute, and the made-up one has it all.
_EXCLUDED = ("standing_by", "taken_over", "when_the_platform_itself_is_broken", "breaks_down", "accuses_nobody")
# Tests of the command, of forms and of the engine are no tests of rules.
_OTHERS = ("adoption", "check", "engine", "forms", "inputs", "served", "shapes")
# A mutant that never ends is noticed as well. A busy machine runs the same tests several times slower.
_SECONDS_LEAST, _TIMES_SLOWER = 30.0, 20.0
# A type annotation decides nothing, and these binary operators make no sense between the values of rules.
_SKIPPED = ("RShift", "LShift", "BitXor", "FloorDiv", "Pow", "Mod", "VariableReplacer", "VariableInserter", "NoOp")
# Whether equal texts or numbers are one object is the interpreter's choice: such a mutant has no fixed verdict.
_IDENTITY = re.compile(r"Operator_(Eq|NotEq|Lt|LtE|Gt|GtE)_(Is|IsNot)$")


Key = tuple[str, str, int]


@dataclass
class Mutant:
    """One changed module: the operator is applied at its `occurrence`-th place."""

    module: str
    operator: str
    occurrence: int
    line: int
    function: str

    @property
    def key(self) -> Key:
        """What finds the mutant again while the code of its module stays the same."""
        return self.module, self.operator, self.occurrence

    @cached_property
    def code(self) -> str | None:
        """The source of the changed module, None where the operator changes nothing."""
        from cosmic_ray import plugins
        from cosmic_ray.mutating import mutate_code

        source = (RULES / f"{self.module}.py").read_text(encoding="utf-8")
        code = mutate_code(source, plugins.get_operator(f"core/{self.operator}")(), self.occurrence)
        return code if code != source else None

    def change(self) -> list[str]:
        """The lines that the mutant takes away and adds."""
        source = (RULES / f"{self.module}.py").read_text(encoding="utf-8").splitlines()
        lines = difflib.unified_diff(source, (self.code or "").splitlines(), lineterm="", n=0)
        return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


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
        place = {"module": mutant.module, "line": mutant.line, "function": mutant.function}
        change = {"operator": mutant.operator, "occurrence": mutant.occurrence, "diff": mutant.change()}
        return {**place, **change, "killed": self.killed, "seconds": round(self.seconds, 3)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge a sample of mutants and print the kill rate and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="modules of policy.rules; all where none is named")
    parser.add_argument("--sample", type=int, default=300, help="mutants to judge; 0 for all")
    parser.add_argument("--seed", type=int, default=None, help="of the sample; printed")
    parser.add_argument("--seconds", type=float, default=1200, help="stop after this time")
    parser.add_argument("--again", type=Path, default=None, help="results of a former run: judge only its survivors")
    parser.add_argument("--results", type=Path, default=None, help="append each verdict to this file, as JSON lines")
    parser.add_argument("--document", type=Path, default=None, help="write the rate and the survivors, as Markdown")
    parser.add_argument("--least", type=float, default=90, help="percent of mutants that must be killed")
    options = parser.parse_args(arguments)
    if "cosmic_ray" not in sys.modules and importlib.util.find_spec("cosmic_ray") is None:
        print("cosmic_ray is not installed; run `make mutants`", file=sys.stderr)
        return 2
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    mutants = [m for path in _sources(options.modules) for m in mutants_of(path)]
    chosen = list(mutants)
    random.Random(seed).shuffle(chosen)
    chosen = chosen[: options.sample or None]
    print(f"{len(chosen)} of {len(mutants)} mutants, seed {seed}", flush=True)
    before = _killed_before(options.again)
    judge = Judge([m for m in chosen if m.key not in before], options.seconds, options.results)
    judge.results += [Result(m, True, before[m.key]) for m in chosen if m.key in before]
    # Tests that count all rules fail in the control run and are no judges, so that pytest's own verdict says nothing.
    options_of_pytest = ("-o", "addopts=", "-q", "-p", "no:cacheprovider", "-n", "0", "--timeout=0")
    with redirect_stdout(io.StringIO()):
        pytest.main([*options_of_pytest, *_files()], plugins=[judge])
    if judge.baseline_failed:
        print("no test judges these modules; run pytest on tests/policy first", file=sys.stderr)
        return 2
    if options.document is not None and not judge.unjudged:
        options.document.write_text(document(judge.results, seed, len(mutants)), encoding="utf-8")
    verdict = _report(judge.results, options.least)
    if judge.unjudged:
        # Mutants are judged module by module, and survivors of a former run after its kills: the rest is no sample.
        print(f"out of time: {judge.unjudged} mutants were not judged, so the share above is no kill rate")
        return 1
    return verdict


def _killed_before(path: Path | None) -> dict[Key, float]:
    """Mutants that a former run has killed, with its seconds: tests that are only added kill them as well."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path is not None else []
    return {(row["module"], row["operator"], row["occurrence"]): row["seconds"] for row in rows if row["killed"]}


def _files() -> list[str]:
    return [str(path) for path in sorted(TESTS.glob("test_*.py")) if path.stem.removeprefix("test_") not in _OTHERS]


def _sources(names: Sequence[str]) -> list[Path]:
    paths = sorted(path for path in RULES.glob("*.py") if path.stem != "__init__")
    return [path for path in paths if not names or path.stem in names]


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module; annotations, docstrings and texts for people are no subject."""
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    source = path.read_text(encoding="utf-8")
    functions, skipped = _functions(source)
    nodes = list(ast_nodes(get_ast(source)))
    for name in sorted(plugins.operator_names()):
        if any(part in name for part in _SKIPPED) or _IDENTITY.search(name):
            continue
        operator = plugins.get_operator(name)()
        positions = [position for node in nodes for position in operator.mutation_positions(node)]
        for occurrence, (start, _) in enumerate(positions):
            if start[0] not in skipped:
                function = next((f for f, (first, last) in functions.items() if first <= start[0] <= last), "")
                yield Mutant(path.stem, name.removeprefix("core/"), occurrence, start[0], function)


def _functions(source: str) -> tuple[dict[str, tuple[int, int]], set[int]]:
    """Lines of each function's body, by name, and the lines of signatures, which hold types and defaults."""
    functions: dict[str, tuple[int, int]] = {}
    skipped: set[int] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = (node.body[0].lineno, node.end_lineno or node.lineno)
            skipped |= set(range(node.lineno, node.body[0].lineno))
        elif isinstance(node, ast.AnnAssign | ast.ImportFrom):
            skipped.add(node.lineno)
    # Decorators declare what a rule is called and how grave it is; the catalogue's tests hold them.
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", ()):
            skipped |= set(range(decorator.lineno, (decorator.end_lineno or decorator.lineno) + 1))
    return functions, skipped


@dataclass
class Control:
    """The tests of one module, run without a mutant: which function each calls, and how long it takes."""

    calls: dict[str, set[Any]]
    durations: dict[Any, float]

    killers: Counter[Any] = field(default_factory=Counter)
    """How many mutants each test has killed."""

    def of(self, mutant: Mutant) -> list[Any]:
        """The tests that can notice a mutant: those that killed the most before, then the fastest."""
        found = self.calls[mutant.function] if mutant.function else {i for tests in self.calls.values() for i in tests}
        return sorted(found, key=lambda item: (-self.killers[item], self.durations[item]))

    def limit(self, items: Sequence[Any]) -> float:
        """Seconds after which a mutant counts as one that never ends."""
        return _SECONDS_LEAST + _TIMES_SLOWER * sum(self.durations[item] for item in items)


class Judge:
    """A plugin of pytest that runs the tests of a module once, and then for each of its mutants in a fork.

    Only the module's own rules are applied meanwhile: a test that judges the whole platform would else apply all.
    """

    def __init__(self, mutants: Sequence[Mutant], seconds: float, log: Path | None = None) -> None:
        self._mutants = sorted(mutants, key=lambda mutant: mutant.module)
        self._end = time.monotonic() + seconds
        self._log = log
        self.results: list[Result] = []
        self.baseline_failed = False
        self.unjudged = 0
        """Mutants left when the time was over."""
        self._failed = False

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out tests that need the recorded platform."""
        recorded = {"standing_by", "taken_over", "primary_json", "dr", "dr_active", "primary"}
        items[:] = [
            item
            for item in items
            if not any(part in item.nodeid for part in _EXCLUDED)
            and not recorded & set(getattr(item, "fixturenames", ()))
        ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note failures."""
        self._failed = self._failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The control run of each module, and its mutants."""
        module, control = "", Control({}, {})
        callers = self._callers(session)
        for index, mutant in enumerate(self._mutants):
            if time.monotonic() > self._end:
                self.unjudged = len(self._mutants) - index
                break
            if mutant.module != module:
                module = mutant.module
                _apply_only(module)
                control = self._control(callers[module], module)
            begun = time.monotonic()
            if mutant.code is None:
                continue
            killed = self._judged(mutant, control)
            self.results.append(Result(mutant, killed, time.monotonic() - begun))
            if self._log is not None:
                with self._log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(self.results[-1].as_json()) + "\n")
        self.baseline_failed = bool(self._mutants) and not self.results
        return True

    def _callers(self, session: pytest.Session) -> dict[str, list[pytest.Item]]:
        """The tests that call a function of each module, from one run of all."""
        found: dict[str, list[pytest.Item]] = defaultdict(list)
        called: set[str] = set()
        names = sorted({mutant.module for mutant in self._mutants})
        with ExitStack() as stack:
            for name in names:
                stack.enter_context(_noted(name, called, f"{name}."))
            for item in session.items:
                called.clear()
                with redirect_stdout(io.StringIO()):
                    _run(item)
                for name in {place.partition(".")[0] for place in called}:
                    found[name].append(item)
        return found

    def _control(self, items: Sequence[pytest.Item], module: str) -> Control:
        """Tests that pass without a mutant; one that counts all rules fails here, and is no judge."""
        calls: dict[str, set[Any]] = defaultdict(set)
        durations: dict[Any, float] = {}
        called: set[str] = set()
        with _noted(module, called):
            for item in _concerning(items, module):
                called.clear()
                self._failed = False
                begun = time.monotonic()
                with redirect_stdout(io.StringIO()):
                    _run(item)
                if not self._failed:
                    durations[item] = time.monotonic() - begun
                    for function in called:
                        calls[function].add(item)
        return Control(calls, durations)

    def _judged(self, mutant: Mutant, control: Control) -> bool:
        """Whether a test fails with the mutant, in a process of its own. One that never ends is noticed too."""
        items = control.of(mutant)
        if not items:
            return False
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            killer = _CRASHED
            try:
                with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                    _apply(mutant)
                    killer = self._killer(items)
            finally:
                os.write(write, str(killer).encode())
                os._exit(0)
        os.close(write)
        ready, _, _ = select.select([read], [], [], control.limit(items))
        killer = int(os.read(read, 32) or _CRASHED) if ready else _CRASHED
        os.close(read)
        if not ready:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if killer >= 0:
            control.killers[items[killer]] += 1
        return killer != _SURVIVED

    def _killer(self, items: Sequence[pytest.Item]) -> int:
        """The place of the first test that fails."""
        for index, item in enumerate(items):
            self._failed = False
            _run(item)
            if self._failed:
                return index
        return _SURVIVED


@contextmanager
def _noted(name: str, called: set[str], prefix: str = "") -> Iterator[None]:
    """Note calls of the module's functions, wherever they are imported. A profiler would take five times as long."""
    from policy.catalogue import RULES as EVERY

    module = importlib.import_module(f"policy.rules.{name}")
    own = {id(f): f for f in vars(module).values() if getattr(f, "__module__", "") == module.__name__ and callable(f)}
    noting = {
        key: _noting(function, called, prefix)
        for key, function in own.items()
        if isinstance(function, types.FunctionType)
    }
    holders = [found for key, found in sys.modules.items() if key.startswith("policy.rules.")]
    kept = [(holder, key, value) for holder in holders for key, value in vars(holder).items() if id(value) in noting]
    checks = [(rule, rule.check) for rule in EVERY if id(rule.check) in noting]
    for holder, key, value in kept:
        setattr(holder, key, noting[id(value)])
    for rule, check in checks:
        object.__setattr__(rule, "check", noting[id(check)])
    try:
        yield
    finally:
        for holder, key, value in kept:
            setattr(holder, key, value)
        for rule, check in checks:
            object.__setattr__(rule, "check", check)


def _noting(function: types.FunctionType, called: set[str], prefix: str) -> Callable[..., Any]:
    @wraps(function)
    def note(*args: Any, **kwargs: Any) -> Any:
        called.add(f"{prefix}{function.__name__}")
        return function(*args, **kwargs)

    return note


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


def _apply_only(module: str) -> None:
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


def _run(item: pytest.Item) -> None:
    """Run a test and tear down all but the session's fixtures, which the next test and each fork share."""
    whole: Any = item.session
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=whole)


def _apply(mutant: Mutant) -> None:
    """Put the mutant's functions and constants into the module that the tests have imported."""
    module = importlib.import_module(f"policy.rules.{mutant.module}")
    changed = types.ModuleType(module.__name__)
    changed.__file__ = module.__file__
    # A dataclass looks its module up by name while it is made.
    original = sys.modules[module.__name__]
    sys.modules[module.__name__] = changed
    try:
        exec(compile(mutant.code or "", str(module.__file__), "exec"), changed.__dict__)
    finally:
        sys.modules[module.__name__] = original
    for name, value in vars(changed).items():
        present = vars(module).get(name)
        if isinstance(value, types.FunctionType) and isinstance(present, types.FunctionType):
            _replace(present, value)
        elif isinstance(value, type) and isinstance(present, type) and value.__module__ == module.__name__:
            for key, method in vars(value).items():
                if isinstance(method, types.FunctionType) and isinstance(vars(present).get(key), types.FunctionType):
                    _replace(vars(present)[key], method)
                elif isinstance(method, property) and isinstance(vars(present).get(key), property):
                    setattr(present, key, method)
        elif not name.startswith("__") and name != "RULES":
            setattr(module, name, value)
    for rule, other in zip(getattr(module, "RULES", ()) and module.RULES.rules, _rules(changed), strict=False):
        for name in ("severity", "scope", "types", "needs", "parameters"):
            object.__setattr__(rule, name, getattr(other, name))


def _rules(module: types.ModuleType) -> list[Any]:
    rules = getattr(module, "RULES", None)
    return rules.rules if rules is not None else []


def _replace(present: types.FunctionType, value: types.FunctionType) -> None:
    if len(present.__code__.co_freevars) == len(value.__code__.co_freevars):
        present.__code__ = value.__code__
        present.__defaults__ = value.__defaults__
        present.__kwdefaults__ = value.__kwdefaults__


def document(results: Sequence[Result], seed: int, count: int) -> str:
    """The rate by module and the survivors, as `docs/policy-mutants.md` has them."""
    killed: Counter[str] = Counter(result.mutant.module for result in results if result.killed)
    judged: Counter[str] = Counter(result.mutant.module for result in results)
    lines = [
        "# Mutants of the policy rules",
        "",
        f"Written by `python -m tests.policy.mutants --document` (`make mutants`) on {date.today().isoformat()}, seed",
        f"{seed}: {len(results)} of {count} mutants of Cosmic Ray judged by the rules' own tests,",
        f"{killed.total()} killed ({100 * killed.total() / max(1, len(results)):.1f} %).",
        "",
        "| module | mutants | killed | percent |",
        "|---|---|---|---|",
    ]
    for module in sorted(judged):
        share = 100 * killed[module] / judged[module]
        lines.append(f"| `{module}` | {judged[module]} | {killed[module]} | {share:.1f} |")
    lines += ["", "## Survivors", "", "| place | operator | instead of | stands |", "|---|---|---|---|"]
    for result in sorted(results, key=lambda r: (r.mutant.module, r.mutant.line, r.mutant.operator)):
        if not result.killed:
            mutant = result.mutant
            removed = " ".join(line[1:].strip() for line in mutant.change() if line.startswith("-"))
            added = " ".join(line[1:].strip() for line in mutant.change() if line.startswith("+"))
            cells = [f"`{mutant.module}.{mutant.function or 'module'}`", mutant.operator, f"`{removed}`", f"`{added}`"]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _report(results: Sequence[Result], least: float) -> int:
    survivors = [result.mutant for result in results if not result.killed]
    killed = len(results) - len(survivors)
    rate = 100 * killed / len(results) if results else 0.0
    for mutant in sorted(survivors, key=lambda m: (m.module, m.line)):
        print(f"survivor {mutant.module}.py:{mutant.line} {mutant.function or 'module'} {mutant.operator}")
        for line in mutant.change():
            print(f"    {line}")
    seconds = sum(result.seconds for result in results)
    each = seconds / len(results) if results else 0.0
    print(f"{killed} of {len(results)} mutants killed: {rate:.1f} % (least {least:g} %), {each:.2f} s each")
    return int(rate < least)


if __name__ == "__main__":
    sys.exit(main())
