"""Start the in-memory AWS as a child process and speak to its controls."""

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
from aws_emulator.replication.middleware import REPLICATION_PATH
from aws_emulator.standing_by import STANDING_BY_PATH, StandingBy
from aws_emulator.strict.mode import STRICT_PATH, Mode
from aws_emulator.variables import client_variables

# The account of AWS's own documentation examples.
ACCOUNT_ID = "123456789012"
REGION = "us-east-1"

# moto's own control: it resets each backend that it knows, and the store's records are such backends.
RESET_PATH = "/moto-api/reset"

_PROJECT = Path(__file__).resolve().parents[1]
_LOG_TAIL_LINES = 30
# Two seconds on an idle machine; the limit is for a server that hangs, on a machine that is busy.
_START_SECONDS = 300.0
_STOP_SECONDS = 10.0


class ServerFailedError(RuntimeError):
    """The in-memory AWS did not start, or is gone; the message holds the end of its log."""


class RunningServer:
    """An in-memory AWS in a process of its own. Ends with `stop()`, as a context manager, or with this
    process.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: Path, endpoint: str, account_id: str) -> None:
        self._process = process
        self.log = log
        self.endpoint = endpoint
        self.account_id = account_id

    @property
    def pid(self) -> int:
        return self._process.pid

    def environment(self, region: str = REGION, inside: str | None = None) -> dict[str, str]:
        """The variables that make any AWS client speak to this server and to nothing else.

        `inside` names the region in which the client stands, for the outage mode `cut-off`. The user's own
        AWS files are shut out; use `client_environment` to shut out the user's AWS variables too.
        """
        return client_variables(self.endpoint, region, inside)

    def client_environment(
        self, region: str = REGION, inside: str | None = None, base: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """A whole environment: `base` (this process's own, if not given) without its AWS variables, and
        ours.
        """
        kept = {k: v for k, v in (os.environ if base is None else base).items() if not k.startswith("AWS_")}
        return kept | self.environment(region, inside)

    def check_alive(self) -> None:
        """Raise ServerFailedError, with the end of the log, if the server is gone."""
        code = self._process.poll()
        if code is not None:
            raise ServerFailedError(f"the in-memory AWS ended with code {code}; its log ends:\n{_tail(self.log)}")

    def set_outage(self, region: str, mode: str) -> None:
        """Lose a region ("dead", "cut-off") or give it back ("served"). Raises ValueError for anything
        else.
        """
        self._control(CONTROL_PATH, {"region": region, "mode": mode})

    def restore(self, region: str) -> None:
        """Give a lost region back."""
        self.set_outage(region, SERVED)

    def outages(self) -> dict[str, Any]:
        """`regions`: mode by lost region; `refused`: a list of {region, mode, service, inside, name, count}."""
        return self._control(CONTROL_PATH)

    def set_lag(self, seconds: float) -> None:
        """How long a write to a global table, a replicated bucket or a database with a replica takes to the other
        regions, from now on; what is under way arrives no later than what is written now."""
        self._control(REPLICATION_PATH, {"lag_seconds": seconds})

    def replication(self) -> dict[str, Any]:
        """`lag_seconds`; `waiting`: a list of {table or bucket, source, target, count}, what has not arrived yet, with
        `late` where a rule says how long it may take; `databases` and `promoted` as
        `aws_emulator.replication.databases` has them."""
        return self._control(REPLICATION_PATH)

    def inject(self, fault: Fault) -> None:
        """Have a number of calls go wrong. Raises ValueError for a kind that does not exist."""
        self._control(FAULTS_PATH, asdict(fault))

    def faults(self) -> dict[str, Any]:
        """`struck`: how many calls went wrong by kind; `armed`: how many are still to."""
        return self._control(FAULTS_PATH)

    def strictness(self, mode: Mode | None = None) -> dict[str, Any]:
        """What requests are checked for, and those that were refused, by name; `mode` is set first where it is given
        (`aws_emulator.strict.middleware`)."""
        return self._control(STRICT_PATH, None if mode is None else {"mode": mode})

    def reset(self) -> None:
        """Empty every account and region: resources, tags, and quotas that were raised."""
        self._control(RESET_PATH, {})

    def calm(self) -> None:
        """Disarms what has not struck yet."""
        self._control(FAULTS_PATH, {"kind": "none"})

    def stand_by(self, wanted: StandingBy) -> None:
        """Makes one region's database, secret and files replicas of the other's, as people do by daylight."""
        self._control(STANDING_BY_PATH, asdict(wanted))

    def stop(self) -> None:
        """End the server and wait until it is gone. Safe to call again."""
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
    """Start the in-memory AWS on loopback and return when it accepts requests. Port 0 takes a free one.

    It ends with this process unless it `outlives_caller`. `strict` says what it does with requests that AWS would
    refuse.

    The log goes to `log`, or to a file among the system's temporary files. Raises ServerFailedError, with the end of
    the log, when the server does not come up.
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
            # A terminal's Ctrl-C is for the caller, which stops the server once it no longer needs it.
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
    """The server prints one line when it listens; the pipe ends when it dies. Either is the event to wait
    for.
    """
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
