"""Detects when a stack that is being deployed has all exports that another stack needs.

Terraform persists outputs when it ends. Here a `terraform_data` resource receives the outputs as soon as they are known
and writes them to a file (https://developer.hashicorp.com/terraform/language/resources/terraform-data).
A database's reader takes as long as the database. Nothing refers to it, so another stack does not wait for it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blueprint import Blueprint
from blueprint.references import references_in
from blueprint.secrets import revealed
from rehearsal.engines.terraform.command import Event
from rehearsal.lowering import Lowered

_NAME = "exports"
EXPORTS_WRITER = f"terraform_data.{_NAME}"
"""Address of the resource that writes the outputs; it is not a resource of the stack."""
_FILE = "exports.json"
_BLOCK = "exports.tf.json"
# Written atomically, and readable only by its user, because an export may be a secret.
_COMMAND = f'umask 077 && printf %s "$EXPORTS" > {_FILE}.draft && mv {_FILE}.draft {_FILE}'


@dataclass(frozen=True)
class ExportWatcher:
    """Watches an apply, and sets `ready` when all exports exist and no other resource needs the remaining ones."""

    ready: threading.Event

    def __call__(self, event: Event) -> None:
        """Process one event of the apply."""
        if event.get("type") == "apply_complete" and event["hook"]["resource"]["addr"] == EXPORTS_WRITER:
            self.ready.set()

    def finish(self) -> None:
        """Mark the apply as finished: no further exports will appear."""
        self.ready.set()


def write_exports_early(blueprint: Blueprint, lowered: Lowered, folder: Path) -> None:
    """Declare the resource that writes the outputs of a stack to a file of its folder."""
    outputs = {name: output["value"] for name, output in lowered.document.get("output", {}).items()}
    write = {"command": _COMMAND, "environment": {"EXPORTS": "${jsonencode(self.input)}"}, "quiet": True}
    writer = {
        "input": outputs,
        "depends_on": sorted(_needed(blueprint, lowered)),
        "provisioner": [{"local-exec": write}],
    }
    document = {"resource": {"terraform_data": {_NAME: writer}}}
    (folder / _BLOCK).write_text(json.dumps(document, indent=2), encoding="utf-8")


def early_exports(folder: Path) -> Mapping[str, Any]:
    """Outputs that a running apply has written; empty before that."""
    try:
        return json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def forget_exports(folder: Path) -> None:
    """Remove the file after the stack is destroyed."""
    (folder / _FILE).unlink(missing_ok=True)


def _needed(blueprint: Blueprint, lowered: Lowered) -> set[str]:
    """Addresses on which an export or another resource depends."""
    urns = {urn for resource in blueprint.resources for urn in resource.dependencies}
    exported = references_in(revealed(dict(blueprint.outputs)))
    urns |= {blueprint.one(reference.type, reference.name).urn for reference in exported}
    return {lowered.addresses[urn] for urn in urns if urn in lowered.addresses}
