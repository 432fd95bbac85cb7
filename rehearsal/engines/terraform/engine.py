"""The terraform engine: one folder and one state for each stack."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from blueprint.program import ROOT
from rehearsal.engines.protocol import Drift, EngineError, Outcome, Progress, Report
from rehearsal.engines.terraform.command import Event, Result, Terraform, interrupt
from rehearsal.engines.terraform.exported import Exported
from rehearsal.engines.terraform.plugin import Plugin, find_plugin
from rehearsal.engines.terraform.retained import Retained
from rehearsal.engines.terraform.schema import provider_schema
from rehearsal.lowering import Lowered, LoweringError, lower
from rehearsal.stacks import Declared

# Nearly all of the time is waiting for the in-memory AWS, so many wait side by side.
_PARALLELISM = 48
_LIMIT_SECONDS = 1800.0
_PLAN = "plan.bin"


class TerraformEngine:
    """Lowers a stack to Terraform JSON under `build/<name>/` and applies it.

    `environment` names the AWS that the provider speaks to. Raises `EngineError` when terraform or a provider
    plugin is missing or broken.
    """

    kind = "terraform"

    def __init__(self, build: Path, environment: Mapping[str, str], plugin: Plugin | None = None) -> None:
        self._build = build
        self._environment = dict(environment)
        self.plugin = plugin or find_plugin()
        self._lowered: dict[str, Lowered] = {}
        self._secrets: dict[str, str] = {}
        self._running: set[subprocess.Popen[str]] = set()

    def preview(self, name: str, declared: Declared) -> int:
        lowered = self._lower(name, declared)
        folder = self._folder(name)
        self._retained(name).set_aside(lowered)
        (folder / "main.tf.json").write_text(lowered.to_text(), encoding="utf-8")
        planned: Counter[str] = Counter()
        result = self._terraform(name).stream(
            ["plan", "-json", "-input=false", "-refresh=false", f"-out={_PLAN}", f"-parallelism={_PARALLELISM}"],
            lambda event: planned.update([event.get("type", "")]),
        )
        if result.code != 0:
            raise EngineError(f"{name}: the plan is refused: " + "; ".join(map(str, result.errors)))
        return planned["planned_change"]

    def up(self, name: str, declared: Declared, report: Report, exported: threading.Event | None = None) -> Outcome:
        lowered = self._lowered[name]
        changes = _plan_changes(self._terraform(name), _PLAN)
        before = set(self._in_state(name))
        state = self._folder(name) / "terraform.tfstate"
        watch = Exported.of(declared.blueprint, lowered, set(changes), state, exported or threading.Event())
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
        present = set(self._in_state(name))
        if result.code != 0 and not present - before and changes:
            raise EngineError(f"{name}: nothing was made: " + "; ".join(map(str, result.errors)))
        return Outcome(
            stack=name,
            created=frozenset(urn for urn, address in lowered.addresses.items() if address in present),
            not_created=(*lowered.skipped, *_missing(declared, lowered, present, result)),
            unsupported_arguments=lowered.unsupported_arguments,
            replaced=tuple(
                sorted(address for address, actions in changes.items() if set(actions) >= {"delete", "create"})
            ),
            seconds=seconds,
        )

    def outputs(self, name: str) -> Mapping[str, Any]:
        if not (self._folder(name) / "terraform.tfstate").exists():
            return {}
        answered = json.loads(self._terraform(name).run("output", "-json"))
        return {output: described["value"] for output, described in answered.items()}

    def drift(self, name: str) -> tuple[frozenset[str], tuple[Drift, ...]]:
        result = self._terraform(name).stream(
            ["plan", "-json", "-input=false", "-out=drift.bin", f"-parallelism={_PARALLELISM}"], lambda _: None
        )
        if result.code != 0:
            raise EngineError(f"{name}: the second plan fails: " + "; ".join(map(str, result.errors)))
        shown = json.loads(self._terraform(name).run("show", "-json", "drift.bin"))
        values = shown.get("prior_state", {}).get("values", {})
        read_back = {entry["address"] for entry in values.get("root_module", {}).get("resources", [])}
        urns = {address: urn for urn, address in self._lowered[name].addresses.items()}
        drifts = tuple(
            Drift(change["address"], _differing(change["change"]))
            for change in shown.get("resource_changes", [])
            if change["change"]["actions"] != ["no-op"] and change["address"] in read_back
        )
        return frozenset(urns[address] for address in read_back if address in urns), drifts

    def destroy(self, name: str, report: Report) -> None:
        if not (self._folder(name) / "terraform.tfstate").exists():
            return
        self._fill_in_secrets(name)
        terraform = self._terraform(name)
        total = len(self._in_state(name))
        counted = _Counted(name, total, report)
        arguments = ["-json", "-input=false", "-auto-approve", "-refresh=false", f"-parallelism={_PARALLELISM}"]
        result = terraform.stream(["destroy", *arguments], counted)
        if result.code == 0:
            result = self._retained(name).destroy(arguments, counted)
        if result.code != 0:
            raise EngineError(f"{name}: not everything could be destroyed: " + "; ".join(map(str, result.errors)))

    def stop(self) -> None:
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
        """Another process may have made the stack. Its passwords are gone with it, and destroying needs none of them,
        but terraform wants every variable to have a value."""
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
            mirror = [f"-plugin-dir={self.plugin.mirror}"] if self.plugin.mirror else []
            terraform.run("init", "-input=false", *mirror)
        return terraform

    def _in_state(self, name: str) -> list[str]:
        if not (self._folder(name) / "terraform.tfstate").exists():
            return []
        return self._terraform(name).run("state", "list").split()

    def _retained(self, name: str) -> Retained:
        return Retained(self._folder(name), self._terraform)

    def _folder(self, name: str) -> Path:
        return self._build / name

    def _terraform(self, folder: str | Path) -> Terraform:
        where = self._folder(folder) if isinstance(folder, str) else folder
        return Terraform(where, {**self._environment, **self._secrets}, _LIMIT_SECONDS, self._running)


class _Counted:
    """Turns terraform's events into progress."""

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


def _plan_changes(terraform: Terraform, plan: str) -> dict[str, list[str]]:
    shown = json.loads(terraform.run("show", "-json", plan))
    return {
        change["address"]: change["change"]["actions"]
        for change in shown.get("resource_changes", [])
        if change["change"]["actions"] != ["no-op"]
    }


def _missing(declared: Declared, lowered: Lowered, present: set[str], result: Result) -> list[tuple[str, str, str]]:
    """What the provider was asked for and is not in state, each with the provider's words or what it waited for."""
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
