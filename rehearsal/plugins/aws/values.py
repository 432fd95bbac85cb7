"""Values of the provider's types and their encoding: msgpack, with an extension for unknown values.

https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol: types are JSON ("string", ["list", T],
["object", {...}]); objects and maps are msgpack maps. A value in this module is a dict, list, str, number, bool, None
or `UNKNOWN`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgpack

from rehearsal.lowering.schema import Block
from rehearsal.plugins.wire import UNKNOWN, Unknown

# The extension without refinements. The provider may answer with refinements (type 12).
_UNKNOWN_TYPE = 0


def packed(value: Any) -> bytes:
    """Encode a value as msgpack."""
    content: Any = msgpack.packb(value, default=_extension)
    return content


def unpacked(data: bytes) -> Any:
    """Decode a value from msgpack. Every extension is an unknown value."""
    return msgpack.unpackb(data, ext_hook=lambda _type, _data: UNKNOWN, strict_map_key=False)


def _extension(value: Any) -> Any:
    if isinstance(value, Unknown):
        return msgpack.ExtType(_UNKNOWN_TYPE, b"\0")
    raise TypeError(f"no msgpack for {type(value).__name__}")


def whole(block: Block, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block with every member of its type: null or empty if the configuration omits it."""
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
        # A nested group is never null; it is empty.
        return whole(inner, {}) if mode == "group" else None
    return whole(inner, items[0] if isinstance(items, list) else items)


def normalized(block: Block, state: Mapping[str, Any]) -> dict[str, Any]:
    """Replace null nested blocks of a provider's state by empty ones, as Terraform's core does.

    A provider of the older SDK treats a null block as new and plans it as unknown (terraform: internal/plans/objchange,
    `NormalizeObjectFromLegacySDK`).
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
    """Encode a value of a dynamic type together with its type."""
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
    """Return whether any part of a value is unknown."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list) else isinstance(value, Unknown)
