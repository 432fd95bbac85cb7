"""Reading a recorded blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy import fields
from policy.errors import PolicyInputError, kind_of
from policy.resources import Resource
from policy.stack import Stack

_FIELDS: Mapping[str, fields.Type] = {"urn": str, "type": str, "name": str, "custom": bool, "properties": dict}
_OPTIONAL: Mapping[str, fields.Type] = {"provider": str, "parent": str, "options": dict, "external": bool}
_OPTIONS = {f"options.{name}": type_ for name, type_ in fields.OPTIONS.items()}
_HINT = "record the blueprint anew, or give the output of `pulumi preview --json` or of `pulumi stack export`"


def stack_of(document: Any, where: str) -> Stack:
    """The stack that a blueprint's JSON form describes. Raises `PolicyInputError`; `where` names the blueprint."""
    if not isinstance(document, Mapping):
        raise PolicyInputError(f"{where}: is not a blueprint but {kind_of(document)}; {_HINT}")
    entries = document.get("resources")
    if not isinstance(entries, list):
        raise PolicyInputError(f"{where}: has no list of resources; {_HINT}")
    if not entries:
        raise PolicyInputError(f"{where}: declares no resource, so there is nothing to check; {_HINT}")
    name = document.get("stack")
    if not isinstance(name, str) or not name:
        raise PolicyInputError(f"{where}: does not say its stack; {_HINT}")
    fields.check(document, {"outputs": dict}, where, _HINT)
    resources = [_resource(entry, f"{where}: resources[{index}]") for index, entry in enumerate(entries)]
    seen: set[str] = set()
    for index, resource in enumerate(resources):
        if resource.urn in seen:
            raise PolicyInputError(f"{where}: resources[{index}]: urn = {resource.urn!r}: stands twice; {_HINT}")
        seen.add(resource.urn)
    return Stack(name, resources, document.get("outputs") or {})


def _resource(entry: Any, where: str) -> Resource:
    if not isinstance(entry, Mapping):
        raise PolicyInputError(f"{where}: is not an object; {_HINT}")
    where = fields.named(where, entry)
    fields.check(entry, _FIELDS, where, _HINT, needed=True)
    fields.check(entry, _OPTIONAL, where, _HINT)
    options = entry.get("options") or {}
    fields.check({f"options.{name}": value for name, value in options.items()}, _OPTIONS, where, _HINT)
    return Resource(
        entry["urn"],
        entry["type"],
        entry["name"],
        entry["properties"],
        provider=entry.get("provider"),
        parent=entry.get("parent"),
        options=options,
        custom=entry["custom"],
        external=entry.get("external") is True,
    )
