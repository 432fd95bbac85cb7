"""Drills one after the other, and what they say together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recovery import lease
from rehearsal.drill.drill import Drill
from rehearsal.drill.operator import Operator, OperatorError
from rehearsal.drill.result import Result
from rehearsal.drill.scenario import Loss, Scenario, Second, scenario
from rehearsal.drill.timeline import timeline
from rehearsal.drill.world import World
from runbook.outputs import BUDGET

BEYOND_LEASE_SECONDS = 2.0
"""What a takeover may take at the 99th percentile beside the wait for the old lease (the platform's own target)."""
_OPEN_SECONDS = 300.0
# As much of the distribution as is told.
_QUANTILES = {"p50": 0.5, "p99": 0.99, "max": 1.0}
_BY_PEOPLE = (Second.KILLED,)

Told = Callable[[str], None]


@dataclass
class Series:
    """`modelled` are the terms of the recovery time that nothing here can measure, in seconds by name; `broken` says
    what became of drills that did not come to their end."""

    modelled: Mapping[str, float] = field(default_factory=dict)
    modelled_detection: float | None = None
    results: list[Result] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def run(self, world: World, seeds: Iterable[int], folder: Path, told: Told = lambda _line: None) -> None:
        """Grants the lease if nobody has it yet, and carries the drills out. One that breaks off ends the series: it
        leaves the world where no other can begin."""
        opened(world, folder)
        for seed in seeds:
            wanted = scenario(seed, world.configuration.standby.region)
            told(shown(wanted))
            try:
                result = Drill(world, wanted, folder).run()
            except (OperatorError, TimeoutError) as error:
                self.broken.append(f"{shown(wanted)}: {error}")
                return
            self.results.append(result)
            told(outcome(result))

    def problems(self) -> list[str]:
        """Why the series does not pass; empty when it does."""
        found = [f"drill broke off: {line}" for line in self.broken]
        for result in self.results:
            found += [f"{shown(result.scenario)}: {trouble}" for trouble in result.troubles]
        return found

    def missed(self) -> list[str]:
        """Targets of time that were missed. They hold on a machine that has nothing else to do, so a benchmark fails by
        them and a rehearsal does not."""
        beyond = [result.beyond_lease for result in self.failovers]
        if not beyond or quantile(beyond, 0.99) < BEYOND_LEASE_SECONDS:
            return []
        return [
            f"takeovers took {quantile(beyond, 0.99):.2f} s beside the wait for the lease at the 99th percentile, "
            f"{BEYOND_LEASE_SECONDS:g} s or more"
        ]

    @property
    def failovers(self) -> list[Result]:
        """Those whose operator lived: taking a run up again waits until the lock of the dead is free."""
        return [r for r in self.results if r.scenario.loss is not Loss.PLANNED and r.scenario.second not in _BY_PEOPLE]

    @property
    def slowest(self) -> Result | None:
        """The failover that took longest, or else the switchover that did."""
        return max(self.failovers or self.results, key=lambda result: result.recovery_seconds, default=None)

    def draw(self, file: Path) -> None:
        """Draws the slowest drill."""
        if self.slowest is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(timeline(self.slowest), encoding="utf-8")

    def as_json(self) -> dict[str, Any]:
        """The part `drill` of the report. In `rpo`, `objects_*` are records written to a replicated bucket while orders
        flowed, of which `lost_objects` names those that were not in the other region at the takeover; they are back
        with the primary, or `integrity` counts them as missing. `database_modelled` is by how many seconds the
        database's replica was behind when it was promoted, and of failovers, when its source was lost."""
        planned = [result for result in self.results if result.scenario.loss is Loss.PLANNED]
        unplanned = [result for result in self.results if result.scenario.loss is not Loss.PLANNED]
        killed = [result for result in unplanned if result.scenario.second in _BY_PEOPLE]
        lost = [order for result in self.results for order in result.findings.lost]
        return {
            "runs": len(self.results),
            "by_loss": dict(Counter(str(result.scenario.loss) for result in self.results)),
            "by_second_fault": dict(Counter(str(result.scenario.second) for result in self.results)),
            "rto_s": {
                **spread([result.recovery_seconds for result in self.failovers]),
                "measured": self._measured(),
                "afterwards": self._afterwards(),
                "modelled": dict(self.modelled),
                "switchover_gap": spread([result.gap_seconds for result in planned]),
                "with_operator_killed": spread([result.recovery_seconds for result in killed]),
            },
            "detection_s": {
                "measured": spread([r.detection_seconds for r in self.results if r.detection_seconds is not None]),
                "modelled": self.modelled_detection,
            },
            "rpo": {
                "orders_accepted": sum(result.findings.accepted for result in self.results),
                "orders_lost": len(lost),
                "lost": lost,
                "lost_in_switchovers": sum(
                    len(result.findings.lost) for result in self.results if result.scenario.loss is Loss.PLANNED
                ),
                "lag_s": spread([result.scenario.lag for result in self.results]),
                **self._objects(),
                "database_modelled": self._database(),
            },
            "duplicates": sum(len(result.findings.duplicates) for result in self.results),
            "max_writers_per_epoch": max((r.findings.max_writers_per_epoch for r in self.results), default=0),
            "accepted_without_the_right": sum(len(result.findings.at_one_time) for result in self.results),
            "resumed_after_kill": sum(result.resumed for result in self.results),
            "resumed_after_failed_step": sum(result.resumptions for result in self.results),
            "second_operators_refused": sum(result.refused is not None for result in self.results),
            "integrity": {
                "compared": sum(bool(result.integrity) for result in self.results),
                "missing": sum(len(result.findings.missing) for result in self.results),
                "unpublished": sum(len(result.findings.unpublished) for result in self.results),
                "objects_compared": sum(result.objects.compared for result in self.results),
                "objects_missing": sum(len(result.objects.missing) for result in self.results),
                "objects_differing": sum(len(result.objects.differing) for result in self.results),
            },
            "problems": self.problems(),
            "targets_missed": self.missed(),
        }

    def _objects(self) -> dict[str, Any]:
        lost = [key for result in self.results for key in result.objects.lost]
        return {
            "objects_written": sum(result.objects.written for result in self.results),
            "objects_lost": len(lost),
            "lost_objects": lost,
            "objects_lost_in_switchovers": sum(
                len(result.objects.lost) for result in self.results if result.scenario.loss is Loss.PLANNED
            ),
        }

    def _database(self) -> dict[str, Any]:
        promotions = [result.promotion for result in self.results if result.promotion is not None]
        at_loss = [one.behind_at_loss for one in promotions if one.behind_at_loss is not None]
        return {
            "replica_lag_at_promotion_s": spread([one.behind for one in promotions]),
            "writes_lost_s": spread(at_loss),
        }

    def _afterwards(self) -> dict[str, Any]:
        """By step of what follows the first accepted order, with a clock of its own."""
        by_step: dict[str, list[float]] = {}
        for result in self.failovers:
            for step, seconds in result.afterwards.items():
                by_step.setdefault(step, []).append(seconds)
        return {step: spread(seconds) for step, seconds in by_step.items()}

    def _measured(self) -> dict[str, Any]:
        """By step of the gap; the wait for the old lease stands by itself."""
        by_step: dict[str, list[float]] = {}
        for result in self.failovers:
            for step, seconds in result.steps.items():
                by_step.setdefault(step, []).append(seconds)
            # What is looked at before the first step, and what passes between steps.
            by_step.setdefault("preparation", []).append(result.preparation)
        waiting = [result.lease_seconds for result in self.failovers]
        return {
            "lease_wait": spread(waiting),
            "beyond_lease": spread([result.beyond_lease for result in self.failovers]),
            "steps": {step: spread(seconds) for step, seconds in by_step.items()},
        }


def modelled(outputs: Mapping[str, Any]) -> tuple[dict[str, float], float]:
    """Seconds at most by term, of what nothing here can measure, and of the detection by alarms, from the budget that
    the recovery stack exports (`recovery.budget`)."""
    budget = outputs[BUDGET]
    terms = {term["name"]: float(term["seconds"]) for term in budget["terms"] if term["name"] in _NOT_MEASURED}
    return terms, float(budget["detection"]["seconds"])


# There are no health checkers and no resolvers here.
_NOT_MEASURED = ("health checks", "propagation to name servers", "answers that resolvers keep")


def opened(world: World, folder: Path) -> None:
    """Grants the first lease where nobody has it."""
    control = world.client("dynamodb", world.configuration.standby.region)
    if lease.read(control, world.configuration.tables.control) is None:
        Operator(world, folder).run("open", "--yes", seconds=_OPEN_SECONDS).require_done()


def spread(values: Sequence[float]) -> dict[str, float]:
    """Quantiles in seconds; empty when there is nothing to tell."""
    return {name: round(quantile(values, share), 3) for name, share in _QUANTILES.items()} if values else {}


def quantile(values: Sequence[float], share: float) -> float:
    """By rank: the smallest value that at least `share` of all do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


def shown(wanted: Scenario) -> str:
    return f"drill {wanted.seed}: primary {wanted.loss}, {wanted.second}, lag {wanted.lag:g} s"


def outcome(result: Result) -> str:
    """One line about a drill that came to its end."""
    about = result.findings
    verdict = "; ".join(result.troubles) or "passed"
    seconds = result.gap_seconds if result.scenario.loss is Loss.PLANNED else result.recovery_seconds
    return (
        f"{seconds:.2f} s to the first accepted order, {result.lease_seconds:.2f} s of them the old "
        f"lease; {about.accepted} accepted, {len(about.lost)} lost; {result.objects.written} records, "
        f"{len(result.objects.lost)} lost: {verdict}"
    )
