"""How far away a region is: the time that a TCP connection to its DynamoDB endpoint takes."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import boto3

from functions.clients import CONNECT_MILLISECONDS

SUPPORTED_MILLISECONDS = 300
"""Longest round trip with which the runbook is tested."""
_TRIES = 3

Connect = Callable[[str, int, float], None]
"""Connects to a host and port within so many seconds. Raises OSError."""


def _connect(host: str, port: int, seconds: float) -> None:
    socket.create_connection((host, port), timeout=seconds).close()


class RoundTrips:
    """Measures each region once: the fastest of three connections. A region that does not answer counts as 0, since
    its calls fail for another reason."""

    def __init__(self, connect: Connect = _connect) -> None:
        self._connect = connect
        self._measured: dict[str, int | None] = {}

    def __call__(self, region: str) -> int:
        return self.measured(region) or 0

    def measured(self, region: str) -> int | None:
        """Milliseconds; None where no connection was made."""
        if region not in self._measured:
            self._measured[region] = self._measure(region)
        return self._measured[region]

    def _measure(self, region: str) -> int | None:
        found = urlsplit(boto3.client("dynamodb", region_name=region).meta.endpoint_url)
        host, port = found.hostname or "", found.port or (443 if found.scheme == "https" else 80)
        fastest: float | None = None
        for _ in range(_TRIES):
            began = time.monotonic()
            try:
                self._connect(host, port, CONNECT_MILLISECONDS / 1000)
            except OSError:
                return None
            took = time.monotonic() - began
            fastest = took if fastest is None else min(took, fastest)
        return None if fastest is None else round(fastest * 1000)
