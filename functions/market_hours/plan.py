"""When the fleet's floor changes next: pure functions of the spans and the time.

All times are whole minutes from 1970-01-01T00:00Z.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HOURS_PATH = "functions/market_hours/hours.json"
"""Where the archive has the trading hours, which the stack writes from its settings."""

DAY = 24 * 60
# Auto Scaling runs an action without this function, so a function that fails has so long to be mended. No exchange
# closes for so long, and a fortnight takes 28 of the 125 actions that a group may have (Amazon EC2 Auto Scaling User
# Guide, "Quotas for Amazon EC2 Auto Scaling").
HORIZON = 14 * DAY
# Auto Scaling refuses an action whose time has passed (API Reference, PutScheduledUpdateGroupAction, `StartTime`).
AHEAD = 2


@dataclass(frozen=True)
class Hours:
    """`spans` are start and end of each time at which the floor is raised, in order; `calendars_end` is when the first
    of the calendars ends that they were made from."""

    spans: Sequence[tuple[int, int]]
    calendars_end: int

    @classmethod
    def parse(cls, text: str) -> Hours:
        """From the JSON of `as_json`."""
        found: Mapping[str, Any] = json.loads(text)
        return cls([(start, end) for start, end in found["spans"]], found["calendars_end"])

    def as_json(self) -> str:
        """One line; the same hours give the same bytes."""
        return json.dumps({"calendars_end": self.calendars_end, "spans": self.spans}, separators=(",", ":")) + "\n"

    def is_raised(self, now: int) -> bool:
        """Whether the floor is raised at a time. After the last span it stays so, since nothing is known."""
        index = bisect_right([start for start, _ in self.spans], now)
        return index == len(self.spans) or (index > 0 and now < self.spans[index - 1][1])

    def changes(self, now: int) -> dict[int, bool]:
        """Whether the floor is raised or lowered, by each time of the horizon at which that changes.

        The last lowering is left out until the raising after it is planned, too. A function that fails therefore
        leaves the floor raised, and never lowered through a session.
        """
        coming = [span for span in self.spans if now < span[1] and span[0] < now + HORIZON]
        planned: dict[int, bool] = {}
        for start, _ in coming:
            planned[start] = True
        for _, end in coming[:-1]:
            planned[end] = False
        return {at: raised for at, raised in sorted(planned.items()) if at >= now + AHEAD}
