"""Every policy document that a stack declares, wherever a property holds one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from blueprint import Blueprint, Resource

_TRUST = ("aws:iam/role:Role", "assumeRolePolicy")
_IDENTITY = ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy", "aws:iam/userPolicy:UserPolicy")


class Kind(StrEnum):
    """Who a document belongs to: a role's trust, an identity, or a resource."""

    TRUST = "trust"
    IDENTITY = "identity"
    RESOURCE = "resource"


@dataclass(frozen=True)
class Document:
    """`name` is that of the resource and of the property: `rolePolicy:RolePolicy engine.policy`."""

    name: str
    kind: Kind
    content: Mapping[str, Any]

    @property
    def statements(self) -> list[Mapping[str, Any]]:
        """The statements, of which a document may have a lone one."""
        return listed(self.content["Statement"])


def listed(value: Any) -> list[Any]:
    """A lone value as a list of one; nothing as an empty list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def documents(stack: Blueprint) -> Iterator[Document]:
    """The documents of every resource of AWS."""
    for resource in stack.resources:
        if resource.custom and resource.type.startswith("aws:"):
            for path, value in _values(resource.properties):
                content = _decoded(value)
                if content is not None:
                    name = f"{resource.type.rpartition('/')[2]} {resource.name}.{path}"
                    yield Document(name, _kind(resource, path), content)


def _kind(resource: Resource, path: str) -> Kind:
    if (resource.type, path) == _TRUST:
        return Kind.TRUST
    return Kind.IDENTITY if resource.type in _IDENTITY else Kind.RESOURCE


def _values(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _values(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _values(inner, f"{path}.{index}")


def _decoded(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, str) and '"Statement"' in value:
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return None
    if isinstance(value, Mapping) and "Statement" in value:
        return value
    return None
