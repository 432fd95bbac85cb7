"""The runbook from far away: connections and answers over a line with a round trip of 300 ms."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from recovery.clients import prompt
from recovery.configuration import from_outputs
from recovery.round_trip import RoundTrips
from tests.recovery.world import WEST, outputs

_ROUND_TRIP_SECONDS = 0.3
_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 81\r\n\r\n"
    b'{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"asked"}'
)


@contextmanager
def _far_away() -> Iterator[str]:
    """A service that answers each request half a round trip after it came, and half a round trip on its way back."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                threading.Event().wait(_ROUND_TRIP_SECONDS)
                body = _ANSWER.split(b"\r\n\r\n", 1)[1]
                connection.sendall(_ANSWER.replace(b"81", str(len(body)).encode()))

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def test_a_call_over_300_ms_is_answered_at_the_first_try(monkeypatch: pytest.MonkeyPatch) -> None:
    timing = from_outputs(outputs()).timing
    assert timing.call < _ROUND_TRIP_SECONDS * 1000, "the limit of a caller in the region is shorter"
    with _far_away() as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        client = prompt(timing, lambda _region: round(_ROUND_TRIP_SECONDS * 1000))("dynamodb", WEST)
        with pytest.raises(ClientError, match="asked") as caught:
            client.get_item(TableName="control", Key={"item": {"S": "x"}})
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_connection_may_take_longer_than_an_answer() -> None:
    timing = from_outputs(outputs()).timing
    config = prompt(timing)("dynamodb", WEST).meta.config
    assert config.connect_timeout >= 3 * _ROUND_TRIP_SECONDS, "TCP and TLS take up to three round trips"
    assert config.read_timeout == pytest.approx(timing.call / 1000)


def test_the_round_trip_is_that_of_the_fastest_connection_and_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    takes, made = iter([0.09, 0.07, 0.08]), []
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def connect(host: str, port: int, _seconds: float) -> None:
        made.append((host, port))
        now[0] += next(takes)

    found = RoundTrips(connect)
    assert found.measured(WEST) == 70
    assert found(WEST) == 70
    assert made == [("127.0.0.1", 9)] * 3


def test_a_region_without_a_connection_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    def refuse(_host: str, _port: int, _seconds: float) -> None:
        raise OSError

    found = RoundTrips(refuse)
    assert found.measured(WEST) is None
    assert found(WEST) == 0
