"""Detects when a stack that is being destroyed has no resource left in another stack's region."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from rehearsal.engines.terraform.command import Event


@dataclass
class ReleaseWatcher:
    """Watches a destroy, and sets `free` as soon as all addresses in `left` are deleted.

    A database takes minutes to delete. It is in its own stack's region, so the other stack does not wait for it.
    """

    left: set[str]
    free: threading.Event

    def begin(self) -> None:
        """Start the destroy; `left` may already be empty."""
        if not self.left:
            self.free.set()

    def __call__(self, event: Event) -> None:
        """Process one event of the destroy."""
        if event.get("type") == "apply_complete":
            self.left.discard(event["hook"]["resource"]["addr"])
            self.begin()
