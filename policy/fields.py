"""Types of the fields of an input: one line that names the resource, the key and the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy.errors import PolicyInputError
from policy.values import UNKNOWN_SENTINELS

Type = type | tuple[type, ...]

_NAMES: Mapping[Type, str] = {
    bool: "true or false",
    dict: "an object",
    int: "a number",
    list: "a list",
    str: "a text",
    (str, list): "a text or a list of texts",
}
_LONGEST = 80

# Pulumi, "Resource options", as a blueprint and the engine's state (pulumi/sdk, apitype: ResourceV3) write them.
OPTIONS: Mapping[str, Type] = {
    "protect": bool,
    "retainOnDelete": bool,
    "deleteBeforeReplace": bool,
    "ignoreChanges": list,
    "replaceOnChanges": list,
    "additionalSecretOutputs": list,
    "aliases": list,
    "customTimeouts": dict,
    "deletedWith": str,
    "import": str,
}
_OF_TEXTS = ("ignoreChanges", "replaceOnChanges", "additionalSecretOutputs")


def check(entry: Mapping[str, Any], fields: Mapping[str, Type], where: str, hint: str, *, needed: bool = False) -> None:
    """Raises `PolicyInputError` for the first field of another type; `needed` fields may not be missing or null."""
    for name, type_ in fields.items():
        value = entry.get(name)
        if value is None and not needed:
            continue
        if type_ is bool and not needed and isinstance(value, str) and value in UNKNOWN_SENTINELS:
            continue  # A rule that asks for it cannot be evaluated.
        # A boolean is an int to Python, not to JSON.
        if not isinstance(value, type_) or (type_ is int and isinstance(value, bool)):
            raise PolicyInputError(f"{where}: {name} = {shown(value)}: must be {_NAMES[type_]}; {hint}")
        if name.rpartition(".")[2] in _OF_TEXTS and not all(isinstance(item, str) for item in value or ()):
            raise PolicyInputError(f"{where}: {name} = {shown(value)}: must be a list of texts; {hint}")


def named(where: str, entry: Mapping[str, Any]) -> str:
    """The place of an entry, with the URN of its resource where it has one."""
    urn = entry.get("urn")
    return f"{where} ({shown(urn, quoted=False)})" if isinstance(urn, str) and urn else where


def shown(value: Any, *, quoted: bool = True) -> str:
    """A value in one line of a message, cut where it is long."""
    text = " ".join((repr(value) if quoted else str(value)).split())
    return text if not quoted or len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
