"""The recorded graph of one stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from blueprint.references import Reference
from blueprint.secrets import masked


class BlueprintError(Exception):
    """The program could not be recorded; the message says why and what to do."""


class UnknownStackError(BlueprintError):
    """No stack file has the name."""


@dataclass(frozen=True)
class Resource:
    """One registered resource.

    `properties` are its inputs in the engine's camelCase; `provider` and `parent` are URNs or None;
    `dependencies` are URNs, sorted; `options` holds what was set of protect, ignoreChanges, aliases,
    retainOnDelete, deletedWith, replaceOnChanges, deleteBeforeReplace, customTimeouts, import.
    `implied` is True for a child that a remote component's plugin declares.
    """

    urn: str
    type: str
    name: str
    custom: bool
    parent: str | None
    provider: str | None
    properties: Mapping[str, Any]
    dependencies: tuple[str, ...]
    options: Mapping[str, Any]
    implied: bool = False
    outputs_registered: bool = field(default=False, compare=False)

    def reference(self, path: str) -> Reference:
        """The reference that stands for one of this resource's outputs."""
        return Reference(self.type, self.name, path)

    def as_json(self) -> dict[str, Any]:
        """The JSON form; secrets are masked."""
        entry = {
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "custom": self.custom,
            "parent": self.parent,
            "provider": self.provider,
            "properties": masked(dict(self.properties)),
            "dependencies": list(self.dependencies),
            "options": dict(self.options),
        }
        return {**entry, "implied": True} if self.implied else entry


@dataclass(frozen=True)
class Blueprint:
    """Everything that one stack declares; `resources` are sorted by URN, `outputs` are its exports."""

    stack: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The JSON form; secrets are masked."""
        return {
            "stack": self.stack,
            "resources": [resource.as_json() for resource in self.resources],
            "outputs": masked(dict(self.outputs)),
        }

    def to_text(self) -> str:
        """The JSON form as text: the same settings give the same bytes."""
        return json.dumps(self.as_json(), indent=2, sort_keys=True) + "\n"

    @cached_property
    def by_urn(self) -> dict[str, Resource]:
        """Resources by URN."""
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def by_reference(self) -> dict[tuple[str, str], Resource]:
        """Resources by (type, name), the way in which a reference names them."""
        return {(resource.type, resource.name): resource for resource in self.resources}

    def of_type(self, *types: str) -> list[Resource]:
        """Resources whose type token is one of `types`."""
        return [resource for resource in self.resources if resource.type in types]

    def one(self, type_: str, name: str) -> Resource:
        """The resource of that type and name. Raises `KeyError` when the stack declares none."""
        return self.by_reference[(type_, name)]

    def children(self, urn: str | None) -> list[Resource]:
        """Resources whose parent is `urn`; None asks for those at the top."""
        return [resource for resource in self.resources if resource.parent == urn]
