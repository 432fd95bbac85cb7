"""What the policy pack costs under the engine: `python -m benchmarks.policy_engine [--rounds N] [--json]`.

Previews of the primary against an in-memory AWS, by the `pulumi` command: without a pack, with the platform's, and
with one of as many policies that do nothing. The three take turns, so that whatever else the machine does meets all
alike; the median of the wall clock counts. Exits with 1 if the pack takes more than `RATIO` times what the idle one
takes, and with 2 where there is no `pulumi` command.
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

from blueprint.program import ROOT
from rehearsal.aws.server import ACCOUNT_ID, start
from rehearsal.engines.protocol import EngineError
from rehearsal.engines.pulumi import PulumiEngine
from rehearsal.stacks import Program

RATIO = 1.1
PACKS = {"none": [], "pack": [str(ROOT / "policy")], "idle": [str(ROOT / "benchmarks" / "idle_pack")]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer 1 when the budget is exceeded."""
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
    """Medians in seconds by pack, and the ratio of the pack's to the idle one's. Raises `EngineError`."""
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
