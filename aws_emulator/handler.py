"""Handles the requests of one connection, which stays open between them.

Werkzeug's own handler closes each connection after one answer, since it does not know how much of a request the
application has left unread. Here the whole body is read first. A client then saves a connection for each request, and
the server a thread: a quarter of what a simple request costs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger(__name__)

_WITHOUT_BODY = frozenset({"204", "304"})


class Handler(MotoRequestHandler):
    """One connection of the in-memory AWS."""

    protocol_version = "HTTP/1.1"
    # Head and body leave together. Of a provider's answers whose body came after the head, about one in 1,600 was
    # lost: the provider had closed the connection in between.
    wbufsize = 65536
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request. A request that the application breaks off ends the connection without an answer."""
        self.environ = environ = self._whole(self.make_environ())
        try:
            status, headers, body = self._asked(environ)
        except ConnectionError as error:
            self.connection_dropped(error, environ)
            return
        except Exception:
            log.exception("error on %s %s", environ["REQUEST_METHOD"], environ.get("PATH_INFO"))
            self.close_connection = True
            status, headers, body = "500 Internal Server Error", [], b""
        self._send(status, headers, body)

    def handle_expect_100(self) -> bool:
        """Tell a client that asked whether it may send its body: it waits for the answer."""
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """The application writes its own line, with region and action."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Close a connection without an answer."""
        log.warning("connection dropped: %r", error)
        self.close_connection = True

    def _whole(self, environ: WSGIEnvironment) -> WSGIEnvironment:
        """The environment with the whole body, so that the next request begins where this one ends."""
        if environ.pop("wsgi.input_terminated", False):
            body = environ["wsgi.input"].read()
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            environ["CONTENT_LENGTH"] = str(len(body))
        else:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        return environ

    def _asked(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
        began: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            began.append((status, headers))
            return written.append

        parts: Iterable[bytes] = self.server.app(environ, start_response)  # type: ignore[attr-defined]
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        status, headers = began[-1]
        return status, headers, b"".join(written) + body

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        names = set()
        for name, value in headers:
            names.add(name.lower())
            self.send_header(name, value)
        bodiless = self.command == "HEAD" or code in _WITHOUT_BODY
        # The answer to HEAD may name the length of the object.
        if "content-length" not in names and not (bodiless and self.command != "HEAD"):
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless:
            self.wfile.write(body)
        self.wfile.flush()
