"""Result of a plan, from its event stream, because the plan file itself is many times larger."""

from __future__ import annotations

from dataclasses import dataclass, field

from rehearsal.engines.terraform.command import Event

_NO_CHANGE = frozenset({"noop", "read", "move"})


@dataclass
class PlanResult:
    """Collects the events of one `terraform plan -json`.

    `actions` are by address: create, update, delete or replace; `refreshed` are addresses that the provider read.
    """

    actions: dict[str, str] = field(default_factory=dict)
    refreshed: set[str] = field(default_factory=set)

    def __call__(self, event: Event) -> None:
        """Process one event of the plan."""
        if event.get("type") == "planned_change" and event["change"]["action"] not in _NO_CHANGE:
            self.actions[event["change"]["resource"]["addr"]] = event["change"]["action"]
        elif event.get("type") == "refresh_complete":
            self.refreshed.add(event["hook"]["resource"]["addr"])

    @property
    def replaced(self) -> tuple[str, ...]:
        """Addresses that an update in place would replace."""
        return tuple(sorted(address for address, action in self.actions.items() if action == "replace"))

    @property
    def read_back(self) -> frozenset[str]:
        """Addresses that the provider found; the plan would create the others."""
        return frozenset(address for address in self.refreshed if self.actions.get(address) != "create")

    @property
    def differing(self) -> frozenset[str]:
        """Addresses whose actual state differs from the declaration."""
        return frozenset(address for address in self.actions if address in self.read_back)
