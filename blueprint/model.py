"""The recorded resource graph of one stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from blueprint.references import Reference
from blueprint.secrets import masked


class BlueprintError(Exception):
    """The program cannot be recorded; the message states why and what to do."""


class BadInputError(BlueprintError):
    """An argument of the command line is wrong."""


class UnknownStackError(BadInputError):
    """No stack file has this name."""


@dataclass(frozen=True)
class Resource:
    """One registered resource.

    `properties` are its inputs in the engine's camelCase. `provider` and `parent` are URNs or None; `dependencies` are
    URNs, sorted. `options` has the options that were set among protect, ignoreChanges, aliases, retainOnDelete,
    deletedWith, replaceOnChanges, deleteBeforeReplace, customTimeouts, import. `implied` is True for a child that a
    remote component's plugin declares.
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
        """Return the reference to one of this resource's outputs."""
        return Reference(self.type, self.name, path)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form; secrets are masked."""
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
    """All resources of one stack, sorted by URN; `outputs` are its exports."""

    stack: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form; secrets are masked."""
        return {
            "stack": self.stack,
            "resources": [resource.as_json() for resource in self.resources],
            "outputs": masked(dict(self.outputs)),
        }

    def to_text(self) -> str:
        """Return the JSON form as text. Equal settings give equal bytes."""
        return json.dumps(self.as_json(), indent=2, sort_keys=True) + "\n"

    @cached_property
    def by_urn(self) -> dict[str, Resource]:
        """Resources by URN."""
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def by_reference(self) -> dict[tuple[str, str], Resource]:
        """Resources by (type, name), as references name them."""
        return {(resource.type, resource.name): resource for resource in self.resources}

    def of_type(self, *types: str) -> list[Resource]:
        """Resources whose type token is one of `types`."""
        return [resource for resource in self.resources if resource.type in types]

    def one(self, type_: str, name: str) -> Resource:
        """Return the resource of that type and name. Raises `KeyError` if the stack declares none."""
        return self.by_reference[(type_, name)]

    def children(self, urn: str | None) -> list[Resource]:
        """Return the resources whose parent is `urn`; None returns those at the top."""
        return [resource for resource in self.resources if resource.parent == urn]
