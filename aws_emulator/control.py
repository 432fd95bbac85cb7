"""Requests and answers of the controls of the in-memory AWS, which are JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def body_of(environ: WSGIEnvironment) -> dict[str, Any]:
    """The JSON object of a request; raises ValueError."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    wanted = json.loads(body)
    if not isinstance(wanted, dict):
        raise ValueError(f"the body must be a JSON object, not {body[:200]!r}")
    return wanted


def answered_as_json(
    start_response: StartResponse, content: Mapping[str, Any], status: str = "200 OK"
) -> Iterable[bytes]:
    """Answers a JSON object."""
    body = json.dumps(content).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
