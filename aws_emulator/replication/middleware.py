"""The control of replication, and the place where it happens: before each request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws_emulator.control import answered_as_json, body_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from aws_emulator.replication.databases import DatabaseReplication
    from aws_emulator.replication.transit import Transit

REPLICATION_PATH = "/_emulator/replication"


class ReplicationMiddleware:
    """Delivers what has arrived before each request. GET REPLICATION_PATH answers `Transit.report()` with what
    `DatabaseReplication.report()` has; POST takes {"lag_seconds"} and answers the same, or 400 with {"error"}.

    Expects one request at a time.
    """

    def __init__(self, application: WSGIApplication, transit: Transit, databases: DatabaseReplication) -> None:
        self._application = application
        self._transit = transit
        self._databases = databases

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != REPLICATION_PATH:
            self._transit.settle()
            return self._application(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST":
            lag = body_of(environ).get("lag_seconds")
            if not isinstance(lag, int | float) or isinstance(lag, bool) or lag < 0:
                problem = {"error": f"lag_seconds = {lag!r} must be a number of seconds from 0"}
                return answered_as_json(start_response, problem, "400 Bad Request")
            self._transit.set_lag(float(lag))
        return answered_as_json(start_response, {**self._transit.report(), **self._databases.report()})
