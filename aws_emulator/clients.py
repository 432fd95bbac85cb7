"""boto3 clients of the in-memory AWS, from one session in this process.

A session caches the model of every service with a client. Some models are large: reading one takes longer than the call
of the client.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import boto3

_MAKING = threading.Lock()


def make(service: str, **arguments: Any) -> Any:
    """Return a client of one service. `arguments` are the arguments of `boto3.Session.client`."""
    # Threads may share a client, but not a session that creates one (Boto3 documentation, "Session").
    with _MAKING:
        return _session().client(service, **arguments)


@cache
def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="emulator", aws_secret_access_key="emulator")
