"""How the region that took over grows to the size of the one it replaces: after traffic has moved, never before."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from recovery.errors import StepFailedError

Progress = Callable[[str], None]
"""Takes a line about what is going on."""

_SHOWN_LINES = 5


class ScaleOut(Protocol):
    """Brings the region that took over to full size. To start what runs or is done is harmless."""

    def trouble(self) -> str | None:
        """What is missing for it, in words for the operator; None when it could start."""
        ...

    def start(self, run: str, progress: Progress) -> str:
        """Starts, or finds, the growth of this run, and gives what it can be found by. May do all of it before it
        returns. Raises StepFailedError."""
        ...

    def state(self, started: str) -> str:
        """`running` or `done`; raises StepFailedError when it failed."""
        ...

    def preview(self, progress: Progress) -> str:
        """Starts the same as a preview, which changes nothing, and gives what `state` finds it by. Raises
        StepFailedError, also where there is no preview."""
        ...


RUNNING, DONE = "running", "done"


@dataclass(frozen=True)
class CommandScaleOut:
    """Runs a configured command to its end; its output is the progress. For a region without the engine.

    The command must be safe to repeat: one that was cut off is run again. It is given the run's id in the variable
    RECOVERY_RUN.
    """

    command: Sequence[str]
    environment: Mapping[str, str]

    def trouble(self) -> str | None:
        return None if self.command else "scaleOut.command names no command"

    def start(self, run: str, progress: Progress) -> str:
        try:
            process = subprocess.Popen(
                list(self.command),
                env={**self.environment, "RECOVERY_RUN": run},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        except OSError as error:
            raise StepFailedError(
                f"{self.command[0]} cannot be started ({error}); correct it, then `resume`"
            ) from error
        last: list[str] = []
        with process:
            for line in process.stdout or ():
                progress(line.rstrip())
                last = [*last, line.rstrip()][-_SHOWN_LINES:]
        if process.returncode:
            tail = " | ".join(last)
            raise StepFailedError(f"{self.command[0]} ended with {process.returncode}: {tail}; then `resume`")
        return run

    def state(self, started: str) -> str:
        return DONE

    def preview(self, progress: Progress) -> str:
        raise StepFailedError(f"{self.command[0]} is a command of this machine, and has no preview")


@dataclass(frozen=True)
class CalledScaleOut:
    """Calls a function of this process to its end: what a rehearsal or an engine of its own brings along."""

    grow: Callable[[str, Progress], None]

    def trouble(self) -> str | None:
        return None

    def start(self, run: str, progress: Progress) -> str:
        self.grow(run, progress)
        return run

    def state(self, started: str) -> str:
        return DONE

    def preview(self, progress: Progress) -> str:
        raise StepFailedError("a function of this process has no preview")


@dataclass(frozen=True)
class CodeBuildScaleOut:
    """A CodeBuild run of the recovery region, for the function, whose time ends long before the growth does.

    `project` is a name; its build specification brings the recovery stack up with `active` set. `idempotencyToken`
    makes a repeat find the same build (CodeBuild API Reference, StartBuild: valid for five minutes); a later one finds
    it by the run's id among the latest builds.
    """

    client: Any
    project: str

    def trouble(self) -> str | None:
        try:
            found = self.client.batch_get_projects(names=[self.project])["projects"]
        except (BotoCoreError, ClientError) as error:
            return f"CodeBuild does not answer about project {self.project}: {error}"
        return None if found else f"CodeBuild project {self.project} does not exist"

    def start(self, run: str, progress: Progress) -> str:
        try:
            found = self._build_of(run)
            if found is None:
                found = self.client.start_build(
                    projectName=self.project,
                    idempotencyToken=run,
                    environmentVariablesOverride=[{"name": "RECOVERY_RUN", "value": run, "type": "PLAINTEXT"}],
                )["build"]["id"]
        except (BotoCoreError, ClientError) as error:
            raise StepFailedError(f"project {self.project} cannot be built ({error}); then `resume`") from error
        progress(f"build {found}")
        return found

    def state(self, started: str) -> str:
        try:
            builds = self.client.batch_get_builds(ids=[started])["builds"]
        except (BotoCoreError, ClientError) as error:
            raise StepFailedError(f"build {started} cannot be looked at ({error}); then `resume`") from error
        status = builds[0]["buildStatus"] if builds else "NOT_FOUND"
        if status == "IN_PROGRESS":
            return RUNNING
        if status == "SUCCEEDED":
            return DONE
        raise StepFailedError(f"build {started} ended as {status}; see its log, then `resume`")

    def preview(self, progress: Progress) -> str:
        override = [{"name": "GROW_MODE", "value": "preview", "type": "PLAINTEXT"}]
        try:
            found = self.client.start_build(projectName=self.project, environmentVariablesOverride=override)
        except (BotoCoreError, ClientError) as error:
            raise StepFailedError(f"project {self.project} cannot be built ({error})") from error
        progress(f"build {found['build']['id']}, a preview")
        return found["build"]["id"]

    def _build_of(self, run: str) -> str | None:
        """The latest build of this run that has not failed."""
        for build in latest_builds(self.client, self.project):
            ours = variables_of(build).get("RECOVERY_RUN") == run
            if ours and build["buildStatus"] in ("IN_PROGRESS", "SUCCEEDED"):
                return build["id"]
        return None


_LATEST_BUILDS = 20


def latest_builds(client: Any, project: str) -> list[Mapping[str, Any]]:
    """The latest builds of a CodeBuild project, the newest first. Raises BotoCoreError and ClientError."""
    ids = client.list_builds_for_project(projectName=project, sortOrder="DESCENDING")["ids"][:_LATEST_BUILDS]
    return client.batch_get_builds(ids=ids)["builds"] if ids else []


def variables_of(answer: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables of a CodeBuild project or build."""
    variables = answer.get("environment", {}).get("environmentVariables", [])
    return {entry["name"]: entry["value"] for entry in variables}
