"""AWS clients whose calls end in a bounded time.

One try, no retries inside the SDK: a retry is the caller's decision, who knows how much of its lease or time is left.
A call may take its connect and its read time-out one after the other, so the two share what it is given: a quarter
to connect, which takes milliseconds inside a region, and the rest for the answer. That is no hard
bound (a host with several addresses is tried at each, an answer may trickle in): who needs one looks at the clock
after the answer.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

CONNECT_MILLISECONDS = 2_000
"""Longest that a connection may take: TCP sends a lost SYN again after 1 s (RFC 6298, 2.1), and at a round trip of
300 ms TCP and TLS take under 1 s."""
# So many calls a client makes at a time, and no more.
CONNECTIONS = 10
# The SDK's own time-outs of 60 s and its four retries would outlast any lease, and most functions.
_KEEP_WARM = {"tcp_keepalive": True, "max_pool_connections": CONNECTIONS}


def _shared(milliseconds: int) -> dict[str, float]:
    """The two time-outs of one try that may take so long."""
    seconds = milliseconds / 1000
    return {"connect_timeout": seconds / 4, "read_timeout": seconds * 3 / 4}


def bounded_client(
    service: str, timeout_milliseconds: int, region: str | None = None, endpoint: str | None = None
) -> Any:
    """A client of `service` whose every call ends after about `timeout_milliseconds`."""
    config = Config(
        **_shared(timeout_milliseconds),
        retries={"total_max_attempts": 1, "mode": "standard"},
        **_KEEP_WARM,
    )
    return boto3.client(service, region_name=region, endpoint_url=endpoint, config=config)


def patient_client(service: str, timeout_milliseconds: int, region: str | None = None) -> Any:
    """A client for work that nobody waits for: retries throttling and network trouble a few times, adaptively."""
    seconds = timeout_milliseconds / 1000
    config = Config(
        connect_timeout=seconds,
        read_timeout=seconds,
        retries={"total_max_attempts": 5, "mode": "adaptive"},
        **_KEEP_WARM,
    )
    return boto3.client(service, region_name=region, config=config)


def prompt_client(service: str, limit_milliseconds: int, region: str | None = None) -> Any:
    """A client for calls that count against the recovery time: an answer is awaited for `limit_milliseconds`, and the
    call is repeated at once when none came.

    The limit does not hold the connection: a caller far away needs several round trips for it, and makes it before the
    decision.
    """
    config = Config(
        connect_timeout=CONNECT_MILLISECONDS / 1000,
        read_timeout=limit_milliseconds / 1000,
        retries={"total_max_attempts": 5, "mode": "legacy"},
        **_KEEP_WARM,
    )
    return boto3.client(service, region_name=region, config=config)


def insistent_client(service: str, timeout_milliseconds: int, region: str | None = None) -> Any:
    """A client for work that somebody waits for: asks again at once.

    In its legacy mode the SDK waits 50 ms before it asks DynamoDB for the second time and twice as long each time after
    that (botocore, data/_retry.json). The standard mode waits up to 1, 2, 4 s, and the adaptive one holds back every
    call of a client once one was throttled.
    """
    seconds = timeout_milliseconds / 1000
    config = Config(
        connect_timeout=seconds,
        read_timeout=seconds,
        retries={"total_max_attempts": 5, "mode": "legacy"},
        **_KEEP_WARM,
    )
    return boto3.client(service, region_name=region, config=config)
