"""A few layers of a stack on their own: to try their resources on the genuine provider without all the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from blueprint import Blueprint, Resource
from blueprint.references import Reference, replace_references

_PROVIDER = "pulumi:providers:aws"


def share_of(stack: Blueprint, *layers: str) -> Blueprint:
    """The resources under the layers of these names, and the providers. What they refer to outside is made up: an ARN
    of the right form, to which nothing in the in-memory AWS belongs."""
    kept = [entry for entry in stack.resources if entry.type == _PROVIDER or set(layers) & set(_above(stack, entry))]
    urns = {entry.urn for entry in kept}
    return Blueprint(
        stack.stack,
        tuple(
            replace(
                entry,
                properties=_made_up(stack, urns, entry.properties),
                dependencies=tuple(urn for urn in entry.dependencies if urn in urns),
            )
            for entry in kept
        ),
        {},
    )


def _above(stack: Blueprint, entry: Resource) -> list[str]:
    """Names of the layers that a resource lies in."""
    names = []
    while entry.parent and entry.parent in stack.by_urn:
        entry = stack.by_urn[entry.parent]
        names.append(entry.name)
    return names


def _made_up(stack: Blueprint, urns: set[str], properties: Mapping[str, Any]) -> Mapping[str, Any]:
    def of(reference: Reference) -> str:
        outside = stack.by_reference[reference.type, reference.name].urn not in urns
        service = reference.type.split(":")[1].split("/")[0]
        return f"arn:aws:{service}:us-east-1:123456789012:{reference.name}" if outside else str(reference)

    return json.loads(replace_references(json.dumps(dict(properties)), of))
