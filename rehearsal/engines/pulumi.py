"""The Pulumi engine: the Automation API with a file backend; it needs the `pulumi` command."""

from __future__ import annotations

import json
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation

from blueprint.program import ROOT
from components.settings import stack_files
from policy import configuration
from rehearsal.engines.protocol import Drift, EngineError, Outcome, Report
from rehearsal.engines.pulumi_command import find_command
from rehearsal.engines.pulumi_events import DriftEvents, PolicyEvents, UpdateEvents
from rehearsal.engines.pulumi_state import RetainedResources, custom_urns, entries, make_destroyable
from rehearsal.engines.terraform.plugin import Plugin, find_plugin
from rehearsal.plugins.aws.process import ProviderError, executable
from rehearsal.plugins.install import install
from rehearsal.stacks import Declared

_PARALLELISM = 48
PACK = ROOT / "policy"
"""The policy pack that each preview and each update loads."""


class PulumiEngine:
    """Runs the program with the Pulumi engine; `environment` names the AWS for the provider.

    State, project file and stack files are in the build folder, so that those of the checkout stay unchanged.
    `provider` is the Terraform provider behind this project's AWS plugin, None if the genuine plugin is installed.
    Raises `EngineError` if the command or that provider is missing.
    """

    kind = "pulumi"

    def __init__(self, build: Path, environment: Mapping[str, str]) -> None:
        self.command = find_command()
        self._build = build
        self._environment = dict(environment)
        self._home = build / "home"
        self.substitutes = install(self._home)
        names = {plugin.name for plugin in self.substitutes}
        self.provider = _provider() if "aws" in names else None
        self._has_cluster_api = "kubernetes" in names
        self._judged: dict[str, PolicyEvents] = {}

    def preview(self, name: str, declared: Declared) -> int:
        stack = self.prepared(name, declared)
        judged = self._judged[name] = PolicyEvents()
        summary = self._run(name, lambda: stack.preview(on_event=judged, **_with_pack())).change_summary
        return sum(count for change, count in summary.items() if change != automation.OpType.SAME)

    def up(self, name: str, declared: Declared, report: Report, exported: threading.Event | None = None) -> Outcome:
        stack = self.prepared(name, declared)
        events = UpdateEvents(name, sum(r.custom for r in declared.blueprint.resources), report)
        before = entries(stack)
        begun = time.monotonic()
        failure = None
        try:
            beside(lambda: stack.up(on_event=events, continue_on_error=True, **_with_pack()), self.stop)
        except automation.CommandError as error:
            failure = str(error)
        finally:
            if exported:
                exported.set()
        seconds = time.monotonic() - begun
        after = entries(stack)
        self._retained(name).note(before, after)
        created = custom_urns(after)
        if failure and not created - custom_urns(before):
            raise EngineError(f"{name}: nothing was created: {failure[-2000:]}")
        # A plugin that cannot create a resource reports that and creates no substitute.
        created -= frozenset(events.not_made)
        previewed = self._judged.get(name, PolicyEvents())
        return Outcome(
            stack=name,
            created=created,
            not_created=tuple(_missing(declared, created, events)),
            unsupported_arguments=tuple(sorted(events.unsupported)),
            replaced=tuple(sorted(events.replaced)),
            seconds={"up": seconds},
            policy_violations=tuple(events.policy.violations),
            unevaluated_rules=dict(previewed.not_evaluated),
        )

    def outputs(self, name: str) -> Mapping[str, Any]:
        if not (self._folder(name) / "Pulumi.yaml").exists():
            return {}
        return {key: output.value for key, output in self._selected(name).outputs().items()}

    def drift(self, name: str) -> tuple[frozenset[str], tuple[Drift, ...]]:
        events = DriftEvents()
        stack = self._selected(name)
        self._run(name, lambda: stack.preview(refresh=True, parallel=_PARALLELISM, on_event=events))
        return frozenset(events.read_back), tuple(events.changes)

    def destroy(self, name: str, report: Report, released: threading.Event | None = None) -> None:
        try:
            if (self._folder(name) / "Pulumi.yaml").exists():
                stack = self._selected(name)
                count = make_destroyable(stack, self._retained(name).entries())
                events = UpdateEvents(name, count, report)
                self._run(
                    name, lambda: stack.destroy(parallel=_PARALLELISM, on_event=events, continue_on_error=True), events
                )
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
        if not self._has_cluster_api:
            # Only this project's plugin emulates the Kubernetes API.
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
        return self._run(name, lambda: automation.create_or_select_stack(name, work_dir=folder, opts=options))

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

    def _retained(self, name: str) -> RetainedResources:
        return RetainedResources(self._folder(name) / "retained.json")

    def _run(self, name: str, command: Callable[[], Any], events: UpdateEvents | None = None) -> Any:
        """Run a command; `events` name the resources that failed. Raises `EngineError`."""
        try:
            return beside(command, self.stop)
        except automation.CommandError as error:
            failed = events.errors if events else {}
            said = "; ".join(f"{urn.rsplit('::', 1)[-1]}: {text}" for urn, text in failed.items())
            raise EngineError(f"{name}: {said or str(error)[-2000:]}") from error


def beside(command: Callable[[], Any], stop: Callable[[], None]) -> Any:
    """Run a command of the SDK in a thread of its own, and return its result.

    An interrupt in the thread that runs the command would close the pipes that the SDK still reads. Here it calls
    `stop`, and is raised once the command has ended.
    """
    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(command).result()
        except KeyboardInterrupt:
            stop()
            raise


def _provider() -> Plugin:
    plugin = find_plugin()
    try:
        executable(plugin)
    except ProviderError as error:
        raise EngineError(str(error)) from error
    return plugin


def _with_pack() -> dict[str, Any]:
    return {
        "parallel": _PARALLELISM,
        "policy_packs": [str(PACK)],
        "policy_pack_configs": [str(ROOT / configuration.DEFAULT)],
    }


def _missing(declared: Declared, created: frozenset[str], events: UpdateEvents) -> list[tuple[str, str, str]]:
    """Return AWS resources that are not in the state, each with the provider's error or the missing dependency."""
    reasons = {**events.errors, **events.not_made}
    declared_urns = {r.urn for r in declared.blueprint.resources}
    # An error of the program belongs to the stack, and prevents all undeclared resources.
    general = "; ".join(text for urn, text in events.errors.items() if urn not in declared_urns)
    return [
        (r.type, r.name, reasons.get(r.urn, general or "a resource that it needs was not created"))
        for r in declared.blueprint.resources
        if r.custom and r.type.startswith("aws:") and r.urn not in created
    ]
