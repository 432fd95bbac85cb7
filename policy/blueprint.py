"""Reading a recorded blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy.errors import PolicyInputError
from policy.resources import Resource
from policy.stack import Stack

_FIELDS: dict[str, type | tuple[type, ...]] = {"urn": str, "type": str, "name": str, "custom": bool, "properties": dict}
_HINT = "write it with `python -m blueprint STACK --json FILE`"


def stack_of(document: Any, where: str) -> Stack:
    """The stack that a blueprint's JSON form describes. Raises `PolicyInputError`; `where` names the blueprint."""
    if not isinstance(document, Mapping):
        raise PolicyInputError(f"{where}: is not a blueprint but a {type(document).__name__}; {_HINT}")
    entries = document.get("resources")
    if not isinstance(entries, list):
        raise PolicyInputError(f"{where}: has no list of resources; {_HINT}")
    if not entries:
        raise PolicyInputError(f"{where}: declares no resource, so there is nothing to check; {_HINT}")
    name = document.get("stack")
    if not isinstance(name, str) or not name:
        raise PolicyInputError(f"{where}: does not say its stack; {_HINT}")
    outputs = document.get("outputs")
    resources = [_resource(entry, f"{where}: resources[{index}]") for index, entry in enumerate(entries)]
    seen: set[str] = set()
    for index, resource in enumerate(resources):
        if resource.urn in seen:
            raise PolicyInputError(f"{where}: resources[{index}]: urn = {resource.urn!r} stands twice; {_HINT}")
        seen.add(resource.urn)
    return Stack(name, resources, outputs if isinstance(outputs, Mapping) else {})


def _resource(entry: Any, where: str) -> Resource:
    if not isinstance(entry, Mapping):
        raise PolicyInputError(f"{where}: is not an object; {_HINT}")
    for field, type_ in _FIELDS.items():
        if not isinstance(entry.get(field), type_):
            raise PolicyInputError(f"{where}: {field} = {entry.get(field)!r} is not what it must be; {_HINT}")
    for field in ("provider", "parent"):
        if not isinstance(entry.get(field), str | None):
            raise PolicyInputError(f"{where}: {field} = {entry[field]!r} is not what it must be; {_HINT}")
    options = entry.get("options") or {}
    return Resource(
        entry["urn"],
        entry["type"],
        entry["name"],
        entry["properties"],
        provider=entry.get("provider"),
        parent=entry.get("parent"),
        options=options if isinstance(options, Mapping) else {},
        custom=entry["custom"],
        external=entry.get("external") is True,
    )
