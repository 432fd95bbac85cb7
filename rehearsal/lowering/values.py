"""Convert property values to the structure of the provider's schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.lowering import assets
from rehearsal.lowering.expressions import Target, text
from rehearsal.lowering.naming import property_names
from rehearsal.lowering.schema import Block, is_computed_only


@dataclass
class Writer:
    """Converts the properties of one resource. `unsupported` collects arguments that the provider lacks."""

    target: Target
    packer: assets.Packer
    unsupported: list[str] = field(default_factory=list)

    def block(self, block: Block, properties: Mapping[str, Any], where: str = "") -> dict[str, Any]:
        """Return the arguments of one block under the provider's names."""
        written: dict[str, Any] = {}
        for sdk_name, value in properties.items():
            if value is None or sdk_name == "__defaults":
                continue
            name = block.sdk_names.get(sdk_name)
            if name is None or (name in block.attributes and is_computed_only(block.attributes[name])):
                self.unsupported.append(f"{where}{sdk_name}")
            elif name in block.attributes:
                written[name] = self._attribute(block.attributes[name]["type"], value)
            else:
                written[name] = self._nested(block, name, value, f"{where}{sdk_name}.")
        return written

    def _nested(self, block: Block, name: str, value: Any, where: str) -> Any:
        inner = block.nested(name)
        items = value if isinstance(value, list) else [value]
        return [self.block(inner, item, where) for item in items if item is not None]

    def _attribute(self, type_: Any, value: Any) -> Any:
        if assets.is_asset(value):
            return self.packer.pack(value)
        if isinstance(type_, str):
            return self._scalar(type_, value)
        kind, inner = type_
        if kind in ("list", "set"):
            items = value if isinstance(value, list) else [value]
            return [self._attribute(inner, item) for item in items]
        if kind == "map":
            return {key: self._attribute(inner, item) for key, item in value.items()}
        return self._object(inner, value)

    def _object(self, members: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
        """Write an object attribute with every key; absent keys are null."""
        names = property_names("", list(members))
        self.unsupported += [key for key in value if key not in names]
        given = {names[key]: item for key, item in value.items() if key in names}
        return {
            key: None if given.get(key) is None else self._attribute(type_, given[key])
            for key, type_ in members.items()
        }

    def _scalar(self, type_: str, value: Any) -> Any:
        if isinstance(value, str):
            return text(value, self.target)
        if type_ == "string" and isinstance(value, dict | list):
            return text(json.dumps(value), self.target)
        if type_ == "string" and isinstance(value, bool):
            return json.dumps(value)
        if type_ == "string":
            return str(value)
        return value
