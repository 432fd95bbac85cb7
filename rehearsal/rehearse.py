"""Steps of the rehearsal: primary, recovery region, verification, takeover without the primary, teardown."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from aws_emulator.server import RunningServer, ServerFailedError
from blueprint.primary_outputs import named_again
from blueprint.program import ROOT, primary_reference
from policy import configuration, exemptions
from policy.check import evaluate
from preflight.account import Account
from preflight.recorded import as_declared
from preflight.run import ask, questions_of
from rehearsal.client_names import is_engine
from rehearsal.drill.operator import OperatorError
from rehearsal.drill.series import Series, modelled, opened
from rehearsal.drill.takeover import Takeover
from rehearsal.drill.world import World, of_outputs
from rehearsal.engines import Engine, Progress
from rehearsal.functions import function_checks
from rehearsal.progress import ProgressDisplay
from rehearsal.report import Report, StackReport
from rehearsal.scale_out import ScaleOutServer
from rehearsal.session import SessionError
from rehearsal.stacks import Declared, Program, peak_memory_mb
from rehearsal.table_consistency import complete
from rehearsal.teardown import lift_protections
from rehearsal.verification import leftovers, verify
from rehearsal.verification.clients import Clients


class Stage(StrEnum):
    """Stages of a rehearsal; each requires the earlier ones."""

    PRIMARY = "primary"
    DR = "dr"
    DR_ACTIVE = "dr-active"


DRILLED_SEEDS = (0, 1, 2)
"""Drills: a dead primary; an isolated primary with a killed operator; a switchover with two operators
(`drill.scenario`)."""
_STACK = {Stage.PRIMARY: "primary", Stage.DR: "dr", Stage.DR_ACTIVE: "dr"}


@dataclass
class Rehearsal:
    """Deploys the stacks with one engine in one AWS, and destroys them. Raises `EngineError`."""

    engine: Engine
    environment: Mapping[str, str]
    account_id: str
    shown: ProgressDisplay
    report: Report
    build: Path
    cloud: RunningServer | None = None
    program: Program | None = None
    declared: dict[Stage, Declared] = field(default_factory=dict)

    def up(self, stage: Stage, *, proving: bool = False) -> None:
        """Deploy everything up to `stage`, then plan each stack again with refresh and verify it with boto3.

        The primary is planned again after the recovery stack is deployed: resources that the recovery stack declares in
        the primary's region must not change the primary's plan. With `proving`, functions and drills run before the
        takeover.
        """
        with self._timed("up"):
            outputs = self._bring_both_up(stage)
        for declared in self.declared.values():
            self.report.completed += complete(declared.blueprint, self._clients(declared).client)
        self._judge(Stage.PRIMARY if stage is Stage.PRIMARY else Stage.DR)
        proving = proving and stage is not Stage.PRIMARY
        self._check(
            [Stage.PRIMARY] if stage is Stage.PRIMARY else [Stage.PRIMARY, Stage.DR],
            beside=[self._run_functions] if proving else [],
        )
        if proving:
            self._drill()
        if stage is Stage.DR_ACTIVE:
            with self._timed("take_over"), self._counted(str(outputs["region"])):
                self._take_over(outputs)
            if stage in self.report.stacks:
                self._judge(stage)
                self._plan_again(stage)

    def _bring_both_up(self, stage: Stage) -> Mapping[str, Any]:
        """Deploy both stacks. The recovery stack starts as soon as the primary's exports exist; the rest of the primary
        continues in parallel."""
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

    def _run_functions(self) -> None:
        """Check each function on the deployed stacks. The checks change data, and no declared resource."""
        world = self._world()
        with self.shown.phase("functions"), self._timed("functions"):
            opened(world, self.build / "drill")
            self.report.function_checks = function_checks(world)

    def _drill(self) -> None:
        """Run the drills. The report lists drills that failed."""
        world = self._world()
        with self.shown.phase("drills"), self._timed("drills"):
            series = self.report.drills = Series(*modelled(world.outputs))
            series.run(world, DRILLED_SEEDS, self.build / "drill", self.shown.tell)
            series.draw(self.build / "drill.svg")

    def _take_over(self, outputs: Mapping[str, Any]) -> None:
        """Run the runbook's failover with the primary dead and orders flowing; this engine performs its scale-out."""
        world, folder = self._world(), self.build / "drill"

        def grow(run: str, progress: Callable[[str], None]) -> None:
            progress(f"{self.engine.kind} deploys dr with active: true for {run}")
            self._bring_up(
                "dr",
                Stage.DR_ACTIVE,
                lambda: self._program.dr(self.account_id, outputs, active=True),
                told=_in_tenths(progress),
            )

        opened(world, folder)
        with ScaleOutServer(grow) as growing, self.shown.phase("takeover"):
            try:
                taken = self.report.takeover = Takeover.of(world, folder, growing.command).take()
            except (OperatorError, TimeoutError) as error:
                if growing.failure is not None:
                    raise growing.failure from error
                self.report.broken_takeover = str(error)
                return
            except BaseException:
                self.engine.stop()
                raise
        self.shown.tell(taken.shown())

    def _world(self) -> World:
        if self.cloud is None:
            raise SessionError("functions and drills need the server in this process; run `python -m rehearsal`")
        return of_outputs(self.cloud, self.engine.outputs("dr"))

    def down(self) -> None:
        """Destroy both stacks and look for leftovers.

        The primary starts as soon as the recovery stack has no resource left in the primary's region.
        """
        with self._timed("destroy"):
            self._give_back()
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

    def _give_back(self) -> None:
        """Make the stores replicas again that the runbook detached, as operators do after an incident, because a
        detached secret belongs to no stack."""
        if self.cloud is not None and self.report.takeover is not None:
            world = self._world()
            found = world.configuration
            self.cloud.stand_by(world.standing_by(found.primary, found.standby))

    def _destroy(self, name: str, stage: Stage, released: threading.Event | None = None) -> None:
        begun = time.monotonic()
        with self.shown.phase(f"{name}: destroy"):
            self.engine.destroy(name, self.shown, released)
        if stage in self.report.stacks:
            self.report.stacks[stage].seconds["destroy"] = time.monotonic() - begun

    def note_strictness(self) -> None:
        """Copy the server's checked and refused requests into the report; nothing if the server no longer exists."""
        if self.cloud is not None:
            with suppress(ServerFailedError, OSError):
                self.report.strictness = self.cloud.strictness()

    def write(self, file: Path) -> None:
        """Write the report, with the peak memory of the larger Python process: this one or the program's."""
        program = self.program.peak_memory_mb() if self.program else 0.0
        self.report.peak_memory_mb = max(peak_memory_mb(), program)
        self.report.write(file)

    def _bring_up(
        self,
        name: str,
        stage: Stage,
        declare: Callable[[], Declared],
        exported: threading.Event | None = None,
        told: Callable[[Progress], None] = lambda _progress: None,
    ) -> None:
        with self.shown.phase(f"{stage}: evaluate"):
            declared = self.declared[stage] = declare()
        if stage is not Stage.DR_ACTIVE:
            self._preflight(stage, declared)
        begun = time.monotonic()
        with self.shown.phase(f"{stage}: preview"):
            self.engine.preview(name, declared)
        preview = time.monotonic() - begun
        with self.shown.phase(f"{stage}: up"):
            outcome = self.engine.up(name, declared, _to_both(self.shown, told), exported)
        before = self.report.stacks.get(stage)
        report = self.report.stacks[stage] = StackReport.of(declared, outcome)
        report.seconds["preview"] = preview
        if before is not None:
            # A repeated scale-out finds the first one's result; keep the resources that the first one replaced.
            report.replaced = [*before.replaced, *report.replaced]

    def _preflight(self, stage: Stage, declared: Declared) -> None:
        """Check what the stack needs of the account before anything is created. A finding that would stop an update is
        a problem in the report."""
        questions = questions_of(as_declared(declared.blueprint, declared.overrides))
        account = Account(lambda service, region: Clients(region, self.environment).client(service), emulated=True)
        with self.shown.phase(f"{stage}: preflight"):
            self.report.preflight[stage] = ask(questions, account)

    @property
    def _program(self) -> Program:
        if self.program is None:
            raise SessionError("no program is loaded, because destroying a stack needs none")
        return self.program

    @contextmanager
    def _beside(self, workers: int) -> Iterator[ThreadPoolExecutor]:
        """Threads that run beside this one; if this thread ends early, it stops the engine in theirs."""
        with ThreadPoolExecutor(workers) as pool:
            try:
                yield pool
            except BaseException:
                self.engine.stop()
                raise

    def _judge(self, stage: Stage) -> None:
        """Apply the policy pack: each stack alone, and the recovery stack beside its primary."""
        primary = self.declared[Stage.PRIMARY]
        documents = [primary.document()]
        if stage is not Stage.PRIMARY:
            actual = self.engine.outputs("primary")
            declared = primary.blueprint.outputs
            documents.append(named_again(self.declared[stage].document(), primary_reference("dr"), declared, actual))
        with self.shown.phase(f"{stage}: policy"):
            config = _policy_config()
            exempt = exemptions.configured(configuration.exemptions_in(config))
            self.report.policy[stage] = evaluate(documents, config, exempt)

    @contextmanager
    def _counted(self, region: str) -> Iterator[None]:
        """Make a region unavailable in this context, and count the requests to it."""
        if self.cloud is None:
            raise SessionError("a takeover needs the server in this process; run `python -m rehearsal`")
        before = _refusals(self.cloud, region)
        try:
            yield
        finally:
            self.cloud.restore(region)
            after = _refusals(self.cloud, region)
            self.report.calls_to_lost_region = dict(after.engine - before.engine)
            self.report.calls_by_others = {
                name: dict(counts - before.others.get(name, Counter())) for name, counts in after.others.items()
            }

    def _check(self, stages: Sequence[Stage], beside: Sequence[Callable[[], None]] = ()) -> None:
        """Plan again and verify with boto3, in parallel with `beside`, because each mostly waits."""
        tasks = [*[partial(self._plan_again, stage) for stage in stages], self._verify, *beside]
        with self._beside(len(tasks)) as pool:
            for done in [pool.submit(task) for task in tasks]:
                done.result()

    def _plan_again(self, stage: Stage) -> None:
        with self.shown.phase(f"{stage}: second plan"):
            self.report.stacks[stage].planned_again(*self.engine.drift(_STACK[stage]))

    def _verify(self) -> None:
        dr = self.declared.get(Stage.DR)
        primary = self.declared[Stage.PRIMARY]
        with self.shown.phase("verification with boto3"):
            self.report.verified = verify(
                primary.blueprint,
                dr.blueprint if dr else None,
                self._clients(primary),
                self._clients(dr) if dr else None,
            )

    def _clients(self, declared: Declared) -> Clients:
        return Clients(str(declared.blueprint.outputs["region"]), self.environment)

    def _regions(self) -> list[str]:
        """Regions of both stacks, from the engine, because another process may have deployed them."""
        outputs = (self.engine.outputs(name) for name in ("primary", "dr"))
        return [str(exported["region"]) for exported in outputs if "region" in exported]

    def _latest_dr(self) -> Stage:
        return Stage.DR_ACTIVE if Stage.DR_ACTIVE in self.declared else Stage.DR

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.report.seconds[phase] = time.monotonic() - begun


