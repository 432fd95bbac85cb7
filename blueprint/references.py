"""Text form of values that only the cloud can provide.

A computed output is answered with the text `${<type>::<name>#<path>}`. It survives `Output.concat`, `json.dumps` and
f-strings inside `apply`, so that each argument shows the resource that it comes from.
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
    """Yield all references in a property value at any depth, in order."""
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
    """Return the text with each reference replaced by the result of `replacement`."""
    return _PATTERN.sub(lambda match: replacement(Reference(**match.groupdict())), text)
