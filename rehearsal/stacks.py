"""The stacks that a rehearsal brings up, as the program declares them against the in-memory AWS."""

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
    """A stack with the settings that stand over its stack file, and what it declares with them.

    `evaluated_in` is the time that the program took, in seconds.
    """

    stack: str
    overrides: Mapping[str, Any]
    blueprint: Blueprint
    evaluated_in: float = field(compare=False, default=0.0)

    def document(self) -> dict[str, Any]:
        """The blueprint as `python -m blueprint --json` writes it."""
        return json.loads(self.blueprint.to_text())


class Program:
    """The program, in a process of its own.

    The SDK takes some 250 MB, which nothing but an evaluation needs, and an evaluation computes while this process
    speaks to an engine. Use as a context manager, or `close` it.
    """

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_leave_interrupts)
        self._loading = self._pool.submit(_load)
        self._peak_memory_mb = 0.0

    def loaded(self) -> float:
        """Waits until SDK and layers are loaded; answers the seconds that it took."""
        return self._loading.result()

    def primary(self, account_id: str) -> Declared:
        """The primary stack."""
        return self._declared("primary", _emulated(account_id), {})

    def dr(self, account_id: str, primary_outputs: Mapping[str, Any], *, active: bool = False) -> Declared:
        """The recovery stack, its references answered by the outputs that the primary really has."""
        overrides = {**_emulated(account_id), **({"active": True} if active else {})}
        return self._declared("dr", overrides, {primary_reference("dr"): primary_outputs})

    def peak_memory_mb(self) -> float:
        """The most memory that the process had had when it was last evaluated, in MB; whether it still lives or not."""
        return self._peak_memory_mb

    def close(self) -> None:
        """Ends the process once it has finished what it is at."""
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
    """The most memory that this process has had, in MB.

    Linux carries `ru_maxrss` over from the process that started this one (getrusage(2)); VmHWM (proc(5)) begins anew.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _leave_interrupts() -> None:
    """A terminal's Ctrl-C reaches every process of its group; the one that asked decides what it means."""
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
