"""Values of a request by path, and the rules that a documented value keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import regex

from aws_emulator.store import Call
from aws_emulator.strict.constraint import Broken

Rule = Callable[[Any], str | None]
"""What is wrong with a value, as the end of a sentence; None when nothing is."""


def values_at(params: Any, path: str) -> Iterator[Any]:
    """Values under a path such as `Rules[].Lifecycle.DeleteAfterDays`; nothing where a part is absent."""
    name, _, rest = path.partition(".")
    lists = name.endswith("[]")
    value = params.get(name.removesuffix("[]")) if isinstance(params, Mapping) else None
    if value is None:
        return
    for item in value if lists and isinstance(value, list | tuple) else [value]:
        if rest:
            yield from values_at(item, rest)
        else:
            yield item


def value_follows(path: str, rule: Rule) -> Broken:
    """A check that each value under a path keeps a rule."""

    def broken(call: Call) -> str | None:
        for value in values_at(call.params, path):
            fault = rule(value)
            if fault:
                return f"Value '{str(value)[:80]}' of {path.replace('[]', '')} {fault}"
        return None

    return broken


def between(low: int, high: int) -> Rule:
    """A number of a range; texts of digits are numbers."""

    def rule(value: Any) -> str | None:
        try:
            fits = low <= float(value) <= high
        except (TypeError, ValueError):
            fits = False
        return None if fits else f"must be a number from {low} to {high}"

    return rule


def matches(pattern: str, words: str) -> Rule:
    """A text that a pattern matches as a whole; `words` say so in a sentence."""
    compiled = regex.compile(pattern)
    return lambda value: None if compiled.fullmatch(str(value)) else words


def one_of(*allowed: str) -> Rule:
    """One of a few texts."""
    return lambda value: None if str(value) in allowed else f"must be one of {', '.join(allowed)}"
