"""Retained resources of a stack: moved to a separate state without a call to the cloud, destroyed at the end."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.engines.terraform.command import Event, Result, Terraform
from rehearsal.engines.terraform.state_store import State, use_http_backend
from rehearsal.lowering import Lowered

_NOTE = "retained.json"


@dataclass(frozen=True)
class RetainedResources:
    """Resources that a stack declared with retainOnDelete and no longer declares.

    The Pulumi engine removes them from its state without a call, and they continue to exist. Here they move into a
    state of their own, so that a rehearsal can destroy everything it created.
    """

    folder: Path
    terraform: Callable[[Path], Terraform]

    def set_aside(self, lowered: Lowered) -> None:
        """Move retained resources that are no longer declared out of the stack's state; store the addresses retained
        now."""
        gone = self.declared() - set(lowered.addresses.values())
        if gone:
            self._keep_providers()
            self._move(gone)
        (self.folder / _NOTE).write_text(json.dumps(sorted(lowered.retained)), encoding="utf-8")

    def declared(self) -> set[str]:
        """Addresses that the stack retains, by its last preview."""
        note = self.folder / _NOTE
        return set(json.loads(note.read_text(encoding="utf-8"))) if note.exists() else set()

    def kept(self) -> list[str]:
        """Addresses of moved resources that are not destroyed yet."""
        return State.read(self._aside).addresses

    def destroy(self, arguments: list[str], on_event: Callable[[Event], None]) -> Result:
        """Destroy the moved resources, in all regions."""
        if not self.kept():
            return Result(0)
        return self.terraform(self._aside).stream(["destroy", *arguments], on_event)

    def _move(self, addresses: set[str]) -> None:
        """Split the state in two with terraform's state pull and push, without a call to the provider."""
        terraform = self.terraform(self.folder)
        state = json.loads(terraform.run("state", "pull"))
        moved = [entry for entry in state["resources"] if f"{entry['type']}.{entry['name']}" in addresses]
        kept = [entry for entry in state["resources"] if entry not in moved]
        self._push(
            self.terraform(self._aside), {**state, "lineage": str(uuid.uuid4()), "serial": 1, "resources": moved}
        )
        self._push(terraform, {**state, "serial": state["serial"] + 1, "resources": kept})

    def _push(self, terraform: Terraform, state: Mapping[str, Any]) -> None:
        pushed = terraform.folder / "pushed.tfstate"
        pushed.write_text(json.dumps(state), encoding="utf-8")
        terraform.run("state", "push", pushed.name)
        pushed.unlink()

    @property
    def _aside(self) -> Path:
        return self.folder / "retained"

    def _keep_providers(self) -> None:
        """Moved resources need only their providers' configuration of the document."""
        self._aside.mkdir(exist_ok=True)
        document: dict[str, Any] = json.loads((self.folder / "main.tf.json").read_text(encoding="utf-8"))
        kept = {key: document[key] for key in ("terraform", "provider")}
        (self._aside / "main.tf.json").write_text(json.dumps(kept, indent=2), encoding="utf-8")
        use_http_backend(self._aside)
        for name in (".terraform", ".terraform.lock.hcl"):
            link = self._aside / name
            if not link.exists():
                link.symlink_to(Path("..") / name)
