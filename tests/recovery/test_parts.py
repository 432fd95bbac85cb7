"""The parts of a run, made from what the recovery stack exports."""

from __future__ import annotations

import io
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from recovery.clients import between
from recovery.parts import switch_of
from tests.recovery.world import World

_THROTTLED = b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}'
_STANDBY = b'{"Item":{"position":{"S":"standby"}}}'


@pytest.fixture(autouse=True)
def _session(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def _answers(*answers: tuple[int, bytes]) -> None:
    """DynamoDB's answers, one after the other, given in the place of the network."""
    left = list(answers)

    def answer(request: Any, **_rest: Any) -> AWSResponse:
        status, body = left.pop(0)
        raw = io.BytesIO(body)
        raw.stream = lambda *_args, **_kwargs: iter([body])  # pyright: ignore[reportAttributeAccessIssue]
        return AWSResponse(request.url, status, {"Content-Type": "application/x-amz-json-1.0"}, raw)

    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register("before-send.dynamodb", answer)


def test_a_throttled_traffic_switch_is_asked_again_and_stops_no_failover(world: World) -> None:
    _answers((400, _THROTTLED), (400, _THROTTLED), (200, _STANDBY))
    found = world.configuration
    clients = between(found.timing)(found.standby.region, found.primary.region)
    assert switch_of(found, clients).state() == "standby"
