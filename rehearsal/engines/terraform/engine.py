"""The Terraform engine: one folder and one state for each stack."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from blueprint.program import ROOT
from rehearsal.engines.protocol import Drift, EngineError, Outcome, Progress, Report
from rehearsal.engines.terraform.command import Event, Result, Terraform, interrupt
from rehearsal.engines.terraform.export_watcher import (
    EXPORTS_WRITER,
    ExportWatcher,
    early_exports,
    forget_exports,
    write_exports_early,
)
from rehearsal.engines.terraform.plan_result import PlanResult
from rehearsal.engines.terraform.plugin import Plugin, find_plugin
from rehearsal.engines.terraform.release_watcher import ReleaseWatcher
from rehearsal.engines.terraform.retained_resources import RetainedResources
from rehearsal.engines.terraform.schema import provider_schema
from rehearsal.engines.terraform.state_store import State, StateStore, use_http_backend
from rehearsal.lowering import Lowered, LoweringError, lower
from rehearsal.stacks import Declared

# Most of the time is waiting for the in-memory AWS, so many operations run in parallel.
_PARALLELISM = 48
_LIMIT_SECONDS = 1800.0
_PLAN = "plan.bin"
_DRIFT = "drift.bin"


class TerraformEngine:
    """Lowers a stack to Terraform JSON under `build/<name>/` and applies it.

    `environment` names the AWS for the provider. Raises `EngineError` if terraform or a provider plugin is missing or
    broken.
    """

    kind = "terraform"

    def __init__(self, build: Path, environment: Mapping[str, str], plugin: Plugin | None = None) -> None:
        self._build = build
        self._environment = dict(environment)
        self.plugin = plugin or find_plugin()
        self._lowered: dict[str, Lowered] = {}
        self._planned: dict[str, PlanResult] = {}
        self._secrets: dict[str, str] = {}
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = threading.Event()
        self._states: StateStore | None = None
        self._making = threading.Lock()

    def preview(self, name: str, declared: Declared) -> int:
        lowered = self._lower(name, declared)
        folder = self._folder(name)
        self._retained(name).set_aside(lowered)
        (folder / "main.tf.json").write_text(lowered.to_text(), encoding="utf-8")
        write_exports_early(declared.blueprint, lowered, folder)
        planned = PlanResult()
        result = self._terraform(name).stream(
            ["plan", "-json", "-input=false", "-refresh=false", f"-out={_PLAN}", f"-parallelism={_PARALLELISM}"],
            planned,
        )
        if result.code != 0:
            raise EngineError(f"{name}: the plan is refused: " + "; ".join(map(str, result.errors)))
        self._planned[name] = planned
        return len(planned.actions.keys() - {EXPORTS_WRITER})

    def up(self, name: str, declared: Declared, report: Report, exported: threading.Event | None = None) -> Outcome:
        lowered = self._lowered[name]
        changes = self._planned[name].actions
        before = set(self._state(name).addresses)
        watch = ExportWatcher(exported or threading.Event())
        counted = _Counted(name, len(changes), report)
        begun = time.monotonic()
        try:
            result = self._terraform(name).stream(
                ["apply", "-json", "-input=false", f"-parallelism={_PARALLELISM}", _PLAN],
                lambda event: (counted(event), watch(event)),
            )
        finally:
            watch.finish()
        seconds = {"up": time.monotonic() - begun}
        present = set(self._state(name).addresses)
        if result.code != 0 and not present - before and changes:
            raise EngineError(f"{name}: nothing was created: " + "; ".join(map(str, result.errors)))
        return Outcome(
            stack=name,
            created=frozenset(urn for urn, address in lowered.addresses.items() if address in present),
            not_created=(*lowered.skipped, *_missing(declared, lowered, present, result)),
            unsupported_arguments=lowered.unsupported_arguments,
            replaced=self._planned[name].replaced,
            seconds=seconds,
        )

    def outputs(self, name: str) -> Mapping[str, Any]:
        return self._state(name).outputs or early_exports(self._folder(name))

    def drift(self, name: str) -> tuple[frozenset[str], tuple[Drift, ...]]:
        planned = PlanResult()
        result = self._terraform(name).stream(
            ["plan", "-json", "-input=false", f"-out={_DRIFT}", f"-parallelism={_PARALLELISM}"], planned
        )
        if result.code != 0:
            raise EngineError(f"{name}: the second plan fails: " + "; ".join(map(str, result.errors)))
        urns = {address: urn for urn, address in self._lowered[name].addresses.items()}
        read_back = frozenset(urns[address] for address in planned.read_back if address in urns)
        return read_back, self._drifts(name, planned) if planned.differing else ()

    def _drifts(self, name: str, planned: PlanResult) -> tuple[Drift, ...]:
        """Return the differences by argument. Only the plan file has them, and it is large."""
        shown = json.loads(self._terraform(name).run("show", "-json", _DRIFT))
        changes = [change for change in shown["resource_changes"] if change["address"] in planned.differing]
        return tuple(Drift(change["address"], _differing(change["change"])) for change in changes)

    def destroy(self, name: str, report: Report, released: threading.Event | None = None) -> None:
        released = released or threading.Event()
        try:
            if self._state(name).document:
                self._fill_in_secrets(name)
                self._destroy(name, report, released)
        finally:
            released.set()

    def _destroy(self, name: str, report: Report, released: threading.Event) -> None:
        """Destroy retained resources first, because they depend on the stack's."""
        retained = self._retained(name)
        present = self._state(name).addresses
        counted = _Counted(name, len(present) + len(retained.kept()), report)
        watch = ReleaseWatcher(retained.declared() & set(present), released)
        arguments = ["-json", "-input=false", "-auto-approve", "-refresh=false", f"-parallelism={_PARALLELISM}"]
        result = retained.destroy(arguments, counted)
        if result.code == 0:
            watch.begin()
            result = self._terraform(name).stream(["destroy", *arguments], lambda event: (counted(event), watch(event)))
        if result.code != 0:
            raise EngineError(f"{name}: not everything could be destroyed: " + "; ".join(map(str, result.errors)))
        forget_exports(self._folder(name))

    def stop(self) -> None:
        self._stopped.set()
        with ThreadPoolExecutor() as pool:
            list(pool.map(interrupt, tuple(self._running)))

    def _lower(self, name: str, declared: Declared) -> Lowered:
        folder = self._folder(name)
        terraform = self._initialised(name)
        schema = provider_schema(terraform, self._build.parent / "provider-schema" / self.plugin.version)
        try:
            lowered = lower(
                declared.blueprint,
                schema,
                root=ROOT,
                folder=folder / "archives",
                provider_version=self.plugin.version,
            )
        except LoweringError as error:
            raise EngineError(f"{name}: {error}") from error
        for variable, password in lowered.passwords.items():
            self._secrets.setdefault(f"TF_VAR_{variable}", password.make())
        self._lowered[name] = lowered
        return lowered

    def _fill_in_secrets(self, name: str) -> None:
        """Give terraform a value for every variable. Another process may have deployed the stack, so its passwords are
        unknown; destroying does not use them."""
        document = json.loads((self._folder(name) / "main.tf.json").read_text(encoding="utf-8"))
        for variable in document.get("variable", {}):
            self._secrets.setdefault(f"TF_VAR_{variable}", "destroyed")

    def _initialised(self, name: str) -> Terraform:
        folder = self._folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        terraform = self._terraform(name)
        if not (folder / ".terraform").exists():
            skeleton = {"terraform": {"required_providers": {"aws": _required(self.plugin)}}}
            (folder / "main.tf.json").write_text(json.dumps(skeleton), encoding="utf-8")
            use_http_backend(folder)
            mirror = [f"-plugin-dir={self.plugin.mirror}"] if self.plugin.mirror else []
            terraform.run("init", "-input=false", *mirror)
        return terraform

    def _state(self, name: str) -> State:
        return State.read(self._folder(name))

    def _retained(self, name: str) -> RetainedResources:
        return RetainedResources(self._folder(name), self._terraform)

    def _folder(self, name: str) -> Path:
        return self._build / name

    def _terraform(self, folder: str | Path) -> Terraform:
        where = self._folder(folder) if isinstance(folder, str) else folder
        with self._making:
            self._states = self._states or StateStore(self._build)
        environment = {**self._environment, **self._secrets, **self._states.environment(where)}
        return Terraform(where, environment, _LIMIT_SECONDS, self._running, self._stopped)


