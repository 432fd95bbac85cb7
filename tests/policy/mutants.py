"""Mutation testing of the rules: `python -m tests.policy.mutants [--sample N] [--seed S] [--seconds S] [MODULE...]`.

Mutants are made by the operators of Cosmic Ray, and each is judged in a fork of this process by the rules' own tests:
pytest collects once, one run of all tests notes which statements of the rules each of them runs, and a mutant is judged
only by the tests that run the statement it is in, those that killed the most before first, then the fastest, until one
fails. Nothing is written to the sources.

A survivor is a mutant that no test notices. Order comparisons of values without an order (`mutation.kinds`) do not
count; a share of them as large as that of the others is judged and reported beside. Exits with 1 when fewer than
`--least` percent of the mutants that count are killed.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import random
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from tests.policy.mutation import reporting
from tests.policy.mutation.judge import Judge, Result
from tests.policy.mutation.mutants import Key, Mutant, modules, mutants_of

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "policy"
NOTES = ROOT / "build" / "mutants-observed.json"
# Tests of the command, of forms, of the engine and of configurations are no tests of rules.
_OTHERS = ("adoption", "check", "engine", "forms", "inputs", "mutation", "sandbox", "served", "shapes")


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge a sample of mutants and print the kill rate and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="modules of policy.rules; all where none is named")
    parser.add_argument("--sample", type=int, default=300, help="mutants that count to judge; 0 for all")
    parser.add_argument("--seed", type=int, default=None, help="of the sample; printed")
    parser.add_argument("--seconds", type=float, default=1200, help="stop after this time")
    parser.add_argument("--only-counted", action="store_true", help="judge no mutants that do not count")
    parser.add_argument("--again", type=Path, default=None, help="results of a former run: judge only its survivors")
    parser.add_argument("--results", type=Path, default=None, help="append each verdict to this file, as JSON lines")
    parser.add_argument("--document", type=Path, default=None, help="write the rate and the survivors, as Markdown")
    parser.add_argument("--least", type=float, default=90, help="percent of mutants that must be killed")
    options = parser.parse_args(arguments)
    if "cosmic_ray" not in sys.modules and importlib.util.find_spec("cosmic_ray") is None:
        print("cosmic_ray is not installed; run `make mutants`", file=sys.stderr)
        return 2
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    mutants = [mutant for name in modules(options.modules) for mutant in mutants_of(name)]
    counted, others = ([m for m in mutants if m.counted is wanted] for wanted in (True, False))
    chosen = sample(counted, others, options.sample, seed)
    if options.only_counted:
        chosen = [mutant for mutant in chosen if mutant.counted]
    print(f"{len(chosen)} of {len(counted)} mutants that count and {len(others)} others, seed {seed}", flush=True)
    before = _killed_before(options.again) if options.again is not None else {}
    former = [Result(m, True, before[m.key]) for m in chosen if before and m.key in before]
    known = {id(result.mutant) for result in former}
    judge = Judge([m for m in chosen if id(m) not in known], options.seconds, options.results, NOTES)
    # The plugin runs the tests itself, so that pytest's own verdict says nothing.
    options_of_pytest = ("-o", "addopts=", "-q", "-p", "no:cacheprovider", "-n", "0", "--timeout=0")
    with redirect_stdout(io.StringIO()):
        pytest.main([*options_of_pytest, *_files()], plugins=[judge])
    if len(known) < len(chosen) and not judge.results:
        print("no test judges these modules; run pytest on tests/policy first", file=sys.stderr)
        return 2
    results = [*judge.results, *former]
    verdict = reporting.report(results, options.least)
    if judge.unjudged:
        # Mutants are judged module by module, and survivors of a former run after its kills: the rest is no sample.
        print(f"out of time: {judge.unjudged} mutants were not judged, so the share above is no kill rate")
        return 1
    if options.document is not None:
        page = reporting.document(results, seed, len(counted), len(others))
        options.document.write_text(page, encoding="utf-8")
    return verdict


def sample(counted: list[Mutant], others: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """`size` mutants that count, and as large a share of the others."""
    size = min(size or len(counted), len(counted))
    generator = random.Random(seed)
    beside = round(len(others) * size / max(1, len(counted)))
    return [*generator.sample(counted, size), *generator.sample(others, beside)]


def _killed_before(path: Path) -> dict[Key, float]:
    """Mutants that a former run has killed, with its seconds: tests that are only added kill them as well.

    Of equal lines of a module that share a key, each must have been killed.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    last = {(row["module"], row["operator"], row["occurrence"], "\n".join(row["diff"])): row for row in rows}
    alive = {(module, operator, diff) for (module, operator, _, diff), row in last.items() if not row["killed"]}
    found = {(module, operator, diff): row["seconds"] for (module, operator, _, diff), row in last.items()}
    return {key: seconds for key, seconds in found.items() if key not in alive}


def _files() -> list[str]:
    return [str(path) for path in sorted(TESTS.glob("test_*.py")) if path.stem.removeprefix("test_") not in _OTHERS]


if __name__ == "__main__":
    sys.exit(main())
