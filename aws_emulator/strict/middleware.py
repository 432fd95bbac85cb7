"""Stands before moto: a request that AWS would refuse is refused here, and counted by name."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import BackendRequest

from aws_emulator.control import answered_as_json, body_of
from aws_emulator.outage import caller_of
from aws_emulator.store import AwsError, Call
from aws_emulator.store.errors import invalid_request, invalid_request_code
from aws_emulator.store.interceptor import refusal
from aws_emulator.store.parameters import parameters_of
from aws_emulator.store.service import INSTALLED
from aws_emulator.strict import requests, tags
from aws_emulator.strict.constraint import Constraint
from aws_emulator.strict.constraints import CONSTRAINTS
from aws_emulator.strict.mode import STRICT_PATH, Mode

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

_KEPT = 200


@dataclass
class Tally:
    """Counts of requests by service, operation and reason."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, service: str, operation: str, reason: str) -> None:
        """Counts one; reasons beyond the first `_KEPT` are counted without their words."""
        with self._lock:
            key = (service, operation, reason)
            self.counts[key if key in self.counts or len(self.counts) < _KEPT else (service, operation, "...")] += 1

    def as_json(self) -> list[dict[str, Any]]:
        """The JSON form."""
        with self._lock:
            return [
                {"service": service, "operation": operation, "reason": reason, "count": count}
                for (service, operation, reason), count in sorted(self.counts.items())
            ]


class StrictMiddleware:
    """Checks each request by botocore's model and by the documented constraints.

    A check that fails itself refuses nothing: the request is served, and the failure is counted.

    GET STRICT_PATH answers `mode`, `checked` and `unmatched` (requests by service; the latter match no
    operation of its model and are not checked), `operations`, `constraints` (each with the number
    of requests that it was `asked` about), `refused` (or, in the mode `counts`, what would have been) and `failed`
    (checks that failed themselves); POST takes a `mode`.
    """

    def __init__(
        self,
        application: WSGIApplication,
        account_id: str,
        mode: Mode = Mode.REFUSES,
        constraints: Sequence[Constraint] = CONSTRAINTS,
    ) -> None:
        self._application = application
        self._account = account_id
        self._mode = mode
        self._refused, self._failed = Tally(), Tally()
        self._asked: Counter[Constraint] = Counter()
        self._checked: Counter[str] = Counter()
        self._unmatched: Counter[str] = Counter()
        self._operations: set[tuple[str, str]] = set()
        self._constraints = constraints
        self._by_operation: dict[tuple[str, str], list[Constraint]] = {}
        for constraint in constraints:
            for name in constraint.operations:
                self._by_operation.setdefault((constraint.service, name), []).append(constraint)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == STRICT_PATH:
            return self._control(environ, start_response)
        if self._mode is Mode.OFF:
            return self._application(environ, start_response)
        caller = caller_of(environ)
        service = requests.service_of(caller.service, environ.get("PATH_INFO", ""))
        if service is None:
            return self._application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        answer = self._refuse(service, caller.region or "us-east-1", {**environ, "wsgi.input": BytesIO(body)})
        if answer is None or self._mode is Mode.COUNTS:
            return self._application(environ, start_response)
        status, headers, content = answer
        data = content.encode() if isinstance(content, str) else content
        fields = [(name, str(value)) for name, value in headers.items() if name.lower() not in _OWN]
        start_response(f"{status} Error", [*fields, ("Content-Length", str(len(data)))])
        return [data]

    def _refuse(self, service: str, region: str, environ: WSGIEnvironment) -> Any:
        request = BackendRequest(environ)
        found = requests.operation_of(service, request)
        if found is None:
            self._unmatched[service] += 1
            return None
        operation, uri = found
        name = str(operation.name)
        self._checked[service] += 1
        self._operations.add((service, name))
        try:
            self._check(service, region, operation, parameters_of(operation, request, uri))
        except AwsError as error:
            self._refused.add(service, name, str(error.message))
            log.warning("refused %s %s: %s", service, name, error.message)
            return refusal(service, request, operation, error)
        except Exception as error:  # noqa: BLE001 - a fault of the check is no fault of the request
            self._note_failure(service, name, "the service model", error)
        return None

    def _check(self, service: str, region: str, operation: Any, params: dict[str, Any]) -> None:
        """Raises AwsError for a request that AWS refuses."""
        validate = requests.validator_of(service, str(operation.name))
        if validate is not None:
            violations: list[str] = []
            validate(params, "", violations)
            if violations:
                raise invalid_request(operation, violations)
        fault = tags.fault_of(params)
        if fault:
            raise AwsError(invalid_request_code(operation), fault)
        constraints = self._by_operation.get((service, str(operation.name)))
        if constraints:
            installed = INSTALLED.get(service)
            call = Call(operation, self._account, region, params, bool(installed and installed.everywhere))
            for constraint in constraints:
                reason = self._broken(constraint, call)
                if reason:
                    raise AwsError(constraint.code, reason)

    def _broken(self, constraint: Constraint, call: Call) -> str | None:
        """Why the constraint refuses a request. A constraint reads moto's state, which may lack what it looks for."""
        self._asked[constraint] += 1
        try:
            return constraint.broken(call)
        except Exception as error:  # noqa: BLE001 - a fault of the check is no fault of the request
            self._note_failure(call.service, str(call.operation.name), constraint.name, error)
            return None

    def _note_failure(self, service: str, operation: str, check: str, error: Exception) -> None:
        log.error("the check %r of %s %s failed", check, service, operation, exc_info=error)
        self._failed.add(service, operation, f"{check}: {type(error).__name__}: {error}")

    def _control(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            wanted = body_of(environ).get("mode")
            if wanted not in list(Mode):
                error = f"mode = {wanted!r}: is no mode; choose one of {', '.join(Mode)}"
                return answered_as_json(start_response, {"error": error}, "400 Bad Request")
            self._mode = Mode(wanted)
        return answered_as_json(
            start_response,
            {
                "mode": self._mode,
                "checked": dict(sorted(self._checked.items())),
                "operations": len(self._operations),
                "unmatched": dict(sorted(self._unmatched.items())),
                "constraints": [
                    {**constraint.as_json(), "asked": self._asked[constraint]} for constraint in self._constraints
                ],
                "not_checked": requests.NOT_CHECKED,
                "refused": self._refused.as_json(),
                "failed": self._failed.as_json(),
            },
        )


_OWN = ("status", "content-length")
