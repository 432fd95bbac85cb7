"""Reads off a PromQL expression which series it selects and by which labels, without evaluating it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
      |(?P<range>\[[^\]]*\])
      |(?P<number>\d[\w.]*(?:(?<=e)[+-]\d+)?|\.\d+)
      |(?P<name>[A-Za-z_:][\w:]*)
      |(?P<symbol>=~|!~|!=|==|>=|<=|[-+*/%^()<>={},@])""",
    re.VERBOSE,
)
_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_OPERATORS = {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"}


@dataclass(frozen=True)
class Selector:
    """A name, and what is asked of its labels: `(label, operator, value)`."""

    name: str
    matchers: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Reading:
    """`grouping` are the labels of `by`, `on` and the like."""

    selectors: tuple[Selector, ...]
    grouping: frozenset[str] = field(default_factory=frozenset)


def read(expression: str) -> Reading:
    """Raises `ValueError` for what is not understood, rather than leave a selector out."""
    tokens = list(_tokens(expression))
    selectors: list[Selector] = []
    grouping: set[str] = set()
    at = 0
    while at < len(tokens):
        kind, text = tokens[at]
        following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        at += 1
        if text == "{":
            raise ValueError(f"a selector without a name in {expression!r}")
        if kind != "name" or text.lower() in _OPERATORS:
            continue
        if text in _GROUPING:
            if following == "(":
                end = _closing(tokens, at, ")", expression)
                grouping |= {name for kind, name in tokens[at:end] if kind == "name"}
                at = end + 1
            continue
        if following == "(" or following in {"by", "without"}:
            continue
        matchers: list[tuple[str, str, str]] = []
        if following == "{":
            end = _closing(tokens, at, "}", expression)
            inside = [token for token in tokens[at + 1 : end] if token[1] != ","]
            matchers = [(inside[i][1], inside[i + 1][1], inside[i + 2][1][1:-1]) for i in range(0, len(inside), 3)]
            at = end + 1
        selectors.append(Selector(text, tuple(matchers)))
    return Reading(tuple(selectors), frozenset(grouping))


def _closing(tokens: list[tuple[str, str]], at: int, bracket: str, expression: str) -> int:
    for end in range(at, len(tokens)):
        if tokens[end][1] == bracket:
            return end
    raise ValueError(f"no {bracket} in {expression!r}")


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ValueError(f"{expression[at:]!r} of {expression!r}")
        at = match.end()
        if match.lastgroup != "space":
            yield str(match.lastgroup), match.group()
