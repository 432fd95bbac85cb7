"""Cost of the policy pack under the engine: `python -m benchmarks.policy_engine [--rounds N] [--json]`.

Runs previews of the primary against an in-memory AWS with the `pulumi` command: without a pack, with the platform's,
and with a pack of as many idle policies. The three alternate, so that other load on the machine affects all equally;
the result is the median of the wall clock time. Exits with 1 if the pack takes more than `RATIO` times as long as the
idle one, and with 2 without a `pulumi` command.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pulumi import automation

from aws_emulator.server import ACCOUNT_ID, start
from blueprint.program import ROOT
from rehearsal.engines.protocol import EngineError
from rehearsal.engines.pulumi import PulumiEngine
from rehearsal.stacks import Program

RATIO = 1.1
PACKS = {"none": [], "pack": [str(ROOT / "policy")], "idle": [str(ROOT / "benchmarks" / "idle_pack")]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 1 if the budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="previews with each pack")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: is not at least 1")
    try:
        figures = measured(options.rounds)
    except (EngineError, automation.CommandError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(figures, indent=2) if options.json else _text(figures))
    return int(figures["ratio"] > RATIO)


def measured(rounds: int) -> dict[str, Any]:
    """Return median seconds by pack, and the ratio of the pack to the idle one. Raises `EngineError`."""
    taken: dict[str, list[float]] = {pack: [] for pack in PACKS}
    with tempfile.TemporaryDirectory() as build, start() as cloud, Program() as program:
        engine = PulumiEngine(Path(build), cloud.environment())
        declared = program.primary(ACCOUNT_ID)
        stack = engine.prepared("primary", declared)
        for turn in range(rounds):
            for pack, folders in PACKS.items():
                print(f"round {turn + 1} of {rounds}: {pack}", file=sys.stderr)
                begun = time.perf_counter()
                configs = [str(ROOT / "policy-config.json")] if pack == "pack" else None
                stack.preview(policy_packs=folders, policy_pack_configs=configs)
                taken[pack].append(time.perf_counter() - begun)
    seconds = {pack: statistics.median(values) for pack, values in taken.items()}
    return {
        "resources": len(declared.blueprint.resources),
        "rounds": rounds,
        "seconds": seconds,
        "ratio": seconds["pack"] / seconds["idle"],
    }


def _text(figures: dict[str, Any]) -> str:
    seconds = figures["seconds"]
    return (
        f"a preview of {figures['resources']} resources: {seconds['none']:.1f} s without a pack, "
        f"{seconds['pack']:.1f} s with the platform's, {seconds['idle']:.1f} s with one that does nothing: "
        f"{figures['ratio']:.2f} x (budget {RATIO} x)"
    )


if __name__ == "__main__":
    sys.exit(main())
