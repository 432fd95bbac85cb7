"""Failures of one service in one Region, while the Region's other services work.

Every client of the Region's endpoint sees the failure, functions of the Region included. Four manners:

- `error`: HTTP 500 without a body, which every protocol of the SDKs reads as a server error.
- `unreachable`: the connection closes without an answer.
- `silent`: the request is neither executed nor answered. The connection closes after `_SILENT_SECONDS`, or when the
  failure ends.
- `slow`: the request is executed `seconds` later. A client that has given up by then does not learn of it.

With `every` = 3, each third call fails: a service of three Availability Zones that lost one. `plane` limits the failure
to the service's control plane or its data plane
(https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/control-planes-and-data-planes.html).

A failure of DynamoDB or S3 also stops the replication of tables or buckets, unless it is slow, partial or of the
control plane alone.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from aws_emulator.control import answered_as_json, body_of
from aws_emulator.outage import caller_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SERVICE_FAILURES_PATH = "/_emulator/service-failures"
_SILENT_SECONDS = 20.0
_MOST_SECONDS = 60.0

_DATA_ACTIONS = {
    "dynamodb": frozenset(
        {
            *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
            *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
        }
    ),
    "kinesis": frozenset({"PutRecord", "PutRecords", "GetRecords", "GetShardIterator"}),
}
"""Actions of the data plane, by service. Every call of a service that is not here counts as a control plane's, except
invocations of Lambda functions."""


class Manner(StrEnum):
    """How calls of a service fail."""

    ERROR = "error"
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    SLOW = "slow"


class Plane(StrEnum):
    """Which calls of a service fail."""

    ALL = "all"
    CONTROL = "control"
    DATA = "data"


class ServiceUnreachableError(ConnectionError):
    """Closes the connection without an answer."""


class MalformedServiceFailureError(ValueError):
    """A failure with a value out of its bounds; the message has the value and the valid ones."""


@dataclass(frozen=True)
class ServiceFailure:
    """A failure of `service` (its name in signatures, such as `dynamodb`) in `region`.

    `seconds` is the delay of a slow call. One call in `every` fails.
    """

    service: str
    region: str
    manner: str
    seconds: float = 0.0
    every: int = 1
    plane: str = Plane.ALL

    def check(self) -> None:
        """Raise MalformedServiceFailureError for a value out of its bounds."""
        if self.manner not in set(Manner):
            raise MalformedServiceFailureError(f"manner = {self.manner!r}: must be one of {', '.join(Manner)}")
        if self.plane not in set(Plane):
            raise MalformedServiceFailureError(f"plane = {self.plane!r}: must be one of {', '.join(Plane)}")
        if not self.service or not self.region:
            raise MalformedServiceFailureError("service and region must not be empty")
        if not isinstance(self.every, int) or self.every < 1:
            raise MalformedServiceFailureError(f"every = {self.every!r}: must be a whole number from 1 on")
        if (self.manner == Manner.SLOW) != (0 < self.seconds <= _MOST_SECONDS):
            raise MalformedServiceFailureError(
                f"seconds = {self.seconds!r}: a slow service needs more than 0 and at most {_MOST_SECONDS:g}; "
                "other failures need 0"
            )

    def covers(self, service: str | None, region: str | None, plane: Plane) -> bool:
        return (self.service, self.region) == (service, region) and self.plane in (Plane.ALL, plane)

    @property
    def stops_replication(self) -> bool:
        return self.manner != Manner.SLOW and self.every == 1 and self.plane != Plane.CONTROL


class ServiceFailures:
    """The present failures, and counts of the calls that failed. Safe for several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._present: list[tuple[ServiceFailure, float]] = []
        self._calls: Counter[ServiceFailure] = Counter()
        self._struck: Counter[ServiceFailure] = Counter()
        self._ended = threading.Event()

    def begin(self, failure: ServiceFailure) -> None:
        """Add a failure. Raises MalformedServiceFailureError."""
        failure.check()
        with self._lock:
            self._present.append((failure, self._clock()))

    def end(self) -> None:
        """End every failure. Silent calls end at once, without an answer."""
        with self._lock:
            self._present = []
            ended, self._ended = self._ended, threading.Event()
        ended.set()

    def lost_since(self, service: str, *regions: str) -> float | None:
        """Return when the service first failed as a whole in one of the regions, in seconds of the clock; None while it
        works."""
        with self._lock:
            times = [
                since
                for failure, since in self._present
                if failure.stops_replication and failure.service == service and failure.region in regions
            ]
        return min(times, default=None)

    def of_call(self, service: str | None, region: str | None, plane: Plane) -> tuple[ServiceFailure, ...]:
        """Return the failures that strike this call, and count it."""
        with self._lock:
            found = []
            for failure, _ in self._present:
                if failure.covers(service, region, plane):
                    self._calls[failure] += 1
                    if self._calls[failure] % failure.every == 0:
                        self._struck[failure] += 1
                        found.append(failure)
            return tuple(found)

    def wait(self, seconds: float) -> None:
        """Wait until the failures end, for a time at most."""
        with self._lock:
            ended = self._ended
        ended.wait(seconds)

    def report(self) -> dict[str, Any]:
        """Return `failures`: the present ones; `struck`: every failure since the start with its number of failed
        calls."""
        with self._lock:
            return {
                "failures": [asdict(failure) for failure, _ in self._present],
                "struck": [{**asdict(failure), "count": count} for failure, count in self._struck.items()],
            }


class ServiceFailuresMiddleware:
    """GET SERVICE_FAILURES_PATH returns the report. POST takes a `ServiceFailure`, or {"end": true} to end all
    failures, and returns the same, or 400 with {"error"}."""

    def __init__(self, application: WSGIApplication, failures: ServiceFailures) -> None:
        self._application = application
        self._failures = failures

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == SERVICE_FAILURES_PATH:
            return self._control(environ, start_response)
        caller = caller_of(environ)
        for failure in self._failures.of_call(caller.service, caller.region, _plane(caller.service, environ)):
            what = f"{failure.service} in {failure.region} is {failure.manner}"
            if failure.manner == Manner.ERROR:
                start_response("500 Internal Server Error", [("Content-Length", "0")])
                return [b""]
            if failure.manner == Manner.SLOW:
                time.sleep(failure.seconds)
                continue
            if failure.manner == Manner.SILENT:
                self._failures.wait(_SILENT_SECONDS)
            raise ServiceUnreachableError(what)
        return self._application(environ, start_response)

    def _control(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            try:
                wanted = body_of(environ)
                if wanted == {"end": True}:
                    self._failures.end()
                else:
                    self._failures.begin(ServiceFailure(**wanted))
            except (TypeError, ValueError) as error:
                return answered_as_json(start_response, {"error": f"not a service failure: {error}"}, "400 Bad Request")
        return answered_as_json(start_response, self._failures.report())


def _plane(service: str | None, environ: WSGIEnvironment) -> Plane:
    if service == "lambda":
        return Plane.DATA if "/invocations" in environ.get("PATH_INFO", "") else Plane.CONTROL
    action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return Plane.DATA if action in _DATA_ACTIONS.get(service or "", ()) else Plane.CONTROL
