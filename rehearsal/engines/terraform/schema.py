"""Schemas of the provider, read once and cached in the build folder, one file for each type."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from blueprint.program import ROOT
from rehearsal.engines.protocol import EngineError
from rehearsal.engines.terraform.command import Terraform
from rehearsal.lowering.document import ProviderSchema

_INDEX = "_types.json"
_PROVIDER = "_provider.json"


def provider_schema(terraform: Terraform, cache: Path) -> ProviderSchema:
    """Return schemas of all types; `terraform` runs in an initialised folder. Raises `EngineError`."""
    if not (cache / _INDEX).exists():
        raw = terraform.folder / "schema.json"
        # The whole schema is 13 MB of text: child processes write and split it, so that this process stays small.
        terraform.write(raw, "providers", "schema", "-json")
        command = [sys.executable, "-m", __spec__.name, str(raw.resolve()), str(cache.resolve())]
        split = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        raw.unlink()
        if split.returncode != 0:
            raise EngineError(f"the provider's schema could not be read: {split.stderr.strip()[-500:]}")
    return ProviderSchema(
        frozenset(json.loads((cache / _INDEX).read_text(encoding="utf-8"))),
        json.loads((cache / _PROVIDER).read_text(encoding="utf-8")),
        lambda type_: _load(cache, type_),
    )


def _load(cache: Path, type_: str) -> dict[str, Any]:
    return json.loads((cache / f"{type_}.json").read_text(encoding="utf-8"))


def _split(raw: Path, cache: Path) -> None:
    schemas = json.loads(raw.read_text(encoding="utf-8"))["provider_schemas"]
    (provider,) = (schema for address, schema in schemas.items() if address.endswith("/hashicorp/aws"))
    cache.mkdir(parents=True, exist_ok=True)
    for type_, schema in provider["resource_schemas"].items():
        (cache / f"{type_}.json").write_text(json.dumps(schema["block"]), encoding="utf-8")
    (cache / _PROVIDER).write_text(json.dumps(provider["provider"]["block"]), encoding="utf-8")
    # Write the index last, so that an incomplete cache is created again.
    (cache / _INDEX).write_text(json.dumps(sorted(provider["resource_schemas"])), encoding="utf-8")


if __name__ == "__main__":  # the child process that splits the schema
    _split(Path(sys.argv[1]), Path(sys.argv[2]))
