"""The answer of a plugin to Diff, before it is a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Paths that change, those whose change means a replacement, and whether the old one is deleted first."""

    changed: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()
    delete_first: bool = False
