"""What the in-memory AWS does with a request that AWS would refuse."""

from __future__ import annotations

from enum import StrEnum

STRICT_PATH = "/_rehearsal/strict"


class Mode(StrEnum):
    """The one switch of strictness."""

    REFUSES = "refuses"
    COUNTS = "counts"
    """Serves it, and counts what it would have refused."""
    OFF = "off"


REHEARSED = Mode.COUNTS
"""The mode of a whole rehearsal: no whole rehearsal has run in the mode `refuses` yet, so it names what would be
refused in its report. Tests of the server run in the mode `refuses`."""
