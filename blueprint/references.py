"""How a value that only the cloud can give is written in a blueprint.

A computed output is answered with the text `${<type>::<name>#<path>}`. It survives `Output.concat`,
`json.dumps` and f-strings inside `apply`, so where it ends up tells which resource feeds which argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

STACK_REFERENCE = "pulumi:pulumi:StackReference"

_PATTERN = re.compile(r"\$\{(?P<type>[\w-]+:[\w./-]+:\w+)::(?P<name>[^#}]+)#(?P<path>[^}]+)\}")


@dataclass(frozen=True)
class Reference:
    """An output of another resource: its type token, its name, and the path of the property (`id`, `a[0].b`)."""

    type: str
    name: str
    path: str

    def __str__(self) -> str:
        return f"${{{self.type}::{self.name}#{self.path}}}"


def references_in(value: Any) -> Iterator[Reference]:
    """Every reference in a property value, however deep, in the order in which they stand."""
    if isinstance(value, str):
        for match in _PATTERN.finditer(value):
            yield Reference(**match.groupdict())
    elif isinstance(value, dict):
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references_in(item)


def replace_references(text: str, replacement: Callable[[Reference], str]) -> str:
    """The text with each reference replaced by what `replacement` answers for it."""
    return _PATTERN.sub(lambda match: replacement(Reference(**match.groupdict())), text)
