"""Scale-out for a rehearsal's runbook: a command that makes the rehearsal deploy the recovery stack at full size.

The runbook's `--scale-out-command` is `python -m rehearsal.scale_out SOCKET`. The rehearsal listens at the socket, in a
folder that only its user can access. The command sends its run and receives JSON lines: `{"line": ...}` for progress,
and finally `{"ended": null}` or `{"ended": ...}` with an error.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import socketserver
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from recovery.scale_out import Progress

ScaleOut = Callable[[str, Progress], None]
"""Deploys the recovery stack at full size for a run and reports progress. An exception means that the scale-out
failed."""

_MODULE = "rehearsal.scale_out"


class ScaleOutServer:
    """Listens for the command while its context is active. Scale-outs run one at a time; after a failure no other
    starts.

    `failure` is the exception of the failed scale-out, None without one.
    """

    def __init__(self, grow: ScaleOut) -> None:
        self._grow = grow
        self._folder = tempfile.TemporaryDirectory(prefix="growth-")
        self._socket = Path(self._folder.name) / "socket"
        self.failure: Exception | None = None
        self.runs: list[str] = []

    @property
    def command(self) -> str:
        """The command for the runbook, quoted for a shell."""
        return shlex.join([sys.executable, "-m", _MODULE, str(self._socket)])

    def __enter__(self) -> Self:
        growing = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                growing._answer(self)

        self._server = socketserver.UnixStreamServer(str(self._socket), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._folder.cleanup()

    def _answer(self, asked: socketserver.StreamRequestHandler) -> None:
        run = str(json.loads(asked.rfile.readline())["run"])

        def tell(what: Mapping[str, Any]) -> None:
            # The command may have been killed: the scale-out continues, and a repeated command waits for its turn.
            with suppress(OSError):
                asked.wfile.write(json.dumps(what).encode() + b"\n")

        if self.failure is None:
            self.runs.append(run)
            try:
                self._grow(run, lambda line: tell({"line": line}))
            except Exception as error:  # noqa: BLE001 the rehearsal raises it where it waits for the runbook
                self.failure = error
        tell({"ended": None if self.failure is None else str(self.failure)})


def request_scale_out(address: str, run: str, progress: Progress) -> str | None:
    """Request a scale-out; return the error, or None after success."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(address)
            connection.sendall(json.dumps({"run": run}).encode() + b"\n")
            with connection.makefile(encoding="utf-8") as lines:
                for line in lines:
                    told = json.loads(line)
                    if "ended" in told:
                        return told["ended"]
                    progress(told["line"])
    except OSError as error:
        return f"no rehearsal listens at {address} ({error}); run this command only from a rehearsal's runbook"
    return f"the rehearsal at {address} ended before the scale-out completed"


def main(arguments: list[str]) -> int:
    """Run the command: 0 after a scale-out, 1 if it failed, 2 for wrong arguments."""
    run, active = os.environ.get("RECOVERY_RUN"), os.environ.get("RECOVERY_ACTIVE", "true")
    if len(arguments) != 1 or not run or active != "true":
        print(
            f"usage: RECOVERY_RUN=run python -m {_MODULE} SOCKET; to grow alone: a rehearsal shrinks nothing "
            f"(RECOVERY_ACTIVE={active})",
            file=sys.stderr,
        )
        return 2
    trouble = request_scale_out(arguments[0], run, lambda line: print(line, flush=True))
    if trouble is not None:
        print(trouble, file=sys.stderr)
    return int(trouble is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
