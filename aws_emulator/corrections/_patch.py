"""How a correction takes the place of a method of moto."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any


def around(owner: type | ModuleType, name: str, replacement: Callable[..., Any]) -> None:
    """Put `replacement` in the place of `name` of a class or module; it gets the original as its first argument.

    Raises AttributeError when the method is not there: a newer moto has moved it, and the correction must follow.
    """
    original = getattr(owner, name)

    @functools.wraps(original)
    def method(*args: Any, **kwargs: Any) -> Any:
        return replacement(original, *args, **kwargs)

    setattr(owner, name, method)


def lacking(owner: type, name: str, method: Callable[..., Any]) -> None:
    """Give `owner` a method that it lacks. Raises AttributeError when it is there: the correction is not needed."""
    if hasattr(owner, name):
        raise AttributeError(f"{owner.__name__} has {name} already: see whether the correction is still needed")
    setattr(owner, name, method)
