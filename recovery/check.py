"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `way_out` where it is not as it should be."""

    name: str
    ready: bool
    found: str
    way_out: str = ""
