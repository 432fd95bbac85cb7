"""The rehearsal, in order: primary, recovery region, verification, takeover without the primary, teardown."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from blueprint.primary_outputs import named_again
from blueprint.program import primary_reference
from policy.check import evaluate
from rehearsal.aws.outage import Mode
from rehearsal.aws.server import RunningServer
from rehearsal.consistency import complete
from rehearsal.drill.series import Series, modelled, opened
from rehearsal.drill.world import of_outputs
from rehearsal.engines import Engine
from rehearsal.functions import duties
from rehearsal.progress import Shown
from rehearsal.report import Report, StackReport
from rehearsal.session import SessionError
from rehearsal.stacks import Declared, Program, peak_memory_mb
from rehearsal.teardown import lift_protections
from rehearsal.verification import leftovers, verify
from rehearsal.verification.clients import Clients


class Stage(StrEnum):
    """How far a rehearsal goes; each stage stands on those before it."""

    PRIMARY = "primary"
    DR = "dr"
    DR_ACTIVE = "dr-active"


DRILLED_SEEDS = (0, 1, 2)
"""A dead primary; one that is cut off, with the operator killed; a switchover with two operators (`drill.scenario`)."""
_STACK = {Stage.PRIMARY: "primary", Stage.DR: "dr", Stage.DR_ACTIVE: "dr"}


@dataclass
class Rehearsal:
    """Brings stacks up with one engine, in one AWS, and takes them down. Raises `EngineError`."""

    engine: Engine
    environment: Mapping[str, str]
    account_id: str
    shown: Shown
    report: Report
    build: Path
    cloud: RunningServer | None = None
    program: Program | None = None
    declared: dict[Stage, Declared] = field(default_factory=dict)

    def up(self, stage: Stage, *, proving: bool = False) -> None:
        """Everything up to and with `stage`, then a refreshing second plan of each stack and a look with boto3.

        The primary is planned again when the recovery region is up: what that declares on the primary's side must
        not make the primary's own plan change. With `proving`, functions and drills run before the takeover.
        """
        with self._timed("up"):
            outputs = self._bring_both_up(stage)
        for declared in self.declared.values():
            self.report.completed += complete(declared.blueprint, self._clients(declared).client)
        self._judge(Stage.PRIMARY if stage is Stage.PRIMARY else Stage.DR)
        self._check([Stage.PRIMARY] if stage is Stage.PRIMARY else [Stage.PRIMARY, Stage.DR])
        if proving and stage is not Stage.PRIMARY:
            self._prove()
        if stage is Stage.DR_ACTIVE:
            with self._timed("take_over"), self._lost(str(outputs["region"])):
                self._bring_up("dr", stage, lambda: self._program.dr(self.account_id, outputs, active=True))
            self._judge(stage)
            self._plan_again(stage)

    def _bring_both_up(self, stage: Stage) -> Mapping[str, Any]:
        """The recovery region begins as soon as the primary's exports stand; what is left of the primary goes on."""
        exported = threading.Event()
        with self._beside(1) as beside:
            primary = beside.submit(
                self._bring_up, "primary", Stage.PRIMARY, lambda: self._program.primary(self.account_id), exported
            )
            primary.add_done_callback(lambda _: exported.set())
            exported.wait()
            if primary.done():
                primary.result()
            outputs = self.engine.outputs("primary")
            if stage is not Stage.PRIMARY:
                self._bring_up("dr", Stage.DR, lambda: self._program.dr(self.account_id, outputs))
            primary.result()
        return outputs

    def _prove(self) -> None:
        """Runs the functions and the drills on the stacks that stand. What a drill breaks is the report's to say."""
        if self.cloud is None:
            raise SessionError("functions and drills are rehearsed with the server at hand, in one process")
        world = of_outputs(self.cloud, self.engine.outputs("dr"))
        folder = self.build / "drill"
        with self.shown.phase("functions"), self._timed("functions"):
            opened(world, folder)
            self.report.duties = duties(world)
        with self.shown.phase("drills"), self._timed("drills"):
            series = self.report.drills = Series(*modelled(world.outputs))
            series.run(world, DRILLED_SEEDS, folder, self.shown.tell)
            series.draw(self.build / "drill.svg")

    def down(self) -> None:
        """Destroys both stacks and looks for what is left.

        The primary begins as soon as the recovery region has nothing left on the primary's side.
        """
        with self._timed("destroy"):
            for region in self._regions():
                lift_protections(Clients(region, self.environment))
            released = threading.Event()
            with self._beside(1) as beside:
                recovery = beside.submit(self._destroy, "dr", self._latest_dr(), released)
                recovery.add_done_callback(lambda _: released.set())
                released.wait()
                if recovery.done():
                    recovery.result()
                self._destroy("primary", Stage.PRIMARY)
                recovery.result()
        for stage, declared in self.declared.items():
            left = leftovers(declared.blueprint, self._clients(declared))
            self.report.leftovers += [f"{stage}: {mark}" for mark in left]

    def _destroy(self, name: str, stage: Stage, released: threading.Event | None = None) -> None:
        begun = time.monotonic()
        with self.shown.phase(f"{name}: destroy"):
            self.engine.destroy(name, self.shown, released)
        if stage in self.report.stacks:
            self.report.stacks[stage].seconds["destroy"] = time.monotonic() - begun

    def write(self, file: Path) -> None:
        """Writes the report with the peak memory of the larger Python process: this one, or the program's."""
        program = self.program.peak_memory_mb() if self.program else 0.0
        self.report.peak_memory_mb = max(peak_memory_mb(), program)
        self.report.write(file)

    def _bring_up(
        self, name: str, stage: Stage, declare: Callable[[], Declared], exported: threading.Event | None = None
    ) -> None:
        with self.shown.phase(f"{stage}: evaluate"):
            declared = self.declared[stage] = declare()
        begun = time.monotonic()
        with self.shown.phase(f"{stage}: preview"):
            self.engine.preview(name, declared)
        preview = time.monotonic() - begun
        with self.shown.phase(f"{stage}: up"):
            outcome = self.engine.up(name, declared, self.shown, exported)
        report = self.report.stacks[stage] = StackReport.of(declared, outcome)
        report.seconds["preview"] = preview

    @property
    def _program(self) -> Program:
        if self.program is None:
            raise SessionError("a stack is declared by the program; there is none to take one down")
        return self.program

    @contextmanager
    def _beside(self, workers: int) -> Iterator[ThreadPoolExecutor]:
        """Threads that run beside this one; whatever ends this one early stops the engine in theirs."""
        with ThreadPoolExecutor(workers) as pool:
            try:
                yield pool
            except BaseException:
                self.engine.stop()
                raise

    def _judge(self, stage: Stage) -> None:
        """The policy pack on what was declared: a stack by itself, and the recovery region beside its primary."""
        primary = self.declared[Stage.PRIMARY]
        documents = [primary.document()]
        if stage is not Stage.PRIMARY:
            actual = self.engine.outputs("primary")
            declared = primary.blueprint.outputs
            documents.append(named_again(self.declared[stage].document(), primary_reference("dr"), declared, actual))
        with self.shown.phase(f"{stage}: policy"):
            self.report.policy[stage] = evaluate(documents)

    @contextmanager
    def _lost(self, region: str) -> Iterator[None]:
        """A region is dead meanwhile: whatever is signed for it is refused, and counted by what asked."""
        if self.cloud is None:
            raise SessionError("a takeover is rehearsed with the server at hand, in one process")
        before = _refusals(self.cloud, region)
        self.cloud.set_outage(region, Mode.DEAD.value)
        try:
            yield
        finally:
            self.cloud.restore(region)
            self.report.calls_to_lost_region = dict(_refusals(self.cloud, region) - before)

    def _check(self, stages: Sequence[Stage]) -> None:
        """Second plans and the look with boto3, side by side: each of them mostly waits."""
        with self._beside(len(stages) + 1) as pool:
            for done in [*[pool.submit(self._plan_again, stage) for stage in stages], pool.submit(self._verify)]:
                done.result()

    def _plan_again(self, stage: Stage) -> None:
        with self.shown.phase(f"{stage}: second plan"):
            self.report.stacks[stage].planned_again(*self.engine.drift(_STACK[stage]))

    def _verify(self) -> None:
        dr = self.declared.get(Stage.DR)
        primary = self.declared[Stage.PRIMARY]
        with self.shown.phase("look with boto3"):
            self.report.verified = verify(
                primary.blueprint,
                dr.blueprint if dr else None,
                self._clients(primary),
                self._clients(dr) if dr else None,
            )

    def _clients(self, declared: Declared) -> Clients:
        return Clients(str(declared.blueprint.outputs["region"]), self.environment)

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


def _refusals(cloud: RunningServer, region: str) -> Counter[str]:
    """Requests that were refused because their region is lost, by service."""
    counts: Counter[str] = Counter()
    for entry in cloud.outages()["refused"]:
        if entry["region"] == region:
            counts[entry["service"]] += entry["count"]
    return counts
