"""Replace methods of moto."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any


def replace_method(owner: type | ModuleType, name: str, replacement: Callable[..., Any]) -> None:
    """Replace the method `name` of a class or module; `replacement` gets the original as its first argument.

    Raises AttributeError if the method does not exist: a newer moto has moved it, and the correction must change.
    """
    original = getattr(owner, name)

    @functools.wraps(original)
    def method(*args: Any, **kwargs: Any) -> Any:
        return replacement(original, *args, **kwargs)

    setattr(owner, name, method)


def add_method(owner: type, name: str, method: Callable[..., Any]) -> None:
    """Add a missing method to `owner`. Raises AttributeError if it exists, because the correction is then not
    needed."""
    if hasattr(owner, name):
        raise AttributeError(f"{owner.__name__} has {name} already; check whether the correction is still needed")
    setattr(owner, name, method)
