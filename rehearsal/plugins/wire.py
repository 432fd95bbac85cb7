"""Encoding of property values between engine and plugins.

The signatures and the text of an unknown value are defined by the Pulumi SDK (`pulumi.runtime.rpc`; Go:
`sdk/go/common/resource/plugin/rpc.go`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

SIGNATURE = rpc._special_sig_key
RESOURCE = rpc._special_resource_sig
_SECRET = rpc._special_secret_sig
_OUTPUT = rpc._special_output_value_sig
# The engine has one text for each type of an unknown value. The SDK uses the text of a string for all types.
_UNKNOWN_TEXTS = frozenset(
    {
        rpc.UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class Unknown:
    """A value that is known only after an update."""

    _only: Unknown | None = None

    def __new__(cls) -> Unknown:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, _: object) -> Unknown:
        return self


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts in its state."""

    value: Any


def decoded(properties: struct_pb2.Struct | None) -> dict[str, Any]:
    """Decode properties to Python values: unknown ones to `UNKNOWN`, secrets to `Secret`, whole numbers to int."""
    return {key: _decoded(value) for key, value in properties.fields.items()} if properties is not None else {}


def _decoded(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWN_TEXTS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_decoded(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _special({key: _decoded(item) for key, item in value.struct_value.fields.items()})
    return None


def _special(value: dict[str, Any]) -> Any:
    signature = value.get(SIGNATURE)
    if signature == _SECRET:
        return Secret(value.get("value"))
    if signature == _OUTPUT:
        inner = value.get("value", UNKNOWN)
        return Secret(inner) if value.get("secret") else inner
    return value


def encoded(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Encode Python values as properties; the inverse of `decoded`."""
    return struct_pb2.Struct(fields={key: _encoded(value) for key, value in properties.items()})


def _encoded(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, Unknown):
        return struct_pb2.Value(string_value=rpc.UNKNOWN)
    if isinstance(value, Secret):
        return _encoded({SIGNATURE: _SECRET, "value": value.value})
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=encoded(value))
    return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encoded(item) for item in value]))


def revealed(value: Any) -> Any:
    """Return a value without secret marks."""
    if isinstance(value, Secret):
        return revealed(value.value)
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    return [revealed(item) for item in value] if isinstance(value, list) else value


def holds_unknown(value: Any) -> bool:
    """Return whether any part of a value is unknown."""
    if isinstance(value, Secret):
        return holds_unknown(value.value)
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list) else isinstance(value, Unknown)
