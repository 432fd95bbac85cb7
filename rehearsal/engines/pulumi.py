"""The Pulumi engine: the Automation API with a file backend; it needs the `pulumi` command."""

from __future__ import annotations

import json
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation

from blueprint.program import ROOT
from components.settings import stack_files
from rehearsal.engines.protocol import Drift, EngineError, Outcome, Progress, Report
from rehearsal.engines.pulumi_command import find_command
from rehearsal.plugins.install import install
from rehearsal.plugins.warnings import NOT_MADE, UNSUPPORTED
from rehearsal.stacks import Declared

_PARALLELISM = 48


class PulumiEngine:
    """Runs the program with the Pulumi engine; `environment` names the AWS for the provider.

    State, project file and stack files are in the build folder, so that those of the checkout stay unchanged. Raises
    `EngineError` if the command is missing.
    """

    kind = "pulumi"

    def __init__(self, build: Path, environment: Mapping[str, str]) -> None:
        self.command = find_command()
        self._build = build
        self._environment = dict(environment)
        self._home = build / "home"
        self.substitutes = install(self._home)

    def preview(self, name: str, declared: Declared) -> int:
        stack = self.prepared(name, declared)
        summary = self._told(name, lambda: stack.preview(parallel=_PARALLELISM)).change_summary
        return sum(count for change, count in summary.items() if change != automation.OpType.SAME)

    def up(self, name: str, declared: Declared, report: Report, exported: threading.Event | None = None) -> Outcome:
        stack = self.prepared(name, declared)
        events = _Events(name, sum(r.custom for r in declared.blueprint.resources), report)
        begun = time.monotonic()
        failure = None
        try:
            stack.up(parallel=_PARALLELISM, on_event=events, continue_on_error=True)
        except automation.CommandError as error:
            failure = str(error)
        finally:
            if exported:
                exported.set()
        created = _custom_urns(stack)
        if failure and not created:
            raise EngineError(f"{name}: nothing was created: {failure[-2000:]}")
        # A plugin that cannot create a resource reports that and creates no substitute.
        created -= frozenset(events.not_made)
        reasons = {**events.errors, **events.not_made}
        declared_urns = {r.urn for r in declared.blueprint.resources}
        # An error of the program belongs to the stack, and prevents all undeclared resources.
        general = "; ".join(text for urn, text in events.errors.items() if urn not in declared_urns)
        missing = [
            (r.type, r.name, reasons.get(r.urn, general or "a resource that it needs was not created"))
            for r in declared.blueprint.resources
            if r.custom and r.type.startswith("aws:") and r.urn not in created
        ]
        return Outcome(
            stack=name,
            created=created,
            not_created=tuple(missing),
            unsupported_arguments=tuple(sorted(events.unsupported)),
            replaced=tuple(sorted(events.replaced)),
            seconds={"up": time.monotonic() - begun},
        )

    def outputs(self, name: str) -> Mapping[str, Any]:
        if not (self._folder(name) / "Pulumi.yaml").exists():
            return {}
        return {key: output.value for key, output in self._selected(name).outputs().items()}

    def drift(self, name: str) -> tuple[frozenset[str], tuple[Drift, ...]]:
        stack = self._selected(name)
        self._told(name, lambda: stack.refresh(parallel=_PARALLELISM))
        read_back = _custom_urns(stack)
        changes: list[Drift] = []

        def note(event: automation.EngineEvent) -> None:
            step = event.resource_pre_event
            if step and step.metadata.op not in (automation.OpType.SAME, automation.OpType.READ):
                changes.append(Drift(step.metadata.urn, tuple(sorted(step.metadata.diffs or ()))))

        self._told(name, lambda: stack.preview(parallel=_PARALLELISM, on_event=note))
        return read_back, tuple(changes)

    def destroy(self, name: str, report: Report, released: threading.Event | None = None) -> None:
        try:
            if (self._folder(name) / "Pulumi.yaml").exists():
                stack = self._selected(name)
                _unprotect(stack)
                events = _Events(name, len(_custom_urns(stack)), report)
                self._told(name, lambda: stack.destroy(parallel=_PARALLELISM, on_event=events))
        finally:
            if released:
                released.set()

    def stop(self) -> None:
        for thread in Path("/proc/self/task").iterdir():
            for child in (thread / "children").read_text().split():
                if b"pulumi" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(int(child), signal.SIGINT)

    def prepared(self, name: str, declared: Declared) -> automation.Stack:
        """Return the stack in this build's own state, with its settings."""
        folder = self._folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
        project["main"] = str(ROOT)
        project["runtime"]["options"]["virtualenv"] = str(ROOT / project["runtime"]["options"]["virtualenv"])
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")
        stack_file = f"Pulumi.{declared.stack}.yaml"
        # Only the settings: the secrets provider of an existing stack file does not apply here.
        settings = stack_files.read(ROOT / stack_file).configuration(declared.overrides)
        # The in-memory AWS has EKS clusters, but no Kubernetes API.
        settings[f"{project['name']}:workloads"] = False
        # JSON is valid YAML with all texts quoted.
        (folder / stack_file).write_text(json.dumps({"config": settings}), encoding="utf-8")
        return self._selected(name)

    def _selected(self, name: str) -> automation.Stack:
        # A stack has the name of its stack file, in every state.
        options = automation.LocalWorkspaceOptions(
            env_vars=self._variables(), pulumi_command=self.command.automation(), pulumi_home=str(self._home.resolve())
        )
        folder = str(self._folder(name))
        return self._told(name, lambda: automation.create_or_select_stack(name, work_dir=folder, opts=options))

    def _variables(self) -> dict[str, str]:
        state = self._build / "state"
        state.mkdir(parents=True, exist_ok=True)
        return {
            **self._environment,
            "PULUMI_BACKEND_URL": f"file://{state.resolve()}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase_file()),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # Cache schemas and shapes for each version; packed assets must exist longer than an update.
            "REHEARSAL_PLUGIN_FOLDER": str(ROOT / "build" / "engine" / "plugins"),
            "PYTHONPATH": str(ROOT),
        }

    def _passphrase_file(self) -> Path:
        """A passphrase of this build, which encrypts the secrets in the state and is used for nothing else."""
        file = self._build / "passphrase"
        if not file.exists():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as written:
                written.write(secrets.token_urlsafe(32))
        return file.resolve()

    def _folder(self, name: str) -> Path:
        return self._build / name

    def _told(self, name: str, command: Callable[[], Any]) -> Any:
        try:
            return command()
        except automation.CommandError as error:
            raise EngineError(f"{name}: {str(error)[-2000:]}") from error


