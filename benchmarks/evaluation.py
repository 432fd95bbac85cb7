"""Cost of an evaluation beside a flat program of the same resources: `python -m benchmarks.evaluation [--json]`.

Each stack is recorded by the program and declared by the flat program (`benchmarks.flat`), in turns; processor time
counts, and the fastest round. The import of the SDK is measured apart, in a process of its own, with the largest
memory that one evaluation needs. Exits with 1 where a ratio is over the target of 1.1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.flat import Flat
from benchmarks.turns import fastest
from blueprint import record_dr, record_primary
from blueprint.program import ROOT

TARGET = 1.1
_ROUNDS = 3
_ALONE = """
import json, time
begun = time.process_time()
import pulumi, pulumi_aws
sdk = time.process_time() - begun
import components.platform
layers = time.process_time() - begun - sdk
from blueprint import record_primary
record_primary()
from rehearsal.stacks import peak_memory_mb
print(json.dumps({"sdk_seconds": sdk, "layers_seconds": layers, "peak_mb": peak_memory_mb()}))
"""


def measured(rounds: int = _ROUNDS) -> dict[str, Any]:
    """Seconds of processor time by stack and program, ratios, seconds by resource, and the process alone."""
    primary = record_primary()
    recovery = record_dr(primary)
    flat = {"primary": Flat(primary), "dr": Flat(recovery)}
    programs: dict[str, Callable[[], object]] = {
        "primary": record_primary,
        "primary flat": flat["primary"].run,
        "dr": lambda: record_dr(primary),
        "dr flat": flat["dr"].run,
    }
    seconds = fastest(programs, rounds)
    stacks = {
        name: {
            "resources": flat[name].resources,
            "seconds": seconds[name],
            "flat_seconds": seconds[f"{name} flat"],
            "ratio": seconds[name] / seconds[f"{name} flat"],
        }
        for name in flat
    }
    return {"stacks": stacks, "alone": alone()}


def alone() -> dict[str, float]:
    """Imports and one evaluation of the primary in a process that does nothing else: seconds and MB."""
    command = [sys.executable, "-c", _ALONE]
    answered = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=600)
    return json.loads(answered.stdout.splitlines()[-1])


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and answer 1 where a ratio is over the target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation", description=__doc__)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="evaluations of each program")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    wanted = parser.parse_args(arguments)
    if wanted.rounds < 1:
        parser.error(f"--rounds {wanted.rounds}: is not at least 1")
    found = measured(wanted.rounds)
    print(json.dumps(found, indent=2) if wanted.json else _text(found))
    return int(any(stack["ratio"] > TARGET for stack in found["stacks"].values()))


def _text(found: dict[str, Any]) -> str:
    lines = [
        f"{name}: {stack['seconds']:.2f} s; flat program of {stack['resources']} resources: "
        f"{stack['flat_seconds']:.2f} s; {stack['ratio']:.2f} x (target {TARGET} x)"
        for name, stack in found["stacks"].items()
    ]
    single = found["alone"]
    return "\n".join(
        [
            *lines,
            f"import of the SDK {single['sdk_seconds']:.2f} s, of the layers {single['layers_seconds']:.2f} s; "
            f"the largest memory of one evaluation {single['peak_mb']:.0f} MB",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
