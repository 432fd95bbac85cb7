"""Ratios against floors, measured in one run: `python -m benchmarks.ratios [--json] [--only NAME] [--check]`.

A ratio compares what the platform costs with a floor that is measured in the same run, in turns with it, so that the
machine and its load cancel out. `--check` compares with `baseline.json` and exits with 1 where a ratio is more than
10 % worse; `--update` writes the baseline. A measurement that this machine cannot make is listed with the reason, and
a ratio of the baseline that is missing without one fails the check.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import comparison, evaluation, flat, order_calls, order_intake, policy, policy_engine
from benchmarks.turns import fastest
from blueprint import record_primary
from rehearsal.engines.pulumi_command import has_command

BASELINE = Path(__file__).parent / "baseline.json"
WORSE = 1.10
"""A ratio may be so many times its baseline."""


@dataclass(frozen=True)
class Ratio:
    """`value` times the floor; smaller is better. `target` is what the platform aims at, None where there is no aim."""

    name: str
    value: float
    floor: str
    how: str
    target: float | None = None


@dataclass(frozen=True)
class Skipped:
    """A measurement that this machine cannot make."""

    name: str
    reason: str


Measured = Sequence[Ratio | Skipped]


def _evaluation() -> Measured:
    found = evaluation.measured()["stacks"]
    return [
        Ratio(
            f"evaluation {name}",
            stack["ratio"],
            f"a flat program of the same {stack['resources']} resources",
            "least processor time of 3 evaluations, in turns",
            evaluation.TARGET,
        )
        for name, stack in found.items()
    ]


def _resources() -> Measured:
    """Growth of an evaluation with resources: the SDK's own share, by flat programs of a quarter and of all."""
    whole = flat.Flat(record_primary())
    quarter = whole.part(whole.resources // 4)
    seconds = fastest({"quarter": quarter.run, "whole": whole.run}, 3)
    slope = (seconds["whole"] / whole.resources) / (seconds["quarter"] / quarter.resources)
    return [
        Ratio(
            "growth of an evaluation with resources",
            slope,
            f"one resource among {quarter.resources}",
            f"one resource among {whole.resources}, both in flat programs, processor time",
        )
    ]


def _policy() -> Measured:
    found = policy.measured()
    sizes = sorted(found["seconds_by_size"])
    return [
        Ratio(
            "policy served",
            found["served_ratio"],
            f"{found['rules']} policies that do nothing",
            "processor time of the SDK's server, in turns",
            policy.SERVED_RATIO,
        ),
        Ratio(
            "growth of policy with resources",
            found["growth_of_one_resource"],
            f"one resource among {sizes[0]}",
            f"one resource among {sizes[-1]}, processor time",
            policy.GROWTH,
        ),
    ]


def _policy_engine() -> Measured:
    name = "policy under the engine"
    if not has_command():
        return [Skipped(name, "there is no fitting pulumi command; `make engine` builds one")]
    ratio = policy_engine.measured(1)["ratio"]
    return [Ratio(name, ratio, "a pack of as many policies that do nothing", "wall clock of previews, in turns", 1.1)]


def _order_intake() -> Measured:
    processor = order_intake.report(order_intake.measure(2_000, 200))["clocks"]["processor"]
    return [
        Ratio(
            "order intake in-process",
            processor["ratio"]["p50"],
            "a bare handler that parses the order and makes its two writes",
            "processor time at p50, 2,000 orders in turns, AWS calls answered at once",
        )
    ]


def _order_calls() -> Measured:
    found = order_calls.measured()
    return [
        Ratio(
            f"order {name}",
            found["milliseconds"][name]["p50"] / found["milliseconds"]["two writes"]["p50"],
            "the two writes of an order by the same clients to the same in-memory AWS",
            f"wall clock at p50, {found['orders']} orders in turns",
        )
        for name in ("in-process", "invoked")
    ]


def _comparison() -> Measured:
    """The price of a comparison follows the changed items: 100 times as many stored orders must not change it."""
    few, many = (comparison.measured(size)[0] for size in (10_000, 1_000_000))
    return [
        Ratio(
            "growth of a comparison with stored orders",
            many / few,
            f"{comparison.CHANGED} changed orders among 10,000",
            f"{comparison.CHANGED} changed orders among 1,000,000, processor time",
            comparison.MOST_RATIO,
        )
    ]


MEASUREMENTS: Mapping[str, Callable[[], Measured]] = {
    "evaluation": _evaluation,
    "resources": _resources,
    "policy": _policy,
    "policy-engine": _policy_engine,
    "order-intake": _order_intake,
    "order-calls": _order_calls,
    "comparison": _comparison,
}


def worse(found: Sequence[Ratio | Skipped], baseline: Mapping[str, float]) -> list[str]:
    """Reasons to fail the check: ratios over `WORSE` times their baseline, and ratios that are no longer measured."""
    ratios = {entry.name: entry.value for entry in found if isinstance(entry, Ratio)}
    named = {entry.name for entry in found}
    grown = [
        f"{name}: {value:.2f} is over {WORSE:g} times the baseline {baseline[name]:.2f}; find what grew, or run "
        "`make bench-update` for a change that is meant"
        for name, value in ratios.items()
        if name in baseline and value > WORSE * baseline[name]
    ]
    gone = [f"{name}: the baseline has it and this run does not; measure it" for name in baseline if name not in named]
    new = [f"{name}: the baseline lacks it; run `make bench-update`" for name in ratios if name not in baseline]
    return [*grown, *gone, *new]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, compare. Exits with 1 where the check fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--only", action="append", choices=list(MEASUREMENTS), help="measure this one; repeatable")
    parser.add_argument("--check", action="store_true", help="compare with the baseline")
    parser.add_argument("--update", action="store_true", help="write the baseline")
    options = parser.parse_args(arguments)
    names = options.only or list(MEASUREMENTS)
    found: list[Ratio | Skipped] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        found += MEASUREMENTS[name]()
    print(json.dumps([asdict(entry) for entry in found], indent=2)) if options.json else _show(found)
    if options.update:
        _update(found)
    if not options.check:
        return 0
    baseline = _baseline()
    if options.only:
        measured = {entry.name for entry in found}
        baseline = {name: value for name, value in baseline.items() if name in measured}
    problems = worse(found, baseline)
    for problem in problems:
        print(problem, file=sys.stderr)
    return int(bool(problems))


def _baseline() -> dict[str, float]:
    return json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}


def _update(found: Sequence[Ratio | Skipped]) -> None:
    """Keeps what was not measured this time."""
    ratios = {entry.name: round(entry.value, 3) for entry in found if isinstance(entry, Ratio)}
    BASELINE.write_text(json.dumps({**_baseline(), **ratios}, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _show(found: Sequence[Ratio | Skipped]) -> None:
    baseline = _baseline()
    table = Table("what", "ratio", "target", "baseline", "floor", "how it is measured")
    for entry in found:
        if isinstance(entry, Skipped):
            table.add_row(entry.name, "-", "", f"{baseline.get(entry.name, '')}", "", f"not measured: {entry.reason}")
        else:
            target = f"{entry.target:g}" if entry.target else ""
            table.add_row(
                entry.name, f"{entry.value:.2f}", target, f"{baseline.get(entry.name, '')}", entry.floor, entry.how
            )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
