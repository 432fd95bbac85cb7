"""A small program under the genuine engine, against an in-memory AWS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("program")
_LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Ran:
    """One command: its exit code and what it said."""

    code: int
    said: str


@dataclass(frozen=True)
class Project:
    """One stack, `dev`, with its state in `folder`."""

    folder: Path
    command: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> Ran:
        """A command to its end."""
        with self.begun(*arguments) as child:
            said, _ = child.communicate(timeout=_LIMIT_SECONDS)
        return Ran(child.returncode, said)

    def begun(self, *arguments: str) -> subprocess.Popen[str]:
        """A command that is under way, in a process group of its own."""
        return subprocess.Popen(
            [str(self.command), *arguments, "--non-interactive", "--stack", "dev"],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def up(self, **settings: Any) -> Ran:
        """An update with settings, given as JSON."""
        self.set(**settings)
        return self.run("up", "--yes", "--skip-preview")

    def set(self, **settings: Any) -> None:
        """Writes the stack file anew."""
        config = "".join(f"  small:{key}: {json.dumps(value)}\n" for key, value in settings.items())
        # Also the secrets provider and its encrypted key.
        kept = [line for line in self._stack_file.read_text().splitlines() if line.startswith(("encr", "secrets"))]
        self._stack_file.write_text("\n".join([*kept, "config:", config]) if config else "\n".join(kept) + "\n")

    def set_secret(self, key: str, value: str) -> None:
        """Encrypts a setting into the stack file."""
        ran = self.run("config", "set", "--secret", f"small:{key}", value)
        assert ran.code == 0, ran.said

    def preview(self) -> dict[str, int]:
        """How many resources a preview would change, by operation."""
        ran = self.run("preview", "--json", "--suppress-progress")
        assert ran.code == 0, ran.said
        return json.loads(ran.said[ran.said.index("{") :])["changeSummary"]

    def state(self) -> dict[str, dict[str, Any]]:
        """Resources in the state by name."""
        ran = self.run("stack", "export")
        resources = json.loads(ran.said)["deployment"].get("resources", [])
        return {resource["urn"].rsplit("::", 1)[-1]: resource for resource in resources}

    def state_files(self) -> list[Path]:
        """Every file that the backend has written."""
        return [path for path in (self.folder / "state").rglob("*") if path.is_file()]

    @property
    def _stack_file(self) -> Path:
        return self.folder / "Pulumi.dev.yaml"


def kill_group(child: subprocess.Popen[str]) -> None:
    """Ends a command and what it started, as a machine that is lost does."""
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def kill_plugin(child: subprocess.Popen[str], command: str) -> None:
    """End the process below a command whose command line holds a text, as the kernel ends one for want of memory."""
    below = {child.pid}
    processes = sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    for pid in processes:
        try:
            parent = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
            line = (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent in below:
            below.add(pid)
            if command in line:
                os.kill(pid, signal.SIGKILL)
                return
    raise AssertionError(f"no process below {child.pid} runs {command}")
