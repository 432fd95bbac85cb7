"""The WSGI application of the in-memory AWS: moto, corrected and completed, behind the outage switch."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aws_emulator.faults import FaultsMiddleware
from aws_emulator.kubernetes.middleware import KubernetesMiddleware
from aws_emulator.outage import OutageMiddleware, Outages, caller_of
from aws_emulator.repeats import RepeatMiddleware, attempt_of
from aws_emulator.retention import RetentionMiddleware
from aws_emulator.strict.mode import Mode

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

MOTO_SETTINGS = {
    # The AWS-managed IAM policies exist in every real account.
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # A certificate is issued as soon as its validation record can be seen, not a minute later.
    "MOTO_ACM_VALIDATION_WAIT": "0",
    # No browser asks: headers of cross-origin requests would only take time.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
    # Dedicated S3 hosts are never used: all clients address buckets by path.
    "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true",
}


def make_application(account_id: str, outages: Outages, strict: Mode = Mode.REFUSES) -> WSGIApplication:
    """Build the application for one account. moto reads its settings when it is first imported: call this
    first. `strict` is the mode in which requests are checked (`aws_emulator.strict.middleware`).
    """
    os.environ.update(MOTO_SETTINGS, MOTO_ACCOUNT_ID=account_id)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from aws_emulator import additions, corrections
    from aws_emulator.replication import databases, objects, tables
    from aws_emulator.replication.middleware import ReplicationMiddleware
    from aws_emulator.replication.transit import Transit
    from aws_emulator.runtime import invocation
    from aws_emulator.standing_by import StandingByMiddleware
    from aws_emulator.strict.middleware import StrictMiddleware

    corrections.install()
    additions.install()
    invocation.install()
    transit = Transit(outages)
    tables.install(tables.TableReplication(transit))
    objects.install(objects.ObjectReplication(transit))
    replicas = databases.DatabaseReplication(transit, account_id)
    databases.install(replicas)
    moto: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    served = RepeatMiddleware(RetentionMiddleware(StandingByMiddleware(moto, account_id)))
    # Constraints read moto's state, so they are checked where one request is served at a time.
    checked = StrictMiddleware(ReplicationMiddleware(served, transit, replicas), account_id, strict)
    alone = OneAtATime(checked, beside=served)
    return OutageMiddleware(KubernetesMiddleware(AccessLog(FaultsMiddleware(alone)), account_id), outages)


class OneAtATime:
    """Serves one request after the other: moto keeps its state in plain dictionaries.

    Dozens of clients at once would change a dictionary while another request walks over it. Python runs one
    thread at a time anyway, so nothing is lost. Only requests that wait by design are let through beside
    the others, to the application `beside`: long polling, and calls that run a function or a state machine which may
    call back.
    """

    def __init__(self, application: WSGIApplication, beside: WSGIApplication) -> None:
        self._application = application
        self._beside = beside
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if _waits_by_design(environ):
            return self._beside(environ, start_response)
        with self._lock:
            return self._application(environ, start_response)


def _waits_by_design(environ: WSGIEnvironment) -> bool:
    action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return action in {"ReceiveMessage", "StartSyncExecution"} or "/invocations" in environ.get("PATH_INFO", "")


class AccessLog:
    """One line for each request: status, region, service, action, milliseconds."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        status = "failed"
        action = _action(environ)

        def note_status(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = line.split(" ", 1)[0]
            return start_response(line, headers, exc_info)

        try:
            return self._application(environ, note_status)
        finally:
            caller = caller_of(environ)
            spent = (time.perf_counter() - began) * 1000
            attempt = attempt_of(environ)
            again = "" if attempt == 1 else f" attempt {attempt}"
            log.info("%s %s %s %s %.0f ms%s", status, caller.region, caller.service, action, spent, again)


def _action(environ: WSGIEnvironment) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return target or _form_action(environ) or f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"


def _form_action(environ: WSGIEnvironment) -> str | None:
    """The action of a form, which is put back for the application to read."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return None
    form = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(form)
    return next((value for name, value in parse_qsl(form.decode()) if name == "Action"), None)
