"""The primary's exports as another stack reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprint.references import STACK_REFERENCE, Reference, references_in
from blueprint.secrets import Secret


def as_seen_from_dr(stack: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Exports of a recorded stack for a stack that refers to it.

    What the primary knows without the cloud stays a value; what only the cloud can give becomes a reference
    to the stack's output (`${pulumi:pulumi:StackReference::<stack>#outputs.<name>}`), since the primary's own
    references mean nothing in another stack.
    """
    return {name: _seen(value, Reference(STACK_REFERENCE, stack, f"outputs.{name}")) for name, value in outputs.items()}


def _seen(value: Any, reference: Reference) -> Any:
    if isinstance(value, Secret):
        return Secret(_seen(value.value, reference))
    if isinstance(value, dict):
        return {key: _seen(item, _step(reference, f".{key}")) for key, item in value.items()}
    if isinstance(value, list):
        return [_seen(item, _step(reference, f"[{index}]")) for index, item in enumerate(value)]
    return str(reference) if any(references_in(value)) else value


def _step(reference: Reference, step: str) -> Reference:
    return Reference(reference.type, reference.name, reference.path + step)
