"""Growing and shrinking the recovery stack by the engine's Automation API."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi import automation

from recovery.errors import ConfigurationError, StepFailedError
from recovery.redaction import redacted_text
from recovery.scale_out import DONE, Progress
from runbook.engine_errors import reason
from runbook.outputs import NO_ENGINE, selected
from runbook.retained_resources import RetainedStore, put_back, retained

ACTIVE = "trading-platform:active"
POLICY_PACK = "policy"
POLICY_CONFIG = "policy-config.json"
"""Folder of the policy pack beside the program; a deployment in the middle of the night is checked like any other."""


@dataclass(frozen=True)
class PulumiScaleOut:
    """An `up` of the recovery stack with `active` set or not; a repeat finds nothing left to change.

    The setting is written to the stack's file: commit it when the night is over.
    """

    stack: str
    work_dir: Path
    active: bool
    store: RetainedStore

    def trouble(self) -> str | None:
        if not shutil.which("pulumi"):
            return NO_ENGINE
        try:
            selected(self.stack, self.work_dir)
        except ConfigurationError as error:
            return str(error)
        return None

    def start(self, run: str, progress: Progress) -> str:
        stack = selected(self.stack, self.work_dir)
        try:
            self._keep_or_put_back(stack, run)
            stack.set_config(ACTIVE, self._active)
            result = stack.up(show_secrets=False, message=f"recovery run {run}", **self._options(progress))
        except automation.CommandError as error:
            raise StepFailedError(
                f"stack {self.stack} could not be brought up ({reason(error)}); then `resume`"
            ) from error
        # Only a service numbers its updates; a bucket tells when they began.
        which = result.summary.version or f"of {result.summary.start_time:%Y-%m-%dT%H:%M:%SZ}"
        return f"update {which} of {self.stack}"

    def state(self, started: str) -> str:
        return DONE

    def preview(self, progress: Progress) -> str:
        """A preview with the policy pack. The setting is written to the stack's file and restored afterwards."""
        stack = selected(self.stack, self.work_dir)
        try:
            before = stack.get_all_config().get(ACTIVE)
            stack.set_config(ACTIVE, self._active)
            try:
                found = stack.preview(message="preview of a takeover", **self._options(progress))
            finally:
                if before is None:
                    stack.remove_config(ACTIVE)
                else:
                    stack.set_config(ACTIVE, before)
        except automation.CommandError as error:
            raise StepFailedError(f"stack {self.stack} could not be previewed ({reason(error)})") from error
        changes = ", ".join(f"{count} {kind}" for kind, count in found.change_summary.items())
        return f"preview of {self.stack}: {changes or 'no change'}"

    @property
    def _active(self) -> automation.ConfigValue:
        return automation.ConfigValue(str(self.active).lower())

    def _options(self, progress: Progress) -> dict[str, Any]:
        pack, config = self.work_dir / POLICY_PACK, self.work_dir / POLICY_CONFIG
        is_pack = (pack / "PulumiPolicy.yaml").is_file()
        return {
            "on_output": lambda line: progress(redacted_text(line.rstrip())),
            "color": "never",
            "policy_packs": [str(pack)] if is_pack else None,
            "policy_pack_configs": [str(config)] if is_pack and config.is_file() else None,
        }

    def _keep_or_put_back(self, stack: automation.Stack, run: str) -> None:
        exported = stack.export_stack()
        deployment = exported.deployment or {}
        resources = deployment.get("resources", [])
        if self.active:
            self.store.save(run, retained(resources))
            return
        whole = put_back(resources, self.store.load())
        if len(whole) > len(resources):
            deployment = {**deployment, "resources": whole}
            stack.import_stack(automation.Deployment(version=exported.version, deployment=deployment))
