"""Repeated drills: `python -m benchmarks.drill [--runs 50] [--orders strong] [--minutes 15] [--json]`.

Repeats loss, takeover, return and failback, each with its own seed, in a minimal fixture of tables, streams and
functions. Compares the figures with the platform's targets: at most two seconds from the decision to the first accepted
order at the 99th percentile, without the wait for the old lease; never two writers; every lost order named; no lost
order in a switchover or with strongly consistent tables. Exits with 1 if a target is missed. Everything runs in an
in-memory AWS on this machine, so the times are not AWS's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from aws_emulator.server import start
from components.settings.data import Consistency
from rehearsal.drill import small
from rehearsal.drill.series import Series


def main(arguments: list[str] | None = None) -> int:
    """Run the drills and print their combined figures."""
    wanted = _parser().parse_args(arguments)
    folder = wanted.build or Path(tempfile.mkdtemp(prefix="drill-"))
    series, left = Series(), range(wanted.first, wanted.first + wanted.runs)

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    end = time.monotonic() + 60 * wanted.minutes
    while left and time.monotonic() < end:
        done = len(series.results) + len(series.broken)
        # A failed drill leaves the fixture in a state in which no other drill can start: the next drills get a new one.
        with start(log=folder / f"server-{done}.log") as server:
            series.run(small.make(server, wanted.orders), _in_time(left, end), folder, tell)
        left = left[len(series.results) + len(series.broken) - done :]
    series.draw(folder / "drill.svg")
    report = series.as_json()
    print(json.dumps(report, indent=2) if wanted.json else _told(report))
    print(f"the slowest drill: {folder / 'drill.svg'}", file=sys.stderr)
    return 1 if series.problems() or series.missed() else 0


def _in_time(seeds: Sequence[int], end: float) -> Iterator[int]:
    """Yield the seeds of drills that start before `end`; the report has their number."""
    for seed in seeds:
        if time.monotonic() >= end:
            return
        yield seed


def _told(report: dict[str, object]) -> str:
    return "\n".join(f"{name}: {json.dumps(value)}" for name, value in report.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drill", description=__doc__)
    parser.add_argument("--runs", type=int, default=50, help="how many drills (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (default: %(default)s)")
    parser.add_argument(
        "--orders",
        type=Consistency,
        choices=list(Consistency),
        default=Consistency.EVENTUAL,
        help="how orders reach the other region; strong loses none (default: %(default)s)",
    )
    parser.add_argument(
        "--minutes", type=float, default=120.0, help="begin no drill after so many minutes (default: %(default)s)"
    )
    parser.add_argument("--build", type=Path, help="where logs and the picture go (default: a temporary folder)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


if __name__ == "__main__":
    sys.exit(main())
