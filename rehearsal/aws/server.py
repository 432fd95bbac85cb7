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
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rehearsal.aws.outage import CONTROL_PATH, INSIDE_APP_ID, SERVED

# The account of AWS's own documentation examples.
ACCOUNT_ID = "123456789012"
REGION = "us-east-1"

_PROJECT = Path(__file__).resolve().parents[2]
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
        variables = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            # S3 Control puts the account id before the host name, which no resolver knows: a client that takes this
            # server for its proxy does not look it up. All else goes directly, so that a lost region looks like a
            # closed connection and not like a broken proxy. (Python leaves S3 Control out too: a boto3 client of it
            # needs Config(inject_host_prefix=False).)
            "HTTP_PROXY": self.endpoint,
            "http_proxy": self.endpoint,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        if inside:
            app_id = f"{INSIDE_APP_ID}{inside}"
            variables |= {"AWS_SDK_UA_APP_ID": app_id, "TF_APPEND_USER_AGENT": f"app/{app_id}"}
        return variables

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
        self._control({"region": region, "mode": mode})

    def restore(self, region: str) -> None:
        """Give a lost region back."""
        self.set_outage(region, SERVED)

    def outages(self) -> dict[str, Any]:
        """`regions`: mode by lost region; `refused`: a list of {region, mode, service, inside, count}."""
        return self._control(None)

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

    def _control(self, wanted: Mapping[str, str] | None) -> dict[str, Any]:
        self.check_alive()
        body = None if wanted is None else json.dumps(wanted).encode()
        request = urllib.request.Request(self.endpoint + CONTROL_PATH, data=body)
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
    port: int = 0, log: Path | None = None, account_id: str = ACCOUNT_ID, *, outlives_caller: bool = False
) -> RunningServer:
    """Start the in-memory AWS on loopback and return when it accepts requests. Port 0 takes a free one.

    It ends with this process unless it `outlives_caller`.

    The log goes to `log`, or to a file among the system's temporary files. Raises ServerFailedError, with the end of
    the log, when the server does not come up.
    """
    log = log or Path(tempfile.mkdtemp(prefix="rehearsal-aws-")) / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    tied = () if outlives_caller else ("--with-parent", str(os.getpid()))
    with log.open("ab") as log_file:
        process = subprocess.Popen(
            _command("--port", str(port), "--account-id", account_id, *tied),
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
    return [sys.executable, "-m", "rehearsal.aws", *arguments]


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
