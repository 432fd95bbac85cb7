"""Start the in-memory AWS as a child process and call its control API."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aws_emulator.faults import FAULTS_PATH, Fault
from aws_emulator.outage import CONTROL_PATH, SERVED
from aws_emulator.replica_roles import REPLICA_ROLES_PATH, ReplicaRoles
from aws_emulator.replication.middleware import REPLICATION_PATH
from aws_emulator.service_failures import SERVICE_FAILURES_PATH, ServiceFailure
from aws_emulator.strict.mode import STRICT_PATH, Mode
from aws_emulator.variables import client_variables

# Account id from AWS's documentation examples.
ACCOUNT_ID = "123456789012"
REGION = "us-east-1"

# moto's own control path. It resets each moto backend, and the store keeps its records in such backends.
RESET_PATH = "/moto-api/reset"

_PROJECT = Path(__file__).resolve().parents[1]
_LOG_TAIL_LINES = 30
# An idle machine needs two seconds. The limit detects a server that hangs, on a busy machine.
_START_SECONDS = 300.0
_STOP_SECONDS = 10.0


class ServerFailedError(RuntimeError):
    """The in-memory AWS did not start or has ended; the message contains the end of its log."""


class RunningServer:
    """An in-memory AWS in a child process. It ends with `stop()`, with its context manager, or with this process."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, endpoint: str, account_id: str) -> None:
        self._process = process
        self.log = log
        self.endpoint = endpoint
        self.account_id = account_id

    @property
    def pid(self) -> int:
        return self._process.pid

    def environment(self, region: str = REGION, inside: str | None = None) -> dict[str, str]:
        """Return the variables that connect an AWS client to this server only.

        `inside` is the client's region for the outage mode `cut-off`. The variables disable the user's AWS files. Use
        `client_environment` to remove the user's AWS variables too.
        """
        return client_variables(self.endpoint, region, inside)

    def client_environment(
        self, region: str = REGION, inside: str | None = None, base: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Return a whole environment: `base` (default: this process's) without its AWS variables, and with this
        server's."""
        kept = {k: v for k, v in (os.environ if base is None else base).items() if not k.startswith("AWS_")}
        return kept | self.environment(region, inside)

    def check_alive(self) -> None:
        """Raise ServerFailedError with the end of the log if the server has ended."""
        code = self._process.poll()
        if code is not None:
            raise ServerFailedError(f"the in-memory AWS ended with code {code}; its log ends:\n{_tail(self.log)}")

    def set_outage(self, region: str, mode: str) -> None:
        """Set an outage of a region ("dead", "cut-off") or end it ("served"). Raises ValueError for anything else."""
        self._control(CONTROL_PATH, {"region": region, "mode": mode})

    def restore(self, region: str) -> None:
        """End the outage of a region."""
        self.set_outage(region, SERVED)

    def outages(self) -> dict[str, Any]:
        """Return `regions`: mode by lost region; `refused`: a list of {region, mode, service, inside, name, count}."""
        return self._control(CONTROL_PATH)

    def set_lag(self, seconds: float) -> None:
        """Set the replication lag of global tables, replicated buckets and database replicas, in seconds.

        Pending changes arrive no later than a change that is written now.
        """
        self._control(REPLICATION_PATH, {"lag_seconds": seconds})

    def replication(self) -> dict[str, Any]:
        """Return pending changes and the lag of databases.

        `waiting`: a list of {table or bucket, source, target, count}, with `late` if a rule has a time limit.
        `lag_seconds`: the lag. `databases` and `promoted`: see `aws_emulator.replication.databases`.
        """
        return self._control(REPLICATION_PATH)

    def inject(self, fault: Fault) -> None:
        """Inject a fault into a number of calls. Raises ValueError for an unknown kind."""
        self._control(FAULTS_PATH, asdict(fault))

    def faults(self) -> dict[str, Any]:
        """Return `struck`: number of failed calls by kind; `armed`: number of pending faults."""
        return self._control(FAULTS_PATH)

    def strictness(self, mode: Mode | None = None) -> dict[str, Any]:
        """Return the mode of the request checks and the refused requests by name; set `mode` first if it is given.

        See `aws_emulator.strict.middleware`.
        """
        return self._control(STRICT_PATH, None if mode is None else {"mode": mode})

    def reset(self) -> None:
        """Delete everything in every account and region: resources, tags, and raised quotas."""
        self._control(RESET_PATH, {})

    def clear_faults(self) -> None:
        """Remove pending faults."""
        self._control(FAULTS_PATH, {"kind": "none"})

    def fail_service(self, failure: ServiceFailure) -> None:
        """Let calls of one service in one region fail until `mend_services`. Raises ValueError if it is malformed."""
        self._control(SERVICE_FAILURES_PATH, asdict(failure))

    def mend_services(self) -> None:
        """End every failure of a service."""
        self._control(SERVICE_FAILURES_PATH, {"end": True})

    def service_failures(self) -> dict[str, Any]:
        """Return `failures`: the present ones; `struck`: every failure with its number of failed calls."""
        return self._control(SERVICE_FAILURES_PATH)

    def set_replica_roles(self, wanted: ReplicaRoles) -> None:
        """Make one region's database, secret and files replicas of the other region's, as operators do after an
        incident."""
        self._control(REPLICA_ROLES_PATH, asdict(wanted))

    def stop(self) -> None:
        """End the server and wait until its process has ended. Safe to call again."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _control(self, path: str, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        self.check_alive()
        body = None if wanted is None else json.dumps(wanted).encode()
        request = urllib.request.Request(self.endpoint + path, data=body)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=_START_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            raise ValueError(json.load(problem)["error"]) from problem
        except OSError:
            self.check_alive()
            raise


def start(
    port: int = 0,
    log: Path | None = None,
    account_id: str = ACCOUNT_ID,
    *,
    outlives_caller: bool = False,
    strict: Mode = Mode.REFUSES,
) -> RunningServer:
    """Start the in-memory AWS on loopback and return when it accepts requests. Port 0 selects a free port.

    It ends with this process unless `outlives_caller` is set. `strict` is the handling of requests that AWS would
    refuse.

    The log goes to `log`, or to a temporary file. Raises ServerFailedError with the end of the log if the server does
    not start.
    """
    log = log or Path(tempfile.mkdtemp(prefix="aws-emulator-")) / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    tied = () if outlives_caller else ("--with-parent", str(os.getpid()))
    with log.open("ab") as log_file:
        process = subprocess.Popen(
            _command("--port", str(port), "--account-id", account_id, "--strict", strict, *tied),
            cwd=_PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log_file,
            # Ctrl-C of a terminal ends the caller, which then stops the server.
            start_new_session=True,
        )
    try:
        ready = _wait_until_ready(process, log)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return RunningServer(process, log, ready["endpoint"], account_id)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "aws_emulator", *arguments]


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """Wait for the one line that the server prints when it listens, or for the end of the pipe when it ends."""
    assert process.stdout is not None
    deadline = time.monotonic() + _START_SECONDS
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise ServerFailedError(
                    f"the in-memory AWS did not listen within {_START_SECONDS:.0f} s; its log ends:\n{_tail(log)}"
                )
            piece = os.read(process.stdout.fileno(), 4096)
            if not piece:
                code = process.wait()
                raise ServerFailedError(
                    f"the in-memory AWS ended with code {code} before it listened; its log ends:\n{_tail(log)}"
                )
            line += piece
    return json.loads(line)


def _tail(log: Path) -> str:
    with log.open(errors="replace") as lines:
        return "".join(deque(lines, _LOG_TAIL_LINES))
