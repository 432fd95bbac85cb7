"""Translate references between resources into Terraform expressions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from blueprint.references import Reference, replace_references
from rehearsal.lowering.naming import property_names
from rehearsal.lowering.schema import Block

Target = Callable[[Reference], str]
"""Returns the Terraform expression of a reference."""

_STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]")


def text(value: str, target: Target) -> str:
    """Write a string as a Terraform template: references become interpolations, the rest is literal text."""
    pieces: list[str] = []

    def note(reference: Reference) -> str:
        pieces.append("${" + target(reference) + "}")
        return f"\0{len(pieces) - 1}\0"

    escaped = replace_references(value, note).replace("${", "$${").replace("%{", "%%{")
    return re.sub("\0(\\d+)\0", lambda match: pieces[int(match.group(1))], escaped)


def path(reference: Reference, address: str, block: Block) -> str:
    """Return the address of an output within a resource: `aws_eks_cluster.x.identity[0].oidc[0].issuer`.

    The SDK replaces a block that occurs at most once by its content. Where the provider has a list, the address gets
    the index 0. Raises `KeyError` with the property if the provider has no such output.
    """
    steps = [match.group(1) or int(match.group(2)) for match in _STEP.finditer(reference.path)]
    expression = address
    position: Block | Any = block
    while steps:
        step = steps.pop(0)
        if isinstance(step, int):
            expression += f"[{step}]"
            continue
        if not isinstance(position, Block):
            expression += f".{_object_key(position, step)}"
            position = _member_type(position, step)
        else:
            expression, position = _into(position, expression, step)
        if steps and _is_many(position):
            expression = _member(expression, picked=isinstance(steps[0], int), of_set=_is_set(position))
        position = _element(position)
    return expression


def _member(expression: str, *, picked: bool, of_set: bool) -> str:
    """Return the expression of one member of a collection, or a list expression whose member the next step selects by
    index."""
    if picked:
        return f"tolist({expression})" if of_set else expression
    return f"one({expression})" if of_set else f"{expression}[0]"


def _into(block: Block, expression: str, step: str) -> tuple[str, Any]:
    if step == "id" and "id" not in block.attributes:
        raise KeyError(f"{block.type_} has no id")
    name = block.sdk_names.get(step)
    if name is None:
        raise KeyError(f"{block.type_} has no output {step}")
    position = block.attributes[name]["type"] if name in block.attributes else (block.blocks[name], block.nested(name))
    return f"{expression}.{name}", position


def _is_many(position: Any) -> bool:
    if isinstance(position, tuple):
        return position[0]["nesting_mode"] in ("list", "set")
    return isinstance(position, list) and position[0] in ("list", "set")


def _is_set(position: Any) -> bool:
    mode = position[0]["nesting_mode"] if isinstance(position, tuple) else position[0]
    return mode == "set"


def _element(position: Any) -> Any:
    if isinstance(position, tuple):
        return position[1]
    if isinstance(position, list) and position[0] in ("list", "set"):
        return position[1]
    return position


def _object_key(position: Any, step: str) -> str:
    if not isinstance(position, list) or position[0] != "object":
        return step
    name = property_names("", list(position[1])).get(step)
    if name is None:
        raise KeyError(f"has no output {step}")
    return name


def _member_type(position: Any, step: str) -> Any:
    if isinstance(position, list) and position[0] == "object":
        return position[1].get(_object_key(position, step), "dynamic")
    return position[1] if isinstance(position, list) else "dynamic"
