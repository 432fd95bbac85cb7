"""Processor time of tasks that take turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


def fastest(tasks: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Least processor seconds of each task; tasks take turns, so that a busy machine slows all of them."""
    found = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            begun = time.process_time()
            task()
            found[name] = min(found[name], time.process_time() - begun)
    return found
