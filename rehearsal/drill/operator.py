"""The operator: the runbook's own command in a process of its own, which can be killed."""

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
from rehearsal.drill.world import World

# A command starts in seconds; on a machine with much else to do it takes longer.
_STARTS_WITHIN = 300.0
_BEGUN = re.compile(r"^(?P<step>[a-z-]+): (?!done in )")


class OperatorError(Exception):
    """The command did not do what it was begun for; the text holds its last lines."""


@dataclass(frozen=True)
class Finished:
    """How a command ended; `document` is what it left on stdout with --json, empty when it was killed."""

    verb: str
    code: int
    document: dict[str, Any]
    lines: tuple[str, ...]

    def require_done(self) -> Finished:
        """Raises OperatorError unless the run is done."""
        if self.code:
            troubles = [f"{entry['name']}: {entry['trouble']}" for entry in self._steps if entry.get("trouble")]
            said = self.document.get("error") or " | ".join(troubles or self.lines[-6:])
            raise OperatorError(f"{self.verb} ended with {self.code}: {said}")
        return self

    def facts(self, step: str) -> dict[str, Any]:
        """What proves a step; empty when it was not taken."""
        return next((entry["facts"] for entry in self._steps if entry["name"] == step), {})

    @property
    def _steps(self) -> list[dict[str, Any]]:
        return self.document.get("steps", [])


class Command:
    """One command under way. `kill_at` names the step at whose beginning the process is killed, as by the kernel."""

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
            # Its own session: a key that is pressed here is not for it.
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def await_question(self) -> None:
        """Returns once the command asks for its confirmation, or has ended."""
        end = time.monotonic() + _STARTS_WITHIN
        while not self._asks.wait(0.05) and self._process.poll() is None:
            if time.monotonic() > end:
                self.kill()
                raise OperatorError(f"{self.verb} did not ask within {_STARTS_WITHIN:g} s: {self._lines[-3:]}")

    def confirm(self, phrase: str) -> None:
        """Types the phrase that decides."""
        os.write(self._terminal, f"{phrase}\n".encode())

    def kill(self) -> None:
        self.killed = True
        self._process.kill()

    def wait(self, seconds: float) -> Finished:
        """Raises OperatorError, and ends the command, when it takes longer."""
        assert self._process.stdout is not None
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            out = self._process.stdout.read()
            code = self._process.wait()
        except BaseException:
            # Whoever waits was interrupted; the command's own session is not.
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
            # The last line before the question; the question itself ends without one.
            if f"{self.verb} to " in line:
                self._asks.set()
            begun = _BEGUN.match(line)
            if begun and begun["step"] == self._kill_at:
                self.kill()


def _document(text: str) -> dict[str, Any]:
    return json.loads(text) if text.strip() else {}


class Operator:
    """Runs commands on a world. The time that must pass between two takeovers is set aside: drills follow each other at
    once. `growth` is the command that grows the region; by default one that does nothing, for drills that come back."""

    def __init__(self, world: World, folder: Path, growth: str = "true") -> None:
        self._world = world
        self._growth = growth
        self.resumptions = 0
        self._outputs = folder / "outputs.json"
        folder.mkdir(parents=True, exist_ok=True)
        recovery = dict(world.outputs["recovery"])
        recovery["timing"] = {**recovery["timing"], "cooldownMilliseconds": 0, **_UNHURRIED}
        content = {**world.outputs, "recovery": recovery}
        self._outputs.write_text(json.dumps(content, default=str), encoding="utf-8")

    def begin(self, verb: str, *words: str, kill_at: str | None = None) -> Command:
        """Starts a command."""
        growing = () if verb in _WITHOUT_GROWTH else ("--scale-out-command", self._growth)
        given = ("--outputs", str(self._outputs), "--json", *growing, *words)
        environment = self._world.server.client_environment(self._world.configuration.standby.region)
        environment["AWS_SDK_UA_APP_ID"] = RUNBOOK
        # Lines are read by a program here, which has no edge to break them at.
        environment["COLUMNS"] = "1000"
        return Command(verb, given, environment, kill_at)

    def run(self, verb: str, *words: str, seconds: float) -> Finished:
        """Starts a command and waits for its end."""
        return self.begin(verb, *words).wait(seconds)

    def carried_through(self, finished: Finished, seconds: float) -> Finished:
        """The end of a run whose step failed: it is resumed, as the command says, a few times at most.

        Raises OperatorError when that does not help.
        """
        for _ in range(_RESUMED_AT_MOST):
            if finished.code != StepFailedError.exit_code:
                break
            self.resumptions += 1
            finished = self.run("resume", seconds=seconds)
        return finished.require_done()


# An in-memory AWS answers one call at a time, behind whoever else asks.
_UNHURRIED = {"callMilliseconds": 10_000, "orderMilliseconds": 10_000, "decisionMilliseconds": 60_000}
_RESUMED_AT_MOST = 3
_WITHOUT_GROWTH = ("status",)
