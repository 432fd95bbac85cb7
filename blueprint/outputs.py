"""Outputs of a resource in a recording: its inputs, and a reference for each computed output."""

from __future__ import annotations

import collections.abc
import importlib
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

from pulumi import _types
from pulumi.runtime import rpc

from blueprint.references import Reference

# Maximum depth of nested output objects; it bounds types that contain themselves.
_DEPTH = 4


def computed_outputs(type_: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs unchanged, and references for every other output property of the type."""
    outputs = dict(inputs)
    for prop, annotation in _output_types(type_).items():
        if prop not in outputs and prop not in ("id", "urn"):
            outputs[prop] = _answer(annotation, Reference(type_, name, prop), _DEPTH)
    return outputs


def _answer(annotation: Any, reference: Reference, depth: int) -> Any:
    """Return references in the shape that the SDK declares: text, a list of one, an object."""
    kind = _types.unwrap_type(annotation)
    origin = typing.get_origin(kind)
    if depth and origin in (list, collections.abc.Sequence):
        return [_answer(typing.get_args(kind)[0], _below(reference, "[0]"), depth - 1)]
    if depth and isinstance(kind, type) and _types.is_output_type(kind):
        return {
            prop: _answer(inner, _below(reference, f".{prop}"), depth - 1)
            for prop, inner in _types.output_type_types(kind).items()
        }
    if origin in (dict, collections.abc.Mapping):
        return {}
    return str(reference)


def _below(reference: Reference, step: str) -> Reference:
    return Reference(reference.type, reference.name, reference.path + step)


@cache
def _output_types(type_: str) -> dict[str, Any]:
    """Output properties of a resource type by their engine names; empty for types without an SDK class."""
    package, module, _kind = type_.split(":")
    registered: Any = rpc.get_resource_module(package, module, "")
    if registered is None or type_ not in registered.mod_info["classes"]:
        return {}
    cls = getattr(importlib.import_module(registered.mod_info["fqn"]), registered.mod_info["classes"][type_])
    return _types.resource_types(cls)
