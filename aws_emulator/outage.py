"""A region that is taken away while clients are using it.

A request belongs to the region that its signature names: the third field of a Signature Version 4
credential scope (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html).
Global services such as IAM and Route 53 are signed for us-east-1 and are lost with it, as their control
planes are. Unsigned requests belong to no region and are always served.

Two modes:

`dead`
    Every request signed for the region is refused.
`cut-off`
    The region lives on, but nothing crosses its border. A client is inside region R when it sends the header
    `X-Emulator-Inside: R`, or when its user agent holds `app/emulator-inside-R` (what an SDK sends when
    AWS_SDK_UA_APP_ID is `emulator-inside-R`). Requests signed for R from clients that are not inside R are
    refused, and so are requests signed for other regions from clients inside R.

Refused means what it means on a broken network: the connection is closed without an answer, at once.

Each refusal is counted with the name that its client gives itself in the same place of its user agent, so that who
asked for what is lost can be told apart.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL_PATH = "/_emulator/outage"
INSIDE_HEADER = "X-Emulator-Inside"
INSIDE_APP_ID = "emulator-inside-"
SERVED = "served"

_SCOPE = re.compile(r"Credential=[^/,\s]+/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[A-Za-z0-9._-]+)/aws4_request")
_AGENT = re.compile(r"\bapp/(?P<name>[A-Za-z0-9-]+)")
_REGION_NAME = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


class Mode(StrEnum):
    """How a region is lost."""

    DEAD = "dead"
    CUT_OFF = "cut-off"


class Caller(NamedTuple):
    """Who asks for what: the signed region and service, and the region the client is inside of and its name, if it says
    so.
    """

    region: str | None
    service: str | None
    inside: str | None
    name: str | None = None


class Refusal(NamedTuple):
    """One kind of refused request: the lost region, its mode, the service asked for, where the client was, and its
    name.
    """

    region: str
    mode: Mode
    service: str
    inside: str | None
    name: str | None


class RegionLostError(ConnectionError):
    """The request met a lost region: the listener closes the connection without an answer."""


class UnknownOutageError(ValueError):
    """A region or a mode that cannot be set; the message names the value and what is possible."""


class Outages:
    """Which regions are lost, and how many requests ran into that. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._modes: dict[str, Mode] = {}
        self._since: dict[str, float] = {}
        self._refused: Counter[Refusal] = Counter()

    def set(self, region: str, mode: str) -> None:
        """Lose `region` in `mode` ("dead" or "cut-off"), or give it back ("served").

        Raises UnknownOutageError for anything else.
        """
        if not _REGION_NAME.fullmatch(region):
            raise UnknownOutageError(f"region {region!r} is not the name of an AWS region such as us-east-1")
        if mode != SERVED and mode not in set(Mode):
            raise UnknownOutageError(f"mode {mode!r} of region {region} must be one of: {SERVED}, {', '.join(Mode)}")
        with self._lock:
            if mode == SERVED:
                self._modes.pop(region, None)
                self._since.pop(region, None)
            else:
                self._modes[region] = Mode(mode)
                self._since.setdefault(region, self._clock())

    def lost_since(self, region: str) -> float | None:
        """When `region` was lost, in seconds of a clock that only grows; None while it is served."""
        with self._lock:
            return self._since.get(region)

    def check(self, caller: Caller) -> None:
        """Count the request and raise RegionLostError if it meets a lost region."""
        if caller.region is None:
            return
        with self._lock:
            for region, mode in self._modes.items():
                if _refuses(region, mode, caller):
                    self._refused[Refusal(region, mode, caller.service or "", caller.inside, caller.name)] += 1
                    raise RegionLostError(f"{region} is {mode}: {caller.service} in {caller.region} refused")

    def report(self) -> dict[str, object]:
        """`regions`: mode by region; `refused`: one entry for each kind of refused request, with its count."""
        with self._lock:
            refused = [
                {**kind._asdict(), "count": count}
                for kind, count in sorted(
                    self._refused.items(), key=lambda item: tuple(field or "" for field in item[0])
                )
            ]
            return {"regions": dict(self._modes), "refused": refused}


def caller_of(environ: WSGIEnvironment) -> Caller:
    """Read region, service and the client's own region from a request's headers or its presigned address."""
    signature = environ.get("HTTP_AUTHORIZATION") or ""
    if not signature:
        presigned = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential", [""])[0]
        signature = f"Credential={presigned}"
    scope = _SCOPE.search(signature)
    agent = _AGENT.search(environ.get("HTTP_USER_AGENT", ""))
    name = agent["name"] if agent else None
    inside = environ.get("HTTP_X_EMULATOR_INSIDE")
    if not inside and name and name.startswith(INSIDE_APP_ID):
        inside = name.removeprefix(INSIDE_APP_ID)
    return Caller(scope["region"] if scope else None, scope["service"] if scope else None, inside or None, name)


class OutageMiddleware:
    """Stands before the in-memory AWS: refuses what a lost region would refuse, and answers CONTROL_PATH
    itself.

    GET CONTROL_PATH answers `Outages.report()`; POST takes {"region", "mode"} and answers the same, or 400
    with {"error"} when the region or the mode is unknown.
    """

    def __init__(self, application: WSGIApplication, outages: Outages) -> None:
        self._application = application
        self._outages = outages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == CONTROL_PATH:
            return self._control(environ, start_response)
        self._outages.check(caller_of(environ))
        return self._application(environ, start_response)

    def _control(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status = "200 OK"
        try:
            if environ["REQUEST_METHOD"] == "POST":
                self._outages.set(*_wanted(environ))
            answer = self._outages.report()
        except UnknownOutageError as problem:
            status = "400 Bad Request"
            answer = {"error": str(problem)}
        body = json.dumps(answer).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def _wanted(environ: WSGIEnvironment) -> tuple[str, str]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    try:
        wanted = json.loads(body)
        return str(wanted["region"]), str(wanted["mode"])
    except (ValueError, KeyError, TypeError) as problem:
        raise UnknownOutageError(f'the body must be JSON with "region" and "mode", not {body[:200]!r}') from problem


def _refuses(region: str, mode: Mode, caller: Caller) -> bool:
    if mode is Mode.DEAD:
        return caller.region == region
    return (caller.region == region) != (caller.inside == region)
