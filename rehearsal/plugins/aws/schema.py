"""The provider's schema, read once by a child process and cached in a file per type and provider version.

The whole schema is large (tens of MB as a message). The files have the form of `terraform providers schema -json`, so
that `rehearsal.lowering.schema.Block` reads both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from rehearsal.lowering.schema import Block
from rehearsal.plugins.aws.process import ProviderError, ProviderProcess

_INDEX = "_index.json"
# tfplugin5.Schema.NestedBlock.NestingMode, in its order.
_NESTING = {1: "single", 2: "list", 3: "set", 4: "map", 5: "group"}


@dataclass
class Schemas:
    """Schemas of one provider version. `folder` has a file for each resource and data source."""

    folder: Path
    _read: dict[str, tuple[Block, int]] = field(default_factory=dict)

    @cached_property
    def resources(self) -> frozenset[str]:
        """Return the names of all resource types."""
        return frozenset(self._index["resources"])

    @cached_property
    def data_sources(self) -> frozenset[str]:
        """Return the names of all data sources."""
        return frozenset(self._index["data_sources"])

    @property
    def provider(self) -> Block:
        """Return the schema of the provider's configuration."""
        return self._file("provider", "provider")[0]

    def resource(self, type_: str) -> tuple[Block, int]:
        """Return a resource type's block, and the version of its schema."""
        return self._file("resource", type_)

    def data_source(self, type_: str) -> Block:
        """Return a data source's block."""
        return self._file("data", type_)[0]

    @cached_property
    def _index(self) -> dict[str, Any]:
        return json.loads((self.folder / _INDEX).read_text(encoding="utf-8"))

    def _file(self, kind: str, type_: str) -> tuple[Block, int]:
        key = f"{kind}.{type_}"
        if key not in self._read:
            raw = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
            self._read[key] = (Block(type_, raw["block"]), raw["version"])
        return self._read[key]


def schemas(cache: Path, version: str) -> Schemas:
    """Return the schemas of a provider version. A child process reads them if the cache lacks them. Raises
    `ProviderError`."""
    folder = cache / f"aws-{version}"
    if not (folder / _INDEX).exists():
        command = [sys.executable, "-m", "rehearsal.plugins.aws.schema", str(folder)]
        split = subprocess.run(command, capture_output=True, text=True)
        if split.returncode != 0:
            raise ProviderError(f"the AWS provider's schema cannot be read: {split.stderr.strip()[-500:]}")
    return Schemas(folder)


def split(process: ProviderProcess, folder: Path) -> None:
    """Write the files. Each process writes to a temporary folder and renames it, so two processes can run at once."""
    response = process.call("GetSchema")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent))
    _write(made, "provider.provider", response.provider)
    for type_, schema in response.resource_schemas.items():
        _write(made, f"resource.{type_}", schema)
    for type_, schema in response.data_source_schemas.items():
        _write(made, f"data.{type_}", schema)
    index = {"resources": sorted(response.resource_schemas), "data_sources": sorted(response.data_source_schemas)}
    (made / _INDEX).write_text(json.dumps(index), encoding="utf-8")
    try:
        os.rename(made, folder)
    except OSError:
        if not (folder / _INDEX).exists():
            raise


def _write(folder: Path, name: str, schema: Any) -> None:
    content = {"version": schema.version, "block": _block(schema.block)}
    (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def _block(block: Any) -> dict[str, Any]:
    return {
        "attributes": {attribute.name: _attribute(attribute) for attribute in block.attributes},
        "block_types": {
            nested.type_name: {
                "nesting_mode": _NESTING[nested.nesting],
                "max_items": nested.max_items,
                "min_items": nested.min_items,
                "block": _block(nested.block),
            }
            for nested in block.block_types
        },
    }


def _attribute(attribute: Any) -> dict[str, Any]:
    flags = ("required", "optional", "computed", "sensitive", "write_only")
    return {
        "type": json.loads(attribute.type),
        **{flag: True for flag in flags if getattr(attribute, flag, False)},
    }


def main() -> None:
    """Run the child process."""
    folder = Path(sys.argv[1])
    process = ProviderProcess(folder.parent / "schema.log")
    try:
        split(process, folder)
    finally:
        process.stop()


if __name__ == "__main__":
    main()
