"""The runbook's scale-out of a rehearsal: a command that has the rehearsal itself grow the region by its engine.

`python -m rehearsal.growth SOCKET` is what the runbook is given as `--scale-out-command`. The rehearsal listens at the
socket, in a folder that is its user's alone. The command names its run there and gets JSON lines back: `{"line": ...}`
for each line of progress, at last `{"ended": null}`, or `{"ended": ...}` with what went wrong.
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

Grow = Callable[[str, Progress], None]
"""Brings the recovery stack to full size for a run, and tells how far it is. What it raises has failed the growth."""

_MODULE = "rehearsal.growth"


class Growing:
    """Listens for the command while it is entered; growths take turns, and none is begun after one that failed.

    `failure` is what a growth raised.
    """

    def __init__(self, grow: Grow) -> None:
        self._grow = grow
        self._folder = tempfile.TemporaryDirectory(prefix="growth-")
        self._socket = Path(self._folder.name) / "socket"
        self.failure: Exception | None = None
        self.runs: list[str] = []

    @property
    def command(self) -> str:
        """What the runbook is to run, as a shell would write it."""
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
            # Whoever asked may have been killed: what was begun goes on, and who repeats it waits for its turn.
            with suppress(OSError):
                asked.wfile.write(json.dumps(what).encode() + b"\n")

        if self.failure is None:
            self.runs.append(run)
            try:
                self._grow(run, lambda line: tell({"line": line}))
            except Exception as error:  # noqa: BLE001 the rehearsal raises it where it waits for the runbook
                self.failure = error
        tell({"ended": None if self.failure is None else str(self.failure)})


def ask(address: str, run: str, progress: Progress) -> str | None:
    """Has the region grown, and gives what went wrong; None when nothing did."""
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
        return f"no rehearsal listens at {address} ({error}); this command is for the runbook of one"
    return f"the rehearsal at {address} went away before the region had grown"


def main(arguments: list[str]) -> int:
    """The command: 0 once the region has grown, 1 when it has not, 2 when it is used wrongly."""
    run, active = os.environ.get("RECOVERY_RUN"), os.environ.get("RECOVERY_ACTIVE", "true")
    if len(arguments) != 1 or not run or active != "true":
        print(
            f"usage: RECOVERY_RUN=run python -m {_MODULE} SOCKET; to grow alone: a rehearsal shrinks nothing "
            f"(RECOVERY_ACTIVE={active})",
            file=sys.stderr,
        )
        return 2
    trouble = ask(arguments[0], run, lambda line: print(line, flush=True))
    if trouble is not None:
        print(trouble, file=sys.stderr)
    return int(trouble is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
