"""The stacks of a rehearsal, as the program declares them for the in-memory AWS."""

from __future__ import annotations

import importlib
import json
import resource
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self

from blueprint import Blueprint, record
from blueprint.program import primary_reference


@dataclass(frozen=True)
class Declared:
    """A stack's resources, with the settings that override its stack file.

    `evaluated_in` is the duration of the program, in seconds.
    """

    stack: str
    overrides: Mapping[str, Any]
    blueprint: Blueprint
    evaluated_in: float = field(compare=False, default=0.0)

    def document(self) -> dict[str, Any]:
        """Return the blueprint as `python -m blueprint --json` writes it."""
        return json.loads(self.blueprint.to_text())


class Program:
    """Runs the program in a separate process.

    Only an evaluation needs the SDK's 250 MB, and an evaluation computes in parallel with this process's engine. Use it
    as a context manager, or `close` it.
    """

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_leave_interrupts)
        self._loading = self._pool.submit(_load)
        self._peak_memory_mb = 0.0

    def loaded(self) -> float:
        """Wait until the SDK and the layers are loaded; return the seconds it took."""
        return self._loading.result()

    def primary(self, account_id: str) -> Declared:
        """The primary stack."""
        return self._declared("primary", _emulated(account_id), {})

    def dr(self, account_id: str, primary_outputs: Mapping[str, Any], *, active: bool = False) -> Declared:
        """The recovery stack, with the primary's real outputs as references."""
        overrides = {**_emulated(account_id), **({"active": True} if active else {})}
        return self._declared("dr", overrides, {primary_reference("dr"): primary_outputs})

    def peak_memory_mb(self) -> float:
        """Peak memory of the process in MB at its last evaluation, also after it has ended."""
        return self._peak_memory_mb

    def close(self) -> None:
        """End the process after its current task."""
        self._pool.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _declared(self, stack: str, overrides: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]) -> Declared:
        declared, memory = self._pool.submit(_declare, stack, overrides, outputs).result()
        self._peak_memory_mb = max(self._peak_memory_mb, memory)
        return declared


def peak_memory_mb() -> float:
    """Peak memory of this process in MB.

    Linux copies `ru_maxrss` from the parent process (getrusage(2)); VmHWM (proc(5)) starts anew.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _leave_interrupts() -> None:
    """Ignore Ctrl-C, which a terminal sends to the whole process group; the parent process handles it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _load() -> float:
    begun = time.monotonic()
    importlib.import_module("components.platform")
    return time.monotonic() - begun


def _emulated(account_id: str) -> dict[str, Any]:
    return {"emulator": True, "accountId": account_id}


def _declare(
    stack: str, overrides: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]
) -> tuple[Declared, float]:
    begun = time.monotonic()
    blueprint = record(stack, overrides=overrides, stack_outputs=outputs)
    return Declared(stack, overrides, blueprint, time.monotonic() - begun), peak_memory_mb()
