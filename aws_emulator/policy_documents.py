"""Policy documents as services send and store them: JSON text or an object, lists that may be a lone value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def listed(value: Any) -> list[Any]:
    """A lone value as a list of one; nothing as an empty list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def document_of(text: Any) -> Mapping[str, Any] | None:
    """A document as it was sent, or None where it is no JSON object."""
    try:
        found = json.loads(text) if isinstance(text, str | bytes) else text
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def statements_of(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The statements, of which a document may have a lone one."""
    yield from (item for item in listed(document.get("Statement")) if isinstance(item, Mapping))
