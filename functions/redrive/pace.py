"""A set rate, and a budget of time."""

from __future__ import annotations

from collections.abc import Callable

from functions.clock import Clock


class Pace:
    """Lets `per_second` steps through each second, until the time is up."""

    def __init__(
        self,
        per_second: float,
        clock: Clock,
        sleep: Callable[[float], None],
        remaining_milliseconds: Callable[[], int],
        reserve_milliseconds: int,
    ) -> None:
        self._interval = 1000 / per_second
        self._clock = clock
        self._sleep = sleep
        self._remaining = remaining_milliseconds
        self._reserve = reserve_milliseconds
        self._next = float(clock())

    def time_is_up(self) -> bool:
        """Whether nothing new may be begun; what was begun has the reserve to end in."""
        return self._remaining() <= self._reserve

    def step(self, weight: int = 1) -> bool:
        """Waits for the turn of `weight` steps; false when the time would be up by then."""
        now = float(self._clock())
        wait = max(0.0, self._next - now)
        if self._remaining() - wait <= self._reserve:
            return False
        if wait:
            self._sleep(wait / 1000)
        self._next = max(self._next, now) + weight * self._interval
        return True