class _Counted:
    """Converts terraform's events to progress."""

    def __init__(self, stack: str, total: int, report: Report) -> None:
        self._stack = stack
        self._total = total
        self._report = report
        self._done = 0

    def __call__(self, event: Event) -> None:
        kind = event.get("type")
        if kind in ("apply_start", "apply_complete", "apply_errored"):
            self._done += kind != "apply_start"
            hook = event["hook"]
            action = f"{hook['action']}{'' if kind == 'apply_start' else ' failed' if kind == 'apply_errored' else 'd'}"
            self._report(Progress(self._stack, action, hook["resource"]["addr"], self._done, self._total))


def _required(plugin: Plugin) -> dict[str, str]:
    return {"source": "hashicorp/aws", "version": plugin.version}


def _missing(declared: Declared, lowered: Lowered, present: set[str], result: Result) -> list[tuple[str, str, str]]:
    """Return declared resources that are not in the state, each with the provider's error or the missing dependency."""
    reasons = {error.address: error.summary for error in result.errors if error.address}
    general = "; ".join(error.summary for error in result.errors if not error.address)
    missing = []
    for urn, address in lowered.addresses.items():
        if address not in present:
            resource = declared.blueprint.by_urn[urn]
            reason = reasons.get(address) or general or "a resource that it needs was not created"
            missing.append((resource.type, resource.name, reason))
    return missing


def _differing(change: Mapping[str, Any]) -> tuple[str, ...]:
    before, after, unknown = (change.get(key) or {} for key in ("before", "after", "after_unknown"))
    keys = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    return tuple(sorted(keys | {key for key, value in unknown.items() if value is True}))
