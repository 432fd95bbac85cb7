"""Calls that go wrong on purpose: throttled, or carried out with an answer that is lost.

A throttled call is refused with HTTP 400 and ThrottlingException, which the SDKs repeat
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). A lost answer is a connection that closes
after the request was carried out. For services whose protocol is JSON, DynamoDB above all.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from aws_emulator.control import answered_as_json, body_of
from aws_emulator.outage import caller_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FAULTS_PATH = "/_emulator/faults"


class FaultKind(StrEnum):
    """What goes wrong; NONE disarms whatever is armed."""

    NONE = "none"
    THROTTLED = "throttled"
    LOST_ANSWER = "lost-answer"


class AnswerLostError(ConnectionError):
    """Closes the connection."""


@dataclass(frozen=True)
class Fault:
    """The next `count` calls of `action` in `region` go wrong, after `after` that do not. Only calls of clients outside
    every region: people and their commands, not the functions."""

    kind: str
    service: str = "dynamodb"
    action: str = ""
    region: str = ""
    count: int = 1
    after: int = 0


class FaultsMiddleware:
    """GET FAULTS_PATH answers {"armed", "struck"}; POST takes a `Fault` and answers the same, or 400 with {"error"}."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._armed: list[Fault] = []
        self._struck: Counter[str] = Counter()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == FAULTS_PATH:
            return self._control(environ, start_response)
        kind = self._strikes(environ)
        if kind == FaultKind.THROTTLED:
            said = {"__type": "com.amazon.coral.availability#ThrottlingException", "message": "Rate exceeded"}
            return answered_as_json(start_response, said, "400 Bad Request")
        if kind == FaultKind.LOST_ANSWER:
            for _ in self._application(environ, _unheard):
                pass
            raise AnswerLostError("carried out, and the answer is lost on purpose")
        return self._application(environ, start_response)

    def _strikes(self, environ: WSGIEnvironment) -> str | None:
        if not self._armed:
            return None
        caller = caller_of(environ)
        action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        with self._lock:
            for number, fault in enumerate(self._armed):
                if caller.inside or (fault.service, fault.action, fault.region) != (
                    caller.service,
                    action,
                    caller.region,
                ):
                    continue
                if fault.after:
                    self._armed[number] = Fault(**{**asdict(fault), "after": fault.after - 1})
                    return None
                self._struck[fault.kind] += 1
                self._armed[number : number + 1] = (
                    [Fault(**{**asdict(fault), "count": fault.count - 1})] if fault.count > 1 else []
                )
                return fault.kind
        return None

    def _control(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            try:
                wanted = Fault(**body_of(environ))
                kind = FaultKind(wanted.kind)
            except (TypeError, ValueError) as error:
                return answered_as_json(start_response, {"error": f"no fault: {error}"}, "400 Bad Request")
            with self._lock:
                self._armed = [] if kind is FaultKind.NONE else [*self._armed, wanted]
        with self._lock:
            report = {"armed": sum(fault.count for fault in self._armed), "struck": dict(self._struck)}
        return answered_as_json(start_response, report)


def _unheard(_status: str, _headers: Any, _exc_info: Any = None) -> Any:
    return lambda _data: None
