"""Values of the provider's types, and how they travel: msgpack, an unknown one as an extension.

https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol: types are JSON ("string", ["list", T],
["object", {...}]); objects and maps are msgpack maps. A value here is built of dict, list, str, numbers, bool, None and
`UNKNOWN`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgpack

from rehearsal.lowering.schema import Block
from rehearsal.plugins.wire import UNKNOWN, Unknown

# The extension without refinements; the provider may answer one with refinements (type 12).
_UNKNOWN_TYPE = 0


def packed(value: Any) -> bytes:
    """A value as msgpack."""
    content: Any = msgpack.packb(value, default=_extension)
    return content


def unpacked(data: bytes) -> Any:
    """A value from msgpack; every extension is an unknown value."""
    return msgpack.unpackb(data, ext_hook=lambda _type, _data: UNKNOWN, strict_map_key=False)


def _extension(value: Any) -> Any:
    if isinstance(value, Unknown):
        return msgpack.ExtType(_UNKNOWN_TYPE, b"\0")
    raise TypeError(f"no msgpack for {type(value).__name__}")


def whole(block: Block, written: Mapping[str, Any]) -> dict[str, Any]:
    """A block with every member that its type has: null or empty where nothing is written."""
    value: dict[str, Any] = {}
    for name, attribute in block.attributes.items():
        value[name] = dynamic(attribute["type"], written.get(name))
    for name, nested in block.blocks.items():
        value[name] = _whole_nested(block.nested(name), nested["nesting_mode"], written.get(name))
    return value


def _whole_nested(inner: Block, mode: str, items: Any) -> Any:
    if isinstance(items, Unknown):
        return UNKNOWN
    if mode == "map":
        return {key: whole(inner, item) for key, item in (items or {}).items()}
    if mode in ("list", "set"):
        if any(isinstance(item, Unknown) for item in items or ()):
            return UNKNOWN
        return [whole(inner, item) for item in items or ()]
    if not items:
        # A group is never null: it is there with nothing in it.
        return whole(inner, {}) if mode == "group" else None
    return whole(inner, items[0] if isinstance(items, list) else items)


def normalized(block: Block, state: Mapping[str, Any]) -> dict[str, Any]:
    """A state of the provider in which nested blocks that it leaves null are empty, as Terraform's core keeps it.

    A provider of the older SDK takes a null block for one that it never had, and plans it as unknown (terraform:
    internal/plans/objchange, `NormalizeObjectFromLegacySDK`).
    """
    kept = dict(state)
    for name, nested in block.blocks.items():
        kept[name] = _normalized_nested(block.nested(name), nested["nesting_mode"], state.get(name))
    return kept


def _normalized_nested(inner: Block, mode: str, value: Any) -> Any:
    if isinstance(value, Unknown):
        return value
    if mode in ("list", "set"):
        return [item if isinstance(item, Unknown) else normalized(inner, item) for item in value or ()]
    if mode == "map":
        return {key: normalized(inner, item) for key, item in (value or {}).items()}
    return normalized(inner, value) if isinstance(value, Mapping) else value


def dynamic(type_: Any, value: Any) -> Any:
    """A value whose type is only known with it travels together with its type."""
    if type_ != "dynamic" or value is None or isinstance(value, Unknown):
        return value
    return [json.dumps(_type_of(value)).encode(), value]


def _type_of(value: Any) -> Any:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, Mapping):
        return ["object", {key: _type_of(item) for key, item in value.items()}]
    if isinstance(value, list):
        return ["tuple", [_type_of(item) for item in value]]
    return "string"


def holds_unknown(value: Any) -> bool:
    """Whether something in a value is unknown."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list) else isinstance(value, Unknown)
