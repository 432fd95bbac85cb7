"""Waiting for something to become true, with a clock that tests own."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from functions.clock import Clock
from recovery.corrected_clock import CorrectedClock
from recovery.errors import NotInTimeError

T = TypeVar("T")


def as_far_as_they_come(calls: Sequence[Callable[[], T]], seconds: float) -> list[T | None]:
    """What the calls give within `seconds`, in their order; None for those that are still at it. Raises what the first
    of the others raised.

    Each call has a thread of its own. The threads are daemons: one that hangs does not keep the process.
    """
    answers: list[T | None] = [None] * len(calls)
    errors: list[BaseException | None] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            answers[number] = calls[number]()
        except BaseException as error:  # noqa: BLE001 it is raised where it was asked for
            errors[number] = error

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(calls))]
    end = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(None if seconds == math.inf else max(0.0, end - time.monotonic()))
    for error in errors:
        if error is not None:
            raise error
    return list(answers)


def _sleep(milliseconds: int) -> None:
    time.sleep(milliseconds / 1000)


class Waiter:
    """The time of a run: `clock` gives milliseconds since 1970 and is corrected by AWS's answers, `sleep` takes
    milliseconds."""

    def __init__(self, clock: Clock | None = None, sleep: Callable[[int], None] = _sleep) -> None:
        self.clock = CorrectedClock(clock) if clock is not None else CorrectedClock()
        self.sleep = sleep

    def until(self, probe: Callable[[], T | None], *, what: str, within: int, every: int) -> T:
        """What `probe` gives once it gives something; asked `every` so many milliseconds.

        Raises NotInTimeError after `within` milliseconds, naming `what` was waited for.
        """
        end = self.clock() + within
        while True:
            found = probe()
            if found is not None:
                return found
            left = end - self.clock()
            if left <= 0:
                raise NotInTimeError(f"{what} did not come within {within / 1000:g} s; find out why, then `resume`")
            self.sleep(min(every, left))

    def until_clock_reads(self, moment: int) -> None:
        """Returns once the clock reads `moment`, in milliseconds since 1970, or later."""
        while (left := moment - self.clock()) > 0:
            self.sleep(left)
