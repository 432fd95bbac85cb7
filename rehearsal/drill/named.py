"""Drills by name: failures of one service, and two disasters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from rehearsal.drill.second_disaster import SecondDisaster
from rehearsal.drill.service_drill import ServiceDrill
from rehearsal.drill.service_scenarios import SERVICE_SCENARIOS, ServiceScenario
from rehearsal.drill.testbed import Testbed


class NamedResult(Protocol):
    """Result of a drill by name."""

    problems: list[str]

    def shown(self) -> str:
        """Return one line about the drill."""
        ...


Play = Callable[[Testbed, Path, int], NamedResult]
"""Runs the drill with a seed, with its files in a folder. Raises OperatorError and TimeoutError if it cannot go on."""


@dataclass(frozen=True)
class NamedDrill:
    """A drill by its name."""

    name: str
    does: str
    play: Play


def _service(service: ServiceScenario, testbed: Testbed, folder: Path, seed: int) -> NamedResult:
    return ServiceDrill.of(testbed, service, folder, seed).play()


def _second_disaster(testbed: Testbed, folder: Path, seed: int) -> NamedResult:
    return SecondDisaster.of(testbed, folder, seed).play()


NAMED_DRILLS: Mapping[str, NamedDrill] = {
    one.name: one
    for one in (
        *(NamedDrill(one.name, one.does, partial(_service, one)) for one in SERVICE_SCENARIOS.values()),
        NamedDrill(
            "second-disaster",
            "after a failover the recovery region is lost, too; `failover --to` the primary, then `rejoin`",
            _second_disaster,
        ),
    )
}
"""Every drill that has a name."""
