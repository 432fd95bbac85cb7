"""Handles the requests of one connection and keeps it open between them.

Werkzeug's own handler closes the connection after each answer, because it does not know how much of the body the
application has read. This handler reads the whole body first. It saves a connection and a thread for each request: a
quarter of the cost of a simple request.
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
    """One connection to the in-memory AWS."""

    protocol_version = "HTTP/1.1"
    # Send head and body together. When the body followed the head, a provider lost about one answer in 1,600, because
    # it had closed the connection in between.
    wbufsize = 65536
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request. If the client ends within its request, or the application aborts it, close the connection
        without an answer."""
        environ: WSGIEnvironment = {}
        try:
            self.environ = environ = self._with_body(self.make_environ())
            status, headers, body = self._application_answer(environ)
        except ConnectionError as error:
            self.connection_dropped(error, environ)
            return
        except Exception:
            log.exception("error on %s %s", environ["REQUEST_METHOD"], environ.get("PATH_INFO"))
            self.close_connection = True
            status, headers, body = "500 Internal Server Error", [], b""
        self._send(status, headers, body)

    def handle_expect_100(self) -> bool:
        """Send "100 Continue" to a client that waits for it before it sends its body."""
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Log nothing here: the application writes its own line with region and action."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Close a connection without an answer."""
        log.warning("connection dropped: %r", error)
        self.close_connection = True

    def _with_body(self, environ: WSGIEnvironment) -> WSGIEnvironment:
        """Return the environment with the whole body, so that the next request starts where this one ends.

        Raises ConnectionError for a client that ended within its body: AWS carries out no part of a request.
        """
        if environ.pop("wsgi.input_terminated", False):
            body = environ["wsgi.input"].read()
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            environ["CONTENT_LENGTH"] = str(len(body))
        else:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            body = environ["wsgi.input"].read(length)
            if len(body) < length:
                raise ConnectionError(f"the client sent {len(body)} of {length} bytes")
        environ["wsgi.input"] = BytesIO(body)
        return environ

    def _application_answer(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
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
        # The answer to HEAD may have the object's length.
        if "content-length" not in names and not (bodiless and self.command != "HEAD"):
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless:
            self.wfile.write(body)
        self.wfile.flush()
