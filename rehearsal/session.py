"""Session of a running rehearsal: its server and stacks, stored on disk so that another process can destroy them."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_FILE = "session.json"
_MARK = "aws_emulator"
_STOP_SECONDS = 15.0


class SessionError(Exception):
    """A session cannot start or does not exist; the message states the remedy."""


@dataclass(frozen=True)
class Session:
    """The server's process and address, the engine, and the environment variables for the server."""

    pid: int
    endpoint: str
    engine: str
    account_id: str
    environment: Mapping[str, str]

    def write(self, build: Path) -> None:
        """Store the session in the build folder."""
        build.mkdir(parents=True, exist_ok=True)
        (build / _FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, build: Path) -> Session | None:
        """Read the stored session; None if there is none. Raises `SessionError` if the file is damaged."""
        file = build / _FILE
        if not file.exists():
            return None
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        except (json.JSONDecodeError, TypeError) as error:
            raise SessionError(f"{file} is damaged ({error}); remove {build} to start again") from error

    @staticmethod
    def forget(build: Path) -> None:
        """Remove the stored session."""
        (build / _FILE).unlink(missing_ok=True)

    @property
    def alive(self) -> bool:
        """Whether the server's process runs and is the one that was started."""
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except FileNotFoundError:
            return False
        return _MARK.encode() in command

    def stop_server(self) -> None:
        """Stop the server and wait until it has ended."""
        if not self.alive:
            return
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.1)
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)


def refuse_second(build: Path) -> None:
    """Raise `SessionError` if a rehearsal already runs in this build folder."""
    session = Session.read(build)
    if session is None:
        return
    state = "is running" if session.alive else "ended without `down`"
    raise SessionError(
        f"a rehearsal {state} in {build} (pid {session.pid}, {session.endpoint}); "
        "run `python -m rehearsal down` first, or name another folder with --build"
    )
