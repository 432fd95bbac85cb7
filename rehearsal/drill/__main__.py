"""Run seeded drills on the minimal fixture and check their results: `python -m rehearsal.drill [--seeds 200]`.

`--scenario NAME` runs a drill by its name instead, and `--list` prints the names. Both take seeds.

Prints a table by loss and second fault. The checks compare the confirmed orders, the records that consumers of both
regions received, the trades, and the orders that the reports name. Exits with 1 if a drill ended early or has a
problem.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from aws_emulator.server import start
from command_line import Parser
from rehearsal.drill import minimal_fixture
from rehearsal.drill.named import NAMED_DRILLS
from rehearsal.drill.operator import OperatorError
from rehearsal.drill.result import Result
from rehearsal.drill.series import Series, grant_first_lease

_SEEDS = 200
_COLUMNS = (
    *("loss", "second fault", "drills", "accepted", "lost", "lost, unnamed", "cancelled", "undone, unnamed"),
    *("traded twice", "twice, unnamed", "problems"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run the drills and print the table."""
    wanted = _parser().parse_args(arguments)
    if wanted.list:
        print("\n".join(f"{one.name}: {one.does}" for one in NAMED_DRILLS.values()))
        return 0
    if wanted.seeds is None:
        wanted.seeds = 1 if wanted.scenario else _SEEDS
    folder = wanted.build or Path(tempfile.mkdtemp(prefix="drills-"))
    folder.mkdir(parents=True, exist_ok=True)
    if wanted.scenario:
        return _run_named(wanted.scenario, range(wanted.first, wanted.first + wanted.seeds), folder)
    series, left = Series(), range(wanted.first, wanted.first + wanted.seeds)
    end = time.monotonic() + 60 * wanted.minutes

    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    while left and time.monotonic() < end:
        done = len(series.results) + len(series.broken)
        # A drill that ends early leaves the lease in a state in which no other drill can begin.
        with start(log=folder / f"server-{done}.log") as server:
            series.run(minimal_fixture.make(server), _in_time(left, end), folder, report)
        left = left[len(series.results) + len(series.broken) - done :]
    Console(width=200).print(table(series.results))
    for problem in series.problems():
        print(problem)
    print(f"{len(series.results)} drills of {wanted.seeds}, {len(series.broken)} ended early")
    return 1 if series.problems() or len(series.results) < wanted.seeds else 0


def _run_named(names: Sequence[str], seeds: Sequence[int], folder: Path) -> int:
    """Run drills by name; return 1 if one of them has a problem or ended early."""
    failed = 0
    for name in dict.fromkeys(names):
        for seed in seeds:
            # A drill that ends early leaves the lease in a state in which no other drill can begin.
            with start(log=folder / f"server-{name}-{seed}.log") as server:
                testbed = minimal_fixture.make(server)
                grant_first_lease(testbed, folder)
                try:
                    result = NAMED_DRILLS[name].play(testbed, folder, seed)
                except (OperatorError, TimeoutError) as error:
                    print(f"{name}: ended early: {error}", flush=True)
                    failed += 1
                    continue
            print(result.shown(), flush=True)
            failed += bool(result.problems)
    return 1 if failed else 0


def table(results: Iterable[Result]) -> Table:
    """Build the table: one row for each pair of loss and second fault, and a last row for all drills."""
    rows: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        rows[str(result.scenario.loss), str(result.scenario.second)].append(result)
    found = Table(*_COLUMNS)
    for (loss, second), ones in sorted(rows.items()):
        found.add_row(loss, second, *counts(ones))
    found.add_section()
    found.add_row("all", "", *counts([one for ones in rows.values() for one in ones]))
    return found


def counts(results: Sequence[Result]) -> tuple[str, ...]:
    """Return the numbers of a row, in the order of the columns."""
    about = [result.findings for result in results]
    numbers = (
        len(results),
        sum(one.accepted for one in about),
        sum(len(one.lost) for one in about),
        sum(len({*one.unnamed, *one.unaccounted}) for one in about),
        sum(one.cancelled for one in about),
        sum(len(one.undone) for one in about),
        sum(len(one.traded_twice) for one in about),
        sum(len(one.twice_unnamed) for one in about),
        sum(len(result.problems) for result in results),
    )
    return tuple(map(str, numbers))


def _in_time(seeds: Sequence[int], end: float) -> Iterator[int]:
    for seed in seeds:
        if time.monotonic() >= end:
            return
        yield seed


def _parser() -> Parser:
    parser = Parser(prog="python -m rehearsal.drill", description=__doc__)
    parser.add_argument(
        "--seeds", type=_positive, help=f"number of drills (default: {_SEEDS}; 1 for each drill by its name)"
    )
    parser.add_argument(
        "--scenario",
        action="append",
        choices=list(NAMED_DRILLS),
        metavar="NAME",
        help="run the drill of this name; may be given more than once",
    )
    parser.add_argument("--list", action="store_true", help="print the names of drills and end")
    parser.add_argument("--first", type=int, default=0, help="seed of the first drill (default: %(default)s)")
    parser.add_argument(
        "--minutes",
        type=float,
        default=600.0,
        help="start no drill after this number of minutes (default: %(default)s)",
    )
    parser.add_argument("--build", type=Path, help="folder for the logs (default: a temporary folder)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: is not a number of drills; give 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
