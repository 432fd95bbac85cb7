"""Cost of the preflight in addition to a stack's evaluation: `python -m benchmarks.preflight [--json]`.

The program is evaluated, then the checks derive their questions from the recorded stack. Both are counted in processor
time, which other processes do not affect; calls of AWS are not counted. Exits with 1 if the questions take more than
5 s, or more than half of the evaluation.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from preflight.recorded import declared_of
from preflight.run import questions_of

SECONDS = 5.0
RATIO = 0.5
_ROUNDS = 5
T = TypeVar("T")


def measured(rounds: int = _ROUNDS) -> dict[str, float]:
    """Processor seconds of the evaluation (once) and of the questions (the fastest round), and their ratio."""
    evaluation, declared = _timed(lambda: declared_of("primary", {}))
    questions = min(_timed(lambda: questions_of(declared))[0] for _ in range(rounds))
    return {"evaluation": evaluation, "questions": questions, "ratio": questions / evaluation}


def is_within(figures: dict[str, float]) -> bool:
    """Whether both bounds hold."""
    return figures["questions"] <= SECONDS and figures["ratio"] <= RATIO


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    begun = time.process_time()
    result = call()
    return time.process_time() - begun, result


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer 1 when a bound is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args(arguments)
    figures = measured()
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print(
            f"evaluation {figures['evaluation']:.2f} s, questions {figures['questions']:.3f} s of processor time: "
            f"{figures['ratio']:.1%} on top (bounds: {SECONDS:g} s, {RATIO:.0%})"
        )
    return int(not is_within(figures))


if __name__ == "__main__":
    raise SystemExit(main())
