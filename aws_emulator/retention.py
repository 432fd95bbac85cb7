"""Lets the retention of locked objects run out at once.

S3 deletes an object in compliance mode for nobody before its date (S3 User Guide, "Locking objects with Object
Lock"), and moto does the same. A rehearsal that takes down what it brought up cannot wait six years.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

RETENTION_PATH = "/_emulator/retention-over"


class RetentionMiddleware:
    """POST RETENTION_PATH frees every locked object and answers {"freed": how many}; all else passes."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != RETENTION_PATH:
            return self._application(environ, start_response)
        allowed = environ["REQUEST_METHOD"] == "POST"
        body = json.dumps({"freed": _free()} if allowed else {"error": "POST ends all retention"}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("200 OK" if allowed else "405 Method Not Allowed", headers)
        return [body]


def _free() -> int:
    freed = 0
    for key in _stored():
        if key.lock_until or key.lock_legal_status:
            key.lock_mode = key.lock_until = key.lock_legal_status = None
            freed += 1
    return freed


def _stored() -> Iterator[Any]:
    """Every version of every object, in every account and region."""
    from moto.s3.models import FakeKey, s3_backends

    for account in s3_backends.values():
        for backend in account.values():
            for bucket in backend.buckets.values():
                for versions in (bucket.keys.getlist(name) for name in list(bucket.keys)):
                    yield from (version for version in versions if isinstance(version, FakeKey))
