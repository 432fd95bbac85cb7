"""The form of a check of settings against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.settings.root import Settings

Problem = tuple[str, Any, str]
"""Key, value, and the reason with the way out."""
Problems = Iterator[Problem]
Check = Callable[["Settings"], Problems]
