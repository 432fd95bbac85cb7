"""Progress of long steps: bars on a terminal, occasional lines in a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from rehearsal.engines import Progress

_LINE_EVERY_SECONDS = 15.0


class ProgressDisplay:
    """Progress of several stacks at once; safe to call from their threads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._last_line: dict[str, float] = {}
        self._bars = Bars(
            TextColumn("{task.description:28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}", style="dim"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def tell(self, line: str) -> None:
        """Print a line about the current step."""
        self._console.print(line, style="dim", soft_wrap=True, markup=False)

    @contextmanager
    def phase(self, description: str) -> Iterator[None]:
        """A step without counts: print its start, and its duration at the end."""
        begun = time.monotonic()
        self._console.print(f"{description} ...", style="dim")
        yield
        self._console.print(f"{description}: {time.monotonic() - begun:.1f} s")

    def __call__(self, progress: Progress) -> None:
        """Show one step of an engine."""
        with self._lock:
            if self._console.is_terminal:
                self._advance(progress)
            elif time.monotonic() - self._last_line.get(progress.stack, 0.0) > _LINE_EVERY_SECONDS:
                self._last_line[progress.stack] = time.monotonic()
                line = f"  {progress.stack}: {progress.done} of {progress.total}, {progress.resource}"
                self._console.print(line, soft_wrap=True)

    def __enter__(self) -> ProgressDisplay:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def _advance(self, progress: Progress) -> None:
        verb = "destroy" if progress.action.startswith("delete") else "up"
        key = f"{progress.stack} {verb}"
        if key not in self._tasks:
            self._tasks[key] = self._bars.add_task(key, total=progress.total, now="")
        self._bars.update(self._tasks[key], completed=progress.done, now=progress.resource[:60])
