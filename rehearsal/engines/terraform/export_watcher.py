"""Detects when a stack that is being deployed has all exports that another stack needs."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path

from blueprint import Blueprint
from blueprint.references import references_in
from blueprint.secrets import revealed
from rehearsal.engines.terraform.command import Event
from rehearsal.lowering import Lowered

_LOOK_EVERY_SECONDS = 1.0


@dataclass
class ExportWatcher:
    """Sets `ready` when all exports are in the state and no other resource needs the remaining ones.

    A database's reader takes as long as the database. Nothing refers to it, so another stack does not wait for it.
    """

    lowered: Lowered
    state: Path
    ready: threading.Event
    left: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(
        cls, blueprint: Blueprint, lowered: Lowered, changes: set[str], state: Path, ready: threading.Event
    ) -> ExportWatcher:
        """Watch an apply that creates `changes`, by address."""
        return cls(lowered, state, ready, left=changes & _needed(blueprint, lowered))

    def __call__(self, event: Event) -> None:
        """Process one event of the apply."""
        if event.get("type") == "apply_complete" and self.left:
            self.left.discard(event["hook"]["resource"]["addr"])
            if not self.left:
                threading.Thread(target=self._look, name="exports").start()

    def finish(self) -> None:
        """Mark the apply as finished: no further exports will appear."""
        self.over.set()
        self.ready.set()

    def _look(self) -> None:
        wanted = set(self.lowered.document.get("output", {}))
        while not self.over.wait(_LOOK_EVERY_SECONDS):
            if wanted <= _outputs_in(self.state):
                self.ready.set()
                return


def _needed(blueprint: Blueprint, lowered: Lowered) -> set[str]:
    """Addresses on which an export or another resource depends."""
    urns = {urn for resource in blueprint.resources for urn in resource.dependencies}
    exported = references_in(revealed(dict(blueprint.outputs)))
    urns |= {blueprint.one(reference.type, reference.name).urn for reference in exported}
    return {lowered.addresses[urn] for urn in urns if urn in lowered.addresses}


def _outputs_in(state: Path) -> set[str]:
    try:
        return set(json.loads(state.read_text(encoding="utf-8")).get("outputs", {}))
    except (FileNotFoundError, json.JSONDecodeError):
        # Terraform is writing the state; the next call reads it completely.
        return set()
