"""What the in-memory AWS does with a request that AWS would refuse."""

from __future__ import annotations

from enum import StrEnum

STRICT_PATH = "/_emulator/strict"


class Mode(StrEnum):
    """The one switch of strictness."""

    REFUSES = "refuses"
    COUNTS = "counts"
    """Serves it, and counts what it would have refused."""
    OFF = "off"
