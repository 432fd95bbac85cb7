"""The operator: runs the runbook's command in a child process, which a drill can kill."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blueprint.program import ROOT
from recovery.errors import StepFailedError
from rehearsal.client_names import RUNBOOK
from rehearsal.drill.testbed import Testbed

# A command starts in seconds on an idle machine. A busy machine takes longer.
_STARTS_WITHIN = 300.0
_BEGUN = re.compile(r"^(?P<step>[a-z-]+): (?!done in )")


class OperatorError(Exception):
    """The command did not do its work; the message holds its last lines."""


@dataclass(frozen=True)
class Finished:
    """Result of a command. `document` is its stdout with --json; empty if the process was killed."""

    verb: str
    code: int
    document: dict[str, Any]
    lines: tuple[str, ...]

    def require_done(self) -> Finished:
        """Raise OperatorError unless the run is done."""
        if self.code:
            problems = [f"{entry['name']}: {entry['trouble']}" for entry in self._steps if entry.get("trouble")]
            message = self.document.get("error") or " | ".join(problems or self.lines[-6:])
            raise OperatorError(f"{self.verb} ended with {self.code}: {message}")
        return self

    def facts(self, step: str) -> dict[str, Any]:
        """Return the evidence of a step; empty if the step did not run."""
        return next((entry["facts"] for entry in self._steps if entry["name"] == step), {})

    @property
    def _steps(self) -> list[dict[str, Any]]:
        return self.document.get("steps", [])


class Command:
    """A running command. `kill_at` names the step at whose start SIGKILL ends the process."""

    def __init__(self, verb: str, words: Sequence[str], environment: dict[str, str], kill_at: str | None) -> None:
        self.verb = verb
        self._kill_at = kill_at
        self._lines: list[str] = []
        self._asks = threading.Event()
        self.killed = False
        self._terminal, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runbook", verb, *words],
            cwd=ROOT,
            env=environment,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A session of its own: keys of this terminal do not reach it.
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def await_question(self) -> None:
        """Wait until the command asks for its confirmation or has ended."""
        end = time.monotonic() + _STARTS_WITHIN
        while not self._asks.wait(0.05) and self._process.poll() is None:
            if time.monotonic() > end:
                self.kill()
                raise OperatorError(f"{self.verb} did not ask within {_STARTS_WITHIN:g} s: {self._lines[-3:]}")

    def confirm(self, phrase: str) -> None:
        """Type the confirmation phrase."""
        os.write(self._terminal, f"{phrase}\n".encode())

    def kill(self) -> None:
        self.killed = True
        self._process.kill()

    def wait(self, seconds: float) -> Finished:
        """Wait for the end. If the limit passes, end the command and raise OperatorError."""
        assert self._process.stdout is not None
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            out = self._process.stdout.read()
            code = self._process.wait()
        except BaseException:
            # The waiting thread was interrupted. The command runs in another session and does not receive the signal.
            self._process.kill()
            raise
        finally:
            over_time = not timer.is_alive()
            timer.cancel()
            self._reader.join()
            os.close(self._terminal)
        if over_time:
            raise OperatorError(f"{self.verb} was not done within {seconds:g} s: {' | '.join(self._lines[-6:])}")
        return Finished(self.verb, code, _document(out), tuple(self._lines))

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._lines.append(line.rstrip())
            # The last line before the question. The question itself has no line end.
            if f"{self.verb} to " in line:
                self._asks.set()
            begun = _BEGUN.match(line)
            if begun and begun["step"] == self._kill_at:
                self.kill()


def _document(text: str) -> dict[str, Any]:
    return json.loads(text) if text.strip() else {}


class Operator:
    """Runs commands on a testbed.

    Drills follow each other at once, so the minimum time between two takeovers is 0. `growth` is the command that
    scales the region out. The default does nothing, for drills that fail back.
    """

    def __init__(self, testbed: Testbed, folder: Path, growth: str = "true") -> None:
        self._testbed = testbed
        self._growth = growth
        self.resumptions = 0
        self._outputs = folder / "outputs.json"
        folder.mkdir(parents=True, exist_ok=True)
        recovery = dict(testbed.outputs["recovery"])
        recovery["timing"] = {**recovery["timing"], "cooldownMilliseconds": 0, **_UNHURRIED}
        content = {**testbed.outputs, "recovery": recovery}
        self._outputs.write_text(json.dumps(content, default=str), encoding="utf-8")

    def begin(self, verb: str, *words: str, kill_at: str | None = None) -> Command:
        """Start a command."""
        growing = () if verb in _WITHOUT_GROWTH else ("--scale-out-command", self._growth)
        given = ("--outputs", str(self._outputs), "--json", *growing, *words)
        environment = self._testbed.server.client_environment(self._testbed.configuration.standby.region)
        environment["AWS_SDK_UA_APP_ID"] = RUNBOOK
        # A program reads the lines, so they must not be wrapped at a terminal width.
        environment["COLUMNS"] = "1000"
        return Command(verb, given, environment, kill_at)

    def run(self, verb: str, *words: str, seconds: float) -> Finished:
        """Start a command and wait for its end."""
        return self.begin(verb, *words).wait(seconds)

    def resume_until_done(self, finished: Finished, seconds: float) -> Finished:
        """Resume a run whose step failed, a few times at most, as the command's output says.

        Raises OperatorError if the run still fails.
        """
        for _ in range(_RESUMED_AT_MOST):
            if finished.code != StepFailedError.exit_code:
                break
            self.resumptions += 1
            finished = self.run("resume", seconds=seconds)
        return finished.require_done()


# The in-memory AWS answers one call at a time, so a call waits for the calls of all other clients.
_UNHURRIED = {"callMilliseconds": 10_000, "orderMilliseconds": 10_000, "decisionMilliseconds": 60_000}
_RESUMED_AT_MOST = 3
_WITHOUT_GROWTH = ("status",)
