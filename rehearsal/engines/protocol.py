"""Protocol of the engines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rehearsal.stacks import Declared


class EngineError(Exception):
    """An engine failed to deploy a stack; the message states the failure and the state that was kept."""


@dataclass(frozen=True)
class Progress:
    """One resource was started, finished or failed; `done` counts up to `total`."""

    stack: str
    action: str
    resource: str
    done: int
    total: int


Report = Callable[[Progress], None]
"""Called for each step of progress, in the engine's thread."""


@dataclass(frozen=True)
class Drift:
    """An unexpected difference in a refreshing second plan: address and argument paths."""

    address: str
    arguments: tuple[str, ...]


@dataclass
class Outcome:
    """Result of one stack's deployment.

    `created` are URNs in the state; `not_created` are (type, name, reason); `replaced` are addresses that an update in
    place replaced; `seconds` are by phase. If the engine itself loads the policy pack, `policy_violations` are the
    mandatory ones of the update, and `unevaluated_rules` counts unevaluated resources of its preview by rule.
    """

    stack: str
    created: frozenset[str] = frozenset()
    not_created: tuple[tuple[str, str, str], ...] = ()
    unsupported_arguments: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    policy_violations: tuple[str, ...] = ()
    unevaluated_rules: Mapping[str, int] | None = None


class Engine(Protocol):
    """Deploys stacks to the AWS of its environment.

    `name` is the stack's folder and state; another declaration under the same name is an update in place.
    """

    kind: str

    def preview(self, name: str, declared: Declared) -> int:
        """Plan a stack without changing it; return the number of resources that would change. Raises `EngineError`."""
        ...

    def up(self, name: str, declared: Declared, report: Report, exported: threading.Event | None = None) -> Outcome:
        """Apply the last preview. Raises `EngineError` and keeps the state of created resources.

        Sets `exported` as soon as another stack can use this one's exports, at the latest at the end.
        """
        ...

    def outputs(self, name: str) -> Mapping[str, Any]:
        """Return the stack's exports with real values."""
        ...

    def drift(self, name: str) -> tuple[frozenset[str], tuple[Drift, ...]]:
        """Refresh and plan again: return the URNs that were read back, and the differences."""
        ...

    def destroy(self, name: str, report: Report, released: threading.Event | None = None) -> None:
        """Destroy a stack, including its retained resources. Raises `EngineError`.

        Sets `released` as soon as the stack has no resource left in another stack's region, at the latest at the end.
        """
        ...

    def stop(self) -> None:
        """Interrupt running operations in all threads and start no others; state is kept."""
        ...
