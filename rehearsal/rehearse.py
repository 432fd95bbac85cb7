"""The rehearsal, in order: server, primary, recovery region, takeover, verification, teardown."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from rehearsal.engines import Engine
from rehearsal.progress import Shown
from rehearsal.report import Report, StackReport
from rehearsal.stacks import Declared, declare_dr, declare_primary
from rehearsal.teardown import lift_protections
from rehearsal.verification import leftovers, verify
from rehearsal.verification.clients import Clients


class Stage(StrEnum):
    """How far a rehearsal goes; each stage stands on those before it."""

    PRIMARY = "primary"
    DR = "dr"
    DR_ACTIVE = "dr-active"


@dataclass
class Rehearsal:
    """Brings stacks up with one engine, in one AWS, and takes them down. Raises `EngineError`."""

    engine: Engine
    environment: Mapping[str, str]
    account_id: str
    shown: Shown
    report: Report
    declared: dict[Stage, Declared] = field(default_factory=dict)

    def up(self, stage: Stage) -> None:
        """Everything up to and with `stage`, each with a refreshing second plan."""
        with self._timed("up"):
            primary = self._evaluated(Stage.PRIMARY, lambda: declare_primary(self.account_id))
            self._bring_up("primary", Stage.PRIMARY, primary)
            outputs = self.engine.outputs("primary")
            if stage is not Stage.PRIMARY:
                standby = self._evaluated(Stage.DR, lambda: declare_dr(self.account_id, outputs))
                self._bring_up("dr", Stage.DR, standby)
        self._verify()
        if stage is Stage.DR_ACTIVE:
            with self._timed("take_over"):
                active = self._evaluated(stage, lambda: declare_dr(self.account_id, outputs, active=True))
                self._bring_up("dr", stage, active)

    def down(self) -> None:
        """Destroys both stacks and looks for what is left."""
        with self._timed("destroy"):
            for region in self._regions():
                lift_protections(Clients(region, self.environment))
            for name, stage in (("dr", self._latest_dr()), ("primary", Stage.PRIMARY)):
                begun = time.monotonic()
                with self.shown.phase(f"{name}: destroy"):
                    self.engine.destroy(name, self.shown)
                if stage in self.report.stacks:
                    self.report.stacks[stage].seconds["destroy"] = time.monotonic() - begun
        for stage, declared in self.declared.items():
            clients = self._clients()[_region(declared)]
            self.report.leftovers += [f"{stage}: {left}" for left in leftovers(declared.blueprint, clients)]

    def write(self, file: Path) -> None:
        """Writes the report with this process's peak memory."""
        self.report.peak_memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.report.write(file)

    def _evaluated(self, stage: Stage, declare: Callable[[], Declared]) -> Declared:
        with self.shown.phase(f"{stage}: evaluate"):
            self.declared[stage] = declare()
        return self.declared[stage]

    def _bring_up(self, name: str, stage: Stage, declared: Declared) -> None:
        begun = time.monotonic()
        with self.shown.phase(f"{stage}: preview"):
            self.engine.preview(name, declared)
        preview = time.monotonic() - begun
        with self.shown.phase(f"{stage}: up"):
            outcome = self.engine.up(name, declared, self.shown)
        with self.shown.phase(f"{stage}: second plan"):
            read_back, drift = self.engine.drift(name)
        report = StackReport.of(declared, outcome, read_back, drift)
        report.seconds["preview"] = preview
        self.report.stacks[stage] = report

    def _verify(self) -> None:
        dr = self.declared.get(Stage.DR)
        clients = self._clients()
        primary = self.declared[Stage.PRIMARY]
        with self.shown.phase("verify with boto3"):
            self.report.verified = verify(
                primary.blueprint,
                dr.blueprint if dr else None,
                clients[_region(primary)],
                clients[_region(dr)] if dr else None,
            )

    def _clients(self) -> dict[str, Clients]:
        return {
            region: Clients(region, self.environment)
            for region in {_region(declared) for declared in self.declared.values()}
        }

    def _regions(self) -> list[str]:
        """Regions of both stacks, from what the engine knows of them: another process may have brought them up."""
        outputs = (self.engine.outputs(name) for name in ("primary", "dr"))
        return [str(exported["region"]) for exported in outputs if "region" in exported]

    def _latest_dr(self) -> Stage:
        return Stage.DR_ACTIVE if Stage.DR_ACTIVE in self.declared else Stage.DR

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.report.seconds[phase] = time.monotonic() - begun


def _region(declared: Declared) -> str:
    return str(declared.blueprint.outputs["region"])