class _Events:
    """Converts the engine's events to progress, and collects failures and replacements."""

    def __init__(self, stack: str, total: int, report: Report) -> None:
        self._stack = stack
        self._total = total
        self._report = report
        self._done = 0
        self.errors: dict[str, str] = {}
        self.not_made: dict[str, str] = {}
        self.unsupported: set[str] = set()
        self.replaced: set[str] = set()

    def __call__(self, event: automation.EngineEvent) -> None:
        diagnostic = event.diagnostic_event
        if diagnostic and diagnostic.severity == "error" and diagnostic.urn:
            self.errors[diagnostic.urn] = " ".join(diagnostic.message.split())
        if diagnostic and diagnostic.severity == "warning" and diagnostic.urn:
            self._warned(diagnostic.urn, " ".join(diagnostic.message.split()).removeprefix("warning: "))
        step = event.resource_pre_event
        if step and step.metadata.op == automation.OpType.REPLACE:
            self.replaced.add(step.metadata.urn)
        finished = event.res_outputs_event
        state = finished and (finished.metadata.new or finished.metadata.old)
        if finished and state and state.custom:
            self._done += 1
            name = finished.metadata.urn.rsplit("::", 1)[-1]
            self._report(Progress(self._stack, str(finished.metadata.op), name, self._done, self._total))

    def _warned(self, urn: str, message: str) -> None:
        if message.startswith(NOT_MADE):
            self.not_made[urn] = message.removeprefix(NOT_MADE)
        elif message.startswith(UNSUPPORTED):
            _, qualified, name = urn.rsplit("::", 2)
            self.unsupported.add(f"{qualified.split('$')[-1]}.{name}: {message.removeprefix(UNSUPPORTED)}")


def _custom_urns(stack: automation.Stack) -> frozenset[str]:
    deployment = stack.export_stack().deployment or {}
    return frozenset(r["urn"] for r in deployment.get("resources", []) if r.get("custom") and r.get("id"))


def _unprotect(stack: automation.Stack) -> None:
    """Remove protection in the state, because a rehearsal destroys its own resources."""
    exported = stack.export_stack()
    for resource in (exported.deployment or {}).get("resources", []):
        resource.pop("protect", None)
    stack.import_stack(exported)
