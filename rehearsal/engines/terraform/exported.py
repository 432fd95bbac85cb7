"""When a stack that is still being made has all that another stack needs of it.

Terraform persists outputs when it ends. Here a resource of terraform's own, `terraform_data`, takes the outputs as soon
as they are known and writes them to a file (https://developer.hashicorp.com/terraform/language/resources/terraform-data).
A database's reader takes as long as the database. Nothing refers to it, so another stack need not wait for it.
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
_ADDRESS = f"terraform_data.{_NAME}"
_FILE = "exports.json"
_BLOCK = "exports.tf.json"
# Written whole or not at all, and for nobody else to read: an export may be a secret.
_COMMAND = f'umask 077 && printf %s "$EXPORTS" > {_FILE}.draft && mv {_FILE}.draft {_FILE}'


@dataclass(frozen=True)
class Exported:
    """Watch an apply, and set `ready` once every export stands and what is left to make is needed by nothing."""

    ready: threading.Event

    def __call__(self, event: Event) -> None:
        """Handle one event of the apply."""
        if event.get("type") == "apply_complete" and event["hook"]["resource"]["addr"] == _ADDRESS:
            self.ready.set()

    def finish(self) -> None:
        """Handle the end of the apply: whatever there is, is there now."""
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
    """The outputs that an apply under way has written; none before it has."""
    try:
        return json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def forget_exports(folder: Path) -> None:
    """Remove what was written: the stack is gone."""
    (folder / _FILE).unlink(missing_ok=True)


def _needed(blueprint: Blueprint, lowered: Lowered) -> set[str]:
    """Addresses that an export or another resource depends on."""
    urns = {urn for resource in blueprint.resources for urn in resource.dependencies}
    exported = references_in(revealed(dict(blueprint.outputs)))
    urns |= {blueprint.one(reference.type, reference.name).urn for reference in exported}
    return {lowered.addresses[urn] for urn in urns if urn in lowered.addresses}
