"""Result of a plugin's Diff, before its conversion to a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Paths that change, paths whose change requires a replacement, and whether the engine deletes the old resource
    first."""

    changed: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()
    delete_first: bool = False
