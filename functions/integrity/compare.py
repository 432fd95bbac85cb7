"""Compares two sides that replicate each other, in memory that does not grow with what they hold.

First both sides are read once, to one checksum for each segment. Only segments that differ are read again, and of
these the keys and digests are kept, up to a limit. What differs then may be a change that is on its way: it is a
difference only if it outlives the replication lag. So once the lag has passed since both were read, each such key is
read again on both sides. It counts if neither side has moved since, and the two still differ; where either has moved,
replication is at work.

Where entries tell when they were changed, nothing has to be waited for: one that changed within the lag is on its way.
That is how S3 is compared, whose lag is as long as a function may run. An object that was deleted within the lag has
no time to tell; it is listed as extra until the other side has deleted it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from functions.clock import Clock
from functions.integrity.segments import Entry, Segments, differing, segment_of


class Side(Protocol):
    """One region's copy; both calls raise SideUnavailableError."""

    region: str
    stamped: bool
    """Whether its entries tell when they were changed."""

    def entries(self) -> Iterator[Entry]:
        """Every entry, in any order, each key once."""
        ...

    def entry(self, key: str) -> Entry | None:
        """One entry as it is now."""
        ...


class SideUnavailableError(Exception):
    """A side cannot be read, so nothing can be said of it."""


class OutOfTimeError(Exception):
    """The time is up before everything was compared."""


@dataclass
class Comparison:
    """What was found; `kind` of a difference is missing, extra or changed, as seen from the primary."""

    primary_entries: int = 0
    replica_entries: int = 0
    segments: int = 0
    segments_differing: int = 0
    differences: dict[str, str] = field(default_factory=dict)
    in_flight: int = 0
    listing_complete: bool = True


@dataclass(frozen=True)
class Limits:
    """How finely, for how long, and how much is listed."""

    depth: int
    lag_milliseconds: int
    max_listed: int


class Comparer:
    """Runs comparisons; `time_is_up` says when to stop, `sleep` takes seconds."""

    def __init__(self, clock: Clock, sleep: Callable[[float], None], time_is_up: Callable[[float], bool]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._time_is_up = time_is_up

    def run(self, primary: Side, replica: Side, limits: Limits) -> Comparison:
        """Raises SideUnavailableError and OutOfTimeError: a comparison that was not finished is no comparison."""
        ours, theirs = self._segments(primary, limits), self._segments(replica, limits)
        found = Comparison(ours.entries, theirs.entries, segments=1 << limits.depth)
        segments = differing(ours.tree(), theirs.tree())
        found.segments_differing = len(segments)
        if not segments:
            return found
        candidates = self._candidates(primary, replica, segments, limits, found)
        if not (primary.stamped and replica.stamped):
            self._wait(limits.lag_milliseconds / 1000)
        for key, seen in sorted(candidates.items()):
            self._judge(key, seen, primary, replica, limits, found)
        return found

    def _segments(self, side: Side, limits: Limits) -> Segments:
        segments = Segments(limits.depth)
        for entry in self._timed(side.entries()):
            segments.add(entry)
        return segments

    def _candidates(
        self, primary: Side, replica: Side, segments: set[int], limits: Limits, found: Comparison
    ) -> dict[str, tuple[Entry | None, Entry | None]]:
        """Keys of differing segments whose entries differ, up to the limit, with both entries as they were seen."""
        ours = self._listed(primary, segments, limits, found)
        theirs = self._listed(replica, segments, limits, found)
        pairs = {key: (ours.get(key), theirs.get(key)) for key in ours.keys() | theirs.keys()}
        if not found.listing_complete:
            # A key for which only one list had room is no difference yet: it is asked for.
            pairs = {key: (one or primary.entry(key), two or replica.entry(key)) for key, (one, two) in pairs.items()}
        return {key: pair for key, pair in pairs.items() if not _same(*pair)}

    def _listed(self, side: Side, segments: set[int], limits: Limits, found: Comparison) -> dict[str, Entry]:
        listed: dict[str, Entry] = {}
        for entry in self._timed(side.entries()):
            if segment_of(entry.key, limits.depth) in segments:
                if len(listed) >= limits.max_listed:
                    found.listing_complete = False
                    break
                listed[entry.key] = entry
        return listed

    def _judge(
        self,
        key: str,
        seen: tuple[Entry | None, Entry | None],
        primary: Side,
        replica: Side,
        limits: Limits,
        found: Comparison,
    ) -> None:
        if self._time_is_up(0):
            raise OutOfTimeError(f"{len(found.differences)} differences so far")
        ours, theirs = primary.entry(key), replica.entry(key)
        if _same(ours, theirs):
            found.in_flight += 1
            return
        young_since = self._clock() - limits.lag_milliseconds
        stamps = [entry.changed_at for entry in (ours, theirs) if entry is not None and entry.changed_at is not None]
        moved = not (_same(ours, seen[0]) and _same(theirs, seen[1]))
        if moved or any(stamp > young_since for stamp in stamps):
            found.in_flight += 1
        elif theirs is None:
            found.differences[key] = "missing"
        else:
            found.differences[key] = "extra" if ours is None else "changed"

    def _timed(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        for number, entry in enumerate(entries):
            if number % 100 == 0 and self._time_is_up(0):
                raise OutOfTimeError(f"after {number} entries")
            yield entry

    def _wait(self, seconds: float) -> None:
        if self._time_is_up(seconds):
            raise OutOfTimeError(f"the replication lag of {seconds:g} s does not fit into what is left")
        self._sleep(seconds)


def _same(one: Entry | None, other: Entry | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.digest == other.digest
