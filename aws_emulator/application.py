"""The WSGI application of the in-memory AWS: moto with corrections and additions, behind the outage middleware."""

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
from aws_emulator.retention import RetentionMiddleware
from aws_emulator.retries import RetryMiddleware, attempt_of
from aws_emulator.service_failures import ServiceFailures, ServiceFailuresMiddleware
from aws_emulator.strict.mode import Mode

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

MOTO_SETTINGS = {
    # The AWS-managed IAM policies exist in every real account.
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # Issue a certificate as soon as its validation record exists, not a minute later.
    "MOTO_ACM_VALIDATION_WAIT": "0",
    # No browser sends requests, so headers for cross-origin requests would only cost time.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
    # All clients address buckets by path, so no host name belongs to S3.
    "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true",
}


def make_application(account_id: str, outages: Outages, strict: Mode = Mode.REFUSES) -> WSGIApplication:
    """Build the application for one account. `strict` is the mode of the request checks
    (`aws_emulator.strict.middleware`).

    moto reads its settings at its first import, so call this function before any import of moto.
    """
    os.environ.update(MOTO_SETTINGS, MOTO_ACCOUNT_ID=account_id)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from aws_emulator import additions, corrections
    from aws_emulator.replica_roles import ReplicaRolesMiddleware
    from aws_emulator.replication import databases, objects, tables
    from aws_emulator.replication.links import ReplicationLinks
    from aws_emulator.replication.middleware import ReplicationMiddleware
    from aws_emulator.runtime import invocation
    from aws_emulator.strict.middleware import StrictMiddleware

    corrections.install()
    additions.install()
    invocation.install()
    services = ServiceFailures()
    links = ReplicationLinks(outages, services=services)
    tables.install(tables.TableReplication(links))
    objects.install(objects.ObjectReplication(links))
    replicas = databases.DatabaseReplication(links, account_id)
    databases.install(replicas)
    moto: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    served = RetryMiddleware(RetentionMiddleware(ReplicaRolesMiddleware(moto, account_id)))
    # Constraints read moto's state, so the check runs inside the lock that serialises requests.
    checked = StrictMiddleware(ReplicationMiddleware(served, links, replicas), account_id, strict)
    alone = OneAtATime(checked, beside=served)
    failing = ServiceFailuresMiddleware(FaultsMiddleware(alone), services)
    return OutageMiddleware(KubernetesMiddleware(AccessLog(failing), account_id), outages)


class OneAtATime:
    """Serves one request at a time, because moto keeps its state in plain dictionaries.

    Concurrent clients would change a dictionary while another request iterates over it. Python runs one thread at a
    time, so the lock costs no throughput. Requests that wait by design run outside the lock, in the application
    `beside`: long polling, and calls that run a function or a state machine, which may send requests themselves.
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
    """Logs one line for each request: status, region, service, action, milliseconds."""

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
    """Return the action of a form, and restore the body for the application."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return None
    form = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(form)
    return next((value for name, value in parse_qsl(form.decode()) if name == "Action"), None)
