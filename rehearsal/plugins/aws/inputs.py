"""Convert inputs of the program into the provider's configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.lowering import assets
from rehearsal.lowering.assets import Packer
from rehearsal.lowering.schema import Block
from rehearsal.lowering.values import Writer
from rehearsal.plugins.aws.values import whole
from rehearsal.plugins.wire import UNKNOWN, Unknown

DEFAULTS = "__defaults"


@dataclass(frozen=True)
class Assets:
    """Asset files, named by the engine's hash. The engine sends an unchanged asset as its hash alone."""

    packer: Packer

    def pack(self, value: Mapping[str, Any]) -> str:
        """Return the path of a file with the asset's content. Raises `ValueError` if there is no content."""
        known = self.packer.folder / str(value.get("hash"))
        if not value.get("hash"):
            return self.packer.pack(value)
        if not known.exists():
            made = Path(self.packer.pack(value))
            self.packer.folder.mkdir(parents=True, exist_ok=True)
            part = known.with_suffix(".part")
            part.write_bytes(made.read_bytes())
            part.rename(known)
        return str(known.resolve())


class ConfigurationWriter(Writer):
    """A `Writer` of plain values, which may be unknown before the update."""

    def __init__(self, packed: Assets) -> None:
        super().__init__(lambda reference: str(reference), packed.packer)
        self._assets = packed

    def _nested(self, block: Block, name: str, value: Any, where: str) -> Any:
        if isinstance(value, Unknown):
            return UNKNOWN
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, Unknown) for item in items):
            return UNKNOWN
        if block.blocks[name]["nesting_mode"] == "map" and isinstance(value, Mapping):
            return {key: self.block(block.nested(name), item, where) for key, item in value.items()}
        return super()._nested(block, name, value, where)

    def _attribute(self, type_: Any, value: Any) -> Any:
        if value is None or isinstance(value, Unknown):
            return value
        if assets.is_asset(value):
            return self._assets.pack(value)
        return super()._attribute(type_, value)

    def _scalar(self, type_: str, value: Any) -> Any:
        if type_ == "string":
            if isinstance(value, dict | list):
                return json.dumps(value)
            return json.dumps(value) if isinstance(value, bool) else str(value)
        if type_ == "number" and isinstance(value, str):
            return json.loads(value)
        if type_ == "bool" and isinstance(value, str):
            return value.lower() == "true"
        return value


def configuration(block: Block, inputs: Mapping[str, Any], packed: Assets) -> tuple[dict[str, Any], list[str]]:
    """Return the whole configuration, and the arguments that this provider lacks."""
    writer = ConfigurationWriter(packed)
    written = writer.block(block, inputs)
    return whole(block, written), writer.unsupported


def decoded_provider_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Decode a provider's inputs. The SDK encodes all inputs except plain strings as JSON text."""
    from rehearsal.lowering.document import decoded_input

    return {key: decoded_input(value) for key, value in inputs.items()}
