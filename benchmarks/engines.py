"""The Pulumi engine compared with terraform: `python -m benchmarks.engines [--json]`.

Each deploys the primary in an in-memory AWS of its own, one after the other, from the same recorded graph: first
terraform, then the pulumi command with this project's plugins and the policy pack. Exits with 2 if one of the commands
is missing. Exits with 1 if a budget is exceeded:

- the engine's update takes more than `MOST_RATIO` times as long as terraform's;
- its preview takes over `MOST_PREVIEW_SECONDS`;
- a plugin and its provider together use more than `MOST_MEMORY_MB`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aws_emulator.server import ACCOUNT_ID, start
from rehearsal.engines.choice import EngineKind, make
from rehearsal.engines.protocol import EngineError
from rehearsal.stacks import Declared, Program

MOST_RATIO = 1.5
MOST_PREVIEW_SECONDS = 60.0
MOST_MEMORY_MB = 1536.0
_PLUGIN = b"rehearsal.plugins.aws"
_LOOK_EVERY_SECONDS = 0.5


class Memory:
    """Watches plugins below this process; `peak_mb` is the most that one of them and its provider held together."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_EVERY_SECONDS):
            found = _processes()
            for pid, (_, command, resident) in found.items():
                if _PLUGIN in command:
                    below = sum(size for parent, _, size in found.values() if parent == pid)
                    self.peak_mb = max(self.peak_mb, resident + below)


def _processes() -> dict[int, tuple[int, bytes, float]]:
    """Parent, command line, and resident memory in MB (proc(5), VmRSS) by process."""
    found: dict[int, tuple[int, bytes, float]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
            command = (folder / "cmdline").read_bytes()
        except (OSError, UnicodeDecodeError):
            continue
        resident = int(fields.get("VmRSS", "0 kB").split()[0]) / 1024
        found[int(folder.name)] = (int(fields["PPid"]), command, resident)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer 1 when a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args(arguments)
    try:
        figures = measured()
    except EngineError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(figures, indent=2) if options.json else _text(figures))
    within = (
        figures["ratio_up"] <= MOST_RATIO
        and figures["pulumi"]["preview_seconds"] <= MOST_PREVIEW_SECONDS
        and figures["pulumi"]["memory_mb"] <= MOST_MEMORY_MB
    )
    return int(not within)


def measured() -> dict[str, Any]:
    """Seconds by engine and phase, and the ratio of both updates. Raises `EngineError`."""
    with Program() as program:
        declared = program.primary(ACCOUNT_ID)
    taken = {kind.value: _brought_up(kind, declared) for kind in (EngineKind.TERRAFORM, EngineKind.PULUMI)}
    return {
        "resources": len(declared.blueprint.resources),
        **taken,
        "ratio_up": taken["pulumi"]["up_seconds"] / taken["terraform"]["up_seconds"],
    }


def _brought_up(kind: EngineKind, declared: Declared) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as build,
        start(0, Path(build) / "server.log", ACCOUNT_ID) as cloud,
        Memory() as memory,
    ):
        engine = make(kind, Path(build) / "engine", cloud.environment())
        print(f"{kind}: preview", file=sys.stderr)
        begun = time.perf_counter()
        changes = engine.preview("primary", declared)
        previewed = time.perf_counter()
        print(f"{kind}: {changes} changes in {previewed - begun:.1f} s; up", file=sys.stderr)
        outcome = engine.up("primary", declared, lambda _progress: None)
        return {
            "preview_seconds": round(previewed - begun, 1),
            "up_seconds": round(outcome.seconds["up"], 1),
            "created": len(outcome.created),
            "not_created": len(outcome.not_created),
            "memory_mb": round(memory.peak_mb),
        }


def _text(figures: dict[str, Any]) -> str:
    terraform, pulumi = figures["terraform"], figures["pulumi"]
    return "\n".join(
        (
            f"up of {figures['resources']} resources: terraform {terraform['up_seconds']} s, pulumi "
            f"{pulumi['up_seconds']} s: {figures['ratio_up']:.2f} x (budget {MOST_RATIO} x)",
            f"preview: terraform {terraform['preview_seconds']} s, pulumi with the policy pack "
            f"{pulumi['preview_seconds']} s (budget {MOST_PREVIEW_SECONDS:.0f} s)",
            f"plugin and provider together: {pulumi['memory_mb']} MB (budget {MOST_MEMORY_MB:.0f} MB)",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
