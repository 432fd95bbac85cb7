"""Execution environments: one process for each version of a function."""

from __future__ import annotations

import atexit
import io
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
# What a process needs of the machine; nothing else of this process's variables reaches a function.
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Function:
    """One version of a function, as it was deployed; `seconds` is its time limit."""

    arn: str
    name: str
    version: str
    handler: str
    archive: bytes = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict)
    memory: int = 128
    seconds: float = 3.0


@dataclass(frozen=True)
class Answer:
    """What the handler gave, as JSON; `failed` when it raised, ended or ran out of time."""

    payload: str
    failed: bool


class ExecutionEnvironment:
    """A process that holds a function's code, started with the first event."""

    def __init__(self, function: Function, variables: Mapping[str, str]) -> None:
        self.function = function
        self._variables = variables
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers = -1
        self._code: Path | None = None

    def invoke(self, request: str, event: Any) -> Answer:
        """Waits for its turn; the time limit runs from then on, and not while the process starts."""
        with self._turn:
            process = self._started()
            function = self.function
            asked = {"id": request, "arn": function.arn, "seconds": function.seconds, "event": event}
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps(asked).encode() + b"\n")
                process.stdin.flush()
                line = self._line(function.seconds)
            except (TimeoutError, OSError) as error:
                self._end()
                return Answer(json.dumps({"errorMessage": f"{request} {error}"}), failed=True)
        answer = json.loads(line)
        if "error" in answer:
            return Answer(json.dumps(answer["error"]), failed=True)
        return Answer(json.dumps(answer["result"]), failed=False)

    def close(self) -> None:
        """Ends the process and removes the code."""
        with self._turn:
            self._end()
            if self._code:
                shutil.rmtree(self._code, ignore_errors=True)
                self._code = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._code = self._code or _unpacked(self.function.archive)
        self._answers, answers = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, str(_BOOTSTRAP), str(answers)],
            cwd=self._code,
            env=self._environment(self._code),
            stdin=subprocess.PIPE,
            # The server's standard output has one line for whoever started it; what functions log is the server's log.
            stdout=sys.stderr,
            pass_fds=(answers,),
        )
        os.close(answers)
        return self._process

    def _environment(self, code: Path) -> dict[str, str]:
        function = self.function
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            **self._variables,
            **function.variables,
            "PYTHONPATH": str(code),
            # The folder of the bootstrap is not the function's.
            "PYTHONSAFEPATH": "1",
            "_HANDLER": function.handler,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            # There is no X-Ray daemon.
            "POWERTOOLS_TRACE_DISABLED": "true",
        }

    def _line(self, seconds: float) -> bytes:
        """One answer; raises TimeoutError, and OSError when the process ends."""
        # The handler's own clock runs out first, so that it can say what it did not reach.
        end, line = time.monotonic() + seconds + _STOP_SECONDS, b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._answers], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(f"Task timed out after {seconds:.2f} seconds")
            piece = os.read(self._answers, 65536)
            if not piece:
                raise OSError("RequestId Error: Runtime exited; see the server's log")
            line += piece
        return line

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        os.close(self._answers)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Environments:
    """The environments of all functions, by ARN, version and what they are made of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, ExecutionEnvironment] = {}
        atexit.register(self.close)

    def of(self, function: Function, variables: Mapping[str, str]) -> ExecutionEnvironment:
        """The environment of a version; one that was made of other code or variables is ended first."""
        outdated = None
        with self._lock:
            found = self._made.get(function.arn)
            if found is None or found.function != function:
                outdated, found = found, ExecutionEnvironment(function, variables)
                self._made[function.arn] = found
        if outdated is not None:
            outdated.close()
        return found

    def close(self) -> None:
        """Ends all of them."""
        with self._lock:
            made, self._made = list(self._made.values()), {}
        for environment in made:
            environment.close()


def _unpacked(archive: bytes) -> Path:
    code = Path(tempfile.mkdtemp(prefix="function-"))
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        packed.extractall(code)
    return code
