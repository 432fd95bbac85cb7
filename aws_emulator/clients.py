"""boto3 clients of the in-memory AWS, from one session in this process.

A session keeps the model of every service that it made a client of. Some are large, and to read one takes longer than
the call that the client is for.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import boto3

_MAKING = threading.Lock()


def make(service: str, **arguments: Any) -> Any:
    """A client of one service; `arguments` are those of `boto3.Session.client`."""
    # A client may be shared between threads, and a session may not while it makes one (Boto3 documentation, "Session").
    with _MAKING:
        return _session().client(service, **arguments)


@cache
def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="emulator", aws_secret_access_key="emulator")
