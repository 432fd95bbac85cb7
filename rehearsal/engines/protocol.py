"""What the rehearsal asks of an engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rehearsal.stacks import Declared


class EngineError(Exception):
    """An engine could not carry a stack out; the message says what failed and what state was kept."""


@dataclass(frozen=True)
class Progress:
    """One resource was begun, done, or failed; `done` counts up to `total`."""

    stack: str
    action: str
    resource: str
    done: int
    total: int


Report = Callable[[Progress], None]
"""Called for each step of progress, from the thread that runs the engine."""


@dataclass(frozen=True)
class Drift:
    """What a refreshing second plan would change, though nothing was changed: address and argument paths."""

    address: str
    arguments: tuple[str, ...]


@dataclass
class Outcome:
    """What became of one stack.

    `created` are URNs in state; `not_created` are (type, name, reason); `replaced` are addresses that an update
    in place made anew; `seconds` are by phase. Where the engine itself loads the policy pack, `policy_violations` are
    its mandatory ones during the update, and `unevaluated_rules` counts, by rule, what its preview could not judge.
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
    """Carries stacks out against the AWS that the environment names.

    `name` is the stack's folder and state; the same name declared otherwise is an update in place.
    """

    kind: str

    def preview(self, name: str, declared: Declared) -> int:
        """Plans a stack without a change; answers how many resources would change. Raises `EngineError`."""
        ...

    def up(self, name: str, declared: Declared, report: Report, exported: threading.Event | None = None) -> Outcome:
        """Carries out what was previewed. Raises `EngineError`, keeping the state of what was made.

        Sets `exported` once another stack can be brought up on this one's exports, at the end at the latest.
        """
        ...

    def outputs(self, name: str) -> Mapping[str, Any]:
        """The stack's exports, with real values."""
        ...

    def drift(self, name: str) -> tuple[frozenset[str], tuple[Drift, ...]]:
        """Refreshes and plans again: URNs read back from the cloud, and what would change."""
        ...

    def destroy(self, name: str, report: Report, released: threading.Event | None = None) -> None:
        """Takes a stack down, with what it had retained. Raises `EngineError`.

        Sets `released` once nothing of it is left in another stack's region, at the end at the latest.
        """
        ...

    def stop(self) -> None:
        """Interrupts what is under way, in whatever thread, and begins nothing more; state is kept."""
        ...
