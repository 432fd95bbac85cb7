"""Waiting for something to become true, with a clock that tests own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from functions.clock import Clock, system_clock
from recovery.errors import NotInTimeError

T = TypeVar("T")


def _sleep(milliseconds: int) -> None:
    time.sleep(milliseconds / 1000)


@dataclass(frozen=True)
class Waiter:
    """The time of a run: `clock` gives milliseconds since 1970, `sleep` takes milliseconds."""

    clock: Clock = system_clock
    sleep: Callable[[int], None] = _sleep

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
