"""Speed: an attribute of a DynamoDB item is answered as it is stored, without a walk over its model.

moto looks for each of the ten kinds of value that an attribute may have, some milliseconds for each item: a scan of a
few hundred orders would take longer than the runbook waits for a region that may be lost.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core.serialize import BaseJSONSerializer

from aws_emulator.corrections._patch import around

# Kinds whose stored form is the answered one.
_PLAIN = ("S", "N", "BOOL", "NULL")


@cache
def install() -> None:
    around(BaseJSONSerializer, "_serialize_type_structure", _structure)


def _structure(
    original: Any, serializer: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str
) -> None:
    if key and shape.name == "AttributeValue" and isinstance(value, dict) and len(value) == 1:
        ((kind, content),) = value.items()
        if kind in _PLAIN and isinstance(content, str | bool):
            serialized[key] = {kind: content}
            return
    original(serializer, serialized, value, shape, key)
