"""Convert the provider's state into outputs with the SDK's names and structure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.lowering.naming import camel, plural, property_names
from rehearsal.lowering.schema import Block
from rehearsal.plugins.aws.shapes import Shape
from rehearsal.plugins.wire import UNKNOWN, Secret, Unknown


def outputs(block: Block, state: Mapping[str, Any], shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Return outputs by the SDK's names. A value that the provider marks as sensitive becomes a `Secret`."""
    given: dict[str, Any] = {}
    for name, sdk_name in sdk_names(block, shapes).items():
        value = state.get(name)
        if name in block.attributes:
            attribute = block.attributes[name]
            shown = _attribute(attribute["type"], value, shapes.get(sdk_name))
            given[sdk_name] = Secret(shown) if attribute.get("sensitive") and shown is not None else shown
        else:
            given[sdk_name] = _blocks(block.nested(name), value, shapes.get(sdk_name))
    return {key: value for key, value in given.items() if value is not None}


def sdk_names(block: Block, shapes: Mapping[str, Shape]) -> dict[str, str]:
    """Map the provider's names to the SDK's: of the names that the rules allow, the one that the SDK's class has."""
    allowed: dict[str, list[str]] = {}
    for sdk_name, name in property_names(block.type_, [*block.attributes, *block.blocks]).items():
        allowed.setdefault(name, []).append(sdk_name)
    return {
        name: next((sdk_name for sdk_name in candidates if sdk_name in shapes), camel(name))
        for name, candidates in allowed.items()
    }


def _blocks(block: Block, value: Any, shape: Shape) -> Any:
    if value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, Mapping):
        return _block(block, value, shape)
    if _is_list(shape):
        return [_block(block, item, shape[1] if shape else None) for item in value]
    if not value:
        return None
    return UNKNOWN if isinstance(value[0], Unknown) else _block(block, value[0], shape)


def _block(block: Block, value: Any, shape: Shape) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    return outputs(block, value, shape[1] if shape and shape[0] == "object" else {})


def _attribute(type_: Any, value: Any, shape: Shape) -> Any:
    if value is None or isinstance(value, Unknown):
        return value
    if type_ == "dynamic":
        return json.loads(json.dumps(value[1])) if isinstance(value, list) and len(value) == 2 else value
    if isinstance(type_, str):
        return value
    kind, inner = type_
    if kind in ("list", "set"):
        if shape is not None and not _is_list(shape):
            return _attribute(inner, value[0], shape) if value else None
        return [_attribute(inner, item, shape[1] if shape else None) for item in value]
    if kind == "map":
        inside = shape[1] if shape and shape[0] == "map" else None
        return {key: _attribute(inner, item, inside) for key, item in value.items()}
    if kind == "object":
        return _object(inner, value, shape)
    return value


def _object(members: Mapping[str, Any], value: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    shapes = shape[1] if shape and shape[0] == "object" else {}
    shown: dict[str, Any] = {}
    for name, type_ in members.items():
        sdk_name = next((known for known in (camel(name), camel(plural(name))) if known in shapes), camel(name))
        shown[sdk_name] = _attribute(type_, value.get(name), shapes.get(sdk_name))
    return {key: item for key, item in shown.items() if item is not None}


def _is_list(shape: Shape) -> bool:
    return shape is None or shape[0] == "list"
