"""Runs terraform as a child process that never outlives this process, and reads its event stream."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from rehearsal.engines.protocol import EngineError

# Seconds: after an interrupt, terraform finishes running operations and writes its state.
_GRACE_SECONDS = 90

# Terraform and its provider allocate much and keep little: at Go's default of 100, a fifth to a quarter of their
# processor time is garbage collection. The limit keeps a process on a small machine from growing
# (https://go.dev/doc/gc-guide). What the caller's environment says stands.
_COLLECT_LESS = {"GOGC": "400", "GOMEMLIMIT": "1GiB"}

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Diagnostic:
    """An error from terraform; `address` is the resource's, or None."""

    address: str | None
    summary: str

    def __str__(self) -> str:
        return f"{self.address}: {self.summary}" if self.address else self.summary


@dataclass
class Result:
    """Exit code and errors of one command."""

    code: int
    errors: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True)
class Terraform:
    """The terraform command in one folder, with the AWS endpoint and secrets in its environment."""

    folder: Path
    environment: Mapping[str, str]
    limit_seconds: float
    running: set[subprocess.Popen[str]] = field(default_factory=set, compare=False)
    stopped: threading.Event = field(default_factory=threading.Event, compare=False)

    def run(self, *arguments: str) -> str:
        """Run a command and return its stdout. Raises `EngineError` with terraform's message if it fails."""
        return self._answered(arguments, subprocess.PIPE)

    def write(self, file: Path, *arguments: str) -> None:
        """Run a command and write its stdout to a file. Raises `EngineError` like `run`."""
        with file.open("w", encoding="utf-8") as written:
            self._answered(arguments, written)

    def _answered(self, arguments: Sequence[str], stdout: int | IO[str]) -> str:
        with self._child(arguments, stdout=stdout) as child, self._bounded(child):
            out, err = _communicated(child)
        if child.returncode != 0:
            raise EngineError(f"terraform {arguments[0]} failed in {self.folder}: {_plain(err or out or '')}")
        return out or ""

    def stream(self, arguments: Sequence[str], on_event: Callable[[Event], object]) -> Result:
        """Run a command with `-json`, pass its events on as they happen, and collect errors.

        The events are appended to the command's log in the folder, which `rehearsal.trace` reads.
        """
        result = Result(code=-1)
        log = self.folder / f"{arguments[0]}.log"
        with self._child(arguments, stderr=subprocess.STDOUT) as child, self._bounded(child), log.open("a") as written:
            try:
                for line in child.stdout or ():
                    written.write(line)
                    _note(line, result, on_event)
                child.wait()
            except BaseException:
                interrupt(child)
                raise
        result.code = child.returncode
        return result

    def _child(
        self, arguments: Sequence[str], *, stdout: int | IO[str] = subprocess.PIPE, stderr: int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        if self.stopped.is_set():
            raise EngineError("interrupted; no further command starts")
        command = shutil.which("terraform")
        if command is None:
            raise EngineError("no terraform command on PATH; install it, or use --engine pulumi")
        environment = {
            **_COLLECT_LESS,
            **os.environ,
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            **self.environment,
        }
        # A separate session, so that terraform receives an interrupt at the terminal only once, from here.
        child = subprocess.Popen(
            [command, *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
        self.running.add(child)
        if self.stopped.is_set():
            # Stopped in the meantime: `stop` may have missed this child.
            interrupt(child)
        return child

    def _bounded(self, child: subprocess.Popen[str]) -> _Bound:
        return _Bound(child, self.limit_seconds, self.running)


class _Bound:
    """Interrupts a child that exceeds its time limit."""

    def __init__(self, child: subprocess.Popen[str], seconds: float, running: set[subprocess.Popen[str]]) -> None:
        self._child = child
        self._running = running
        self._seconds = seconds
        self._timer = threading.Timer(seconds, self._expire)
        self._expired = False

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._running.discard(self._child)
        if self._expired:
            raise EngineError(f"terraform did not finish within {self._seconds:.0f} s; its state is kept")

    def _expire(self) -> None:
        self._expired = True
        interrupt(self._child)


def _communicated(child: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        return child.communicate()
    except BaseException:
        interrupt(child)
        raise


def interrupt(child: subprocess.Popen[str]) -> None:
    """Ask terraform to stop, let it write its state, and kill its process group if it does not."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _note(line: str, result: Result, on_event: Callable[[Event], object]) -> None:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        # Terraform prints plain text if it fails before its event stream starts.
        if line.strip().startswith("Error:"):
            result.errors.append(Diagnostic(None, line.strip()))
        return
    if event.get("type") == "diagnostic" and event["diagnostic"]["severity"] == "error":
        diagnostic = event["diagnostic"]
        detail = " ".join(filter(None, (diagnostic["summary"], diagnostic.get("detail"))))
        result.errors.append(Diagnostic(diagnostic.get("address"), " ".join(detail.split())))
    on_event(event)


def _plain(text: str) -> str:
    lines = [line.strip("│╷╵ \n") for line in text.splitlines()]
    return " ".join(line for line in lines if line)[:2000]