@dataclass(frozen=True)
class _Refused:
    """Requests that were refused because their region is lost, by service: those of the engine, and those of clients
    with a name in the user agent (the runbook, callers, functions)."""

    engine: Counter[str]
    others: Mapping[str, Counter[str]]


def _refusals(cloud: RunningServer, region: str) -> _Refused:
    """Count the refused requests. A client without a name counts as the engine."""
    engine: Counter[str] = Counter()
    others: dict[str, Counter[str]] = {}
    for entry in cloud.outages()["refused"]:
        if entry["region"] == region:
            name = entry["name"] or ""
            counts = engine if is_engine(name) else others.setdefault(name, Counter())
            counts[entry["service"]] += entry["count"]
    return _Refused(engine, others)


def _to_both(first: Callable[[Progress], None], second: Callable[[Progress], None]) -> Callable[[Progress], None]:
    def tell(step: Progress) -> None:
        first(step)
        second(step)

    return tell


def _in_tenths(progress: Callable[[str], None]) -> Callable[[Progress], None]:
    """Report about every tenth of the progress."""
    tenth = 0

    def tell(step: Progress) -> None:
        nonlocal tenth
        reached = 10 * step.done // max(1, step.total)
        if reached > tenth:
            tenth = reached
            progress(f"{step.done} of {step.total}: {step.resource}")

    return tell


def _policy_config() -> Any:
    return configuration.read(ROOT / configuration.DEFAULT)
