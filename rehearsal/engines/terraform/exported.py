"""When a stack that is still being made has all that another stack needs of it."""

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
class Exported:
    """Sets `ready` as soon as every export stands in the state and what is left to make is needed by nothing.

    A database's reader takes as long as the database. Nothing refers to it, so another stack need not wait for it.
    """

    lowered: Lowered
    state: Path
    ready: threading.Event
    left: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(
        cls, blueprint: Blueprint, lowered: Lowered, changes: set[str], state: Path, ready: threading.Event
    ) -> Exported:
        """Watches an apply that makes `changes`, by address."""
        return cls(lowered, state, ready, left=changes & _needed(blueprint, lowered))

    def __call__(self, event: Event) -> None:
        """One event of the apply."""
        if event.get("type") == "apply_complete" and self.left:
            self.left.discard(event["hook"]["resource"]["addr"])
            if not self.left:
                threading.Thread(target=self._look, name="exports").start()

    def finish(self) -> None:
        """The apply is over: whatever there is, is there now."""
        self.over.set()
        self.ready.set()

    def _look(self) -> None:
        wanted = set(self.lowered.document.get("output", {}))
        while not self.over.wait(_LOOK_EVERY_SECONDS):
            if wanted <= _outputs_in(self.state):
                self.ready.set()
                return


def _needed(blueprint: Blueprint, lowered: Lowered) -> set[str]:
    """Addresses that an export or another resource depends on."""
    urns = {urn for resource in blueprint.resources for urn in resource.dependencies}
    exported = references_in(revealed(dict(blueprint.outputs)))
    urns |= {blueprint.one(reference.type, reference.name).urn for reference in exported}
    return {lowered.addresses[urn] for urn in urns if urn in lowered.addresses}


def _outputs_in(state: Path) -> set[str]:
    try:
        return set(json.loads(state.read_text(encoding="utf-8")).get("outputs", {}))
    except (FileNotFoundError, json.JSONDecodeError):
        # Terraform is writing it at this moment; the next look finds it whole.
        return set()
