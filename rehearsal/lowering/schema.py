"""The provider's schema: the arguments of each type and their structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rehearsal.lowering.naming import property_names


@dataclass(frozen=True)
class Block:
    """One block of a resource: attributes and nested blocks by name."""

    type_: str
    raw: Mapping[str, Any]

    @cached_property
    def attributes(self) -> Mapping[str, Mapping[str, Any]]:
        """Attribute schemas by name."""
        return self.raw.get("attributes", {})

    @cached_property
    def blocks(self) -> Mapping[str, Mapping[str, Any]]:
        """Nested block types by name."""
        return self.raw.get("block_types", {})

    @cached_property
    def sdk_names(self) -> Mapping[str, str]:
        """The provider's names by the SDK's names."""
        return property_names(self.type_, [*self.attributes, *self.blocks])

    def nested(self, name: str) -> Block:
        """Return the schema of a nested block."""
        return Block(f"{self.type_}.{name}", self.blocks[name]["block"])

    def writable(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Attributes that a configuration may set."""
        return ((name, schema) for name, schema in self.attributes.items() if not is_computed_only(schema))


def is_computed_only(attribute: Mapping[str, Any]) -> bool:
    """Return whether only the provider sets this attribute."""
    return bool(attribute.get("computed")) and not attribute.get("optional") and not attribute.get("required")
