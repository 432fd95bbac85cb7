"""Seeded drills on the small fixture, judged by the oracle: `python -m rehearsal.drill [--seeds 200] [--first 0]`.

Prints a table by loss and second fault. The oracle counts what clients were told, what consumers of both regions
received and traded, and what the reports name. Exits with 1 if a drill broke off or has a problem.
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
from rehearsal.drill import small
from rehearsal.drill.result import Result
from rehearsal.drill.series import Series

_COLUMNS = (
    *("loss", "second fault", "drills", "accepted", "lost", "lost, unnamed", "cancelled", "undone, unnamed"),
    *("traded twice", "twice, unnamed", "problems"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run the drills and print the table."""
    wanted = _parser().parse_args(arguments)
    folder = wanted.build or Path(tempfile.mkdtemp(prefix="drills-"))
    folder.mkdir(parents=True, exist_ok=True)
    series, left = Series(), range(wanted.first, wanted.first + wanted.seeds)
    end = time.monotonic() + 60 * wanted.minutes

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    while left and time.monotonic() < end:
        done = len(series.results) + len(series.broken)
        # A drill that broke off leaves the lease where no other drill can begin.
        with start(log=folder / f"server-{done}.log") as server:
            series.run(small.make(server), _in_time(left, end), folder, tell)
        left = left[len(series.results) + len(series.broken) - done :]
    Console(width=200).print(table(series.results))
    for problem in series.problems():
        print(problem)
    print(f"{len(series.results)} drills of {wanted.seeds}, {len(series.broken)} broke off")
    return 1 if series.problems() or len(series.results) < wanted.seeds else 0


def table(results: Iterable[Result]) -> Table:
    """One row for each pair of loss and second fault, and one for all."""
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
    """The numbers of a row, in the order of the columns."""
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
        sum(len(result.troubles) for result in results),
    )
    return tuple(map(str, numbers))


def _in_time(seeds: Sequence[int], end: float) -> Iterator[int]:
    for seed in seeds:
        if time.monotonic() >= end:
            return
        yield seed


def _parser() -> Parser:
    parser = Parser(prog="python -m rehearsal.drill", description=__doc__)
    parser.add_argument("--seeds", type=_positive, default=200, help="how many drills (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (default: %(default)s)")
    parser.add_argument(
        "--minutes", type=float, default=600.0, help="begin no drill after so many minutes (default: %(default)s)"
    )
    parser.add_argument("--build", type=Path, help="folder of the logs (default: a temporary folder)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: is no number of drills; give 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
