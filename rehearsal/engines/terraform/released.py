"""When a stack that is being destroyed has nothing left in another stack's region."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from rehearsal.engines.terraform.command import Event


@dataclass
class Released:
    """Sets `free` as soon as every address in `left` is destroyed.

    A database takes minutes to go. It stands in its own stack's region, so the other stack need not wait for it.
    """

    left: set[str]
    free: threading.Event

    @classmethod
    def of(cls, elsewhere: Iterable[str], free: threading.Event) -> Released:
        """Watches a destroy for the addresses that are `elsewhere`."""
        return cls(set(elsewhere), free)

    def begin(self) -> None:
        """The destroy begins; there may be nothing elsewhere to wait for."""
        if not self.left:
            self.free.set()

    def __call__(self, event: Event) -> None:
        """One event of the destroy."""
        if event.get("type") == "apply_complete":
            self.left.discard(event["hook"]["resource"]["addr"])
            self.begin()
