"""The loopback listener of the in-memory AWS and how it ends: on a signal, or when its parent is gone."""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from werkzeug.serving import BaseWSGIServer

log = logging.getLogger(__name__)

# A few hundred connections may arrive before the first is accepted: two provider processes of 30 workers
# each, and their retries.
BACKLOG = 512


class CannotListenError(RuntimeError):
    """The address cannot be listened on, or the parent to follow is not there; the message says which and
    why.
    """


@dataclass(frozen=True)
class Ready:
    """Where a started server listens."""

    endpoint: str
    port: int
    pid: int

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def bind(host: str, port: int) -> socket.socket:
    """Take the address, or raise CannotListenError. Port 0 takes a free one."""
    if not host.startswith("127.") and host not in {"::1", "localhost"}:
        raise CannotListenError(f"--host {host}: the in-memory AWS listens on loopback only; use 127.0.0.1")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as problem:
        listening.close()
        raise CannotListenError(f"cannot listen on {host}:{port}: {problem}; choose another port, or 0") from problem
    return listening


def serve(application: WSGIApplication, listening: socket.socket, announce: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM or SIGINT. Calls `announce` once requests are accepted."""
    host, port = listening.getsockname()[:2]
    server = _make_server(application, host, port, listening)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start())
    shown = f"[{host}]" if ":" in host else host
    announce(Ready(f"http://{shown}:{port}", port, os.getpid()))
    try:
        server.serve_forever()
    finally:
        server.server_close()


def write_ready(path: Path, ready: Ready) -> None:
    """Write the file whole or not at all, for readers that wait for it to appear."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(ready.as_json() + "\n")
    draft.replace(path)


def end_with_parent(pid: int) -> None:
    """Send this process SIGTERM when process `pid` is gone. Raises CannotListenError when it is gone
    already.
    """
    try:
        wait = _waiter_for(pid)
    except ProcessLookupError as problem:
        raise CannotListenError(f"--with-parent {pid}: there is no such process") from problem

    def follow() -> None:
        wait()
        log.info("parent %d is gone", pid)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, name="parent", daemon=True).start()


def _waiter_for(pid: int) -> Callable[[], object]:
    """Take hold of the process now, so that a later process with the same id is not mistaken for it."""
    if sys.platform == "linux":
        handle = os.pidfd_open(pid)
        return lambda: select.select([handle], [], [])
    if sys.platform == "win32":
        raise CannotListenError("--with-parent needs Linux, macOS or a BSD")
    queue = select.kqueue()
    exits = select.kevent(pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT)
    queue.control([exits], 0)
    return lambda: queue.control(None, 1)


def _make_server(application: WSGIApplication, host: str, port: int, listening: socket.socket) -> BaseWSGIServer:
    from werkzeug.serving import make_server

    from aws_emulator.handler import Handler

    return make_server(host, port, application, threaded=True, request_handler=Handler, fd=os.dup(listening.fileno()))
