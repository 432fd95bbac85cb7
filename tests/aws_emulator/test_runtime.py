"""Functions that are invoked run: their own code, in a process of their own, with their own variables."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from aws_emulator.server import RunningServer
from tests.aws_emulator.conftest import TRUST, ClientFactory, clients_of

CODE = """
import os
import boto3

COUNT = 0


def handle(event, context):
    global COUNT
    COUNT += 1
    if event.get("fail"):
        raise ValueError("as asked")
    if event.get("exit"):
        os._exit(3)
    if event.get("ask"):
        boto3.client("sqs", region_name=event["ask"]).list_queues()
    return {
        "count": COUNT,
        "told": os.environ["TOLD"],
        "region": os.environ["AWS_REGION"],
        "name": context.function_name,
        "left": context.get_remaining_time_in_millis(),
    }
"""


def function(client: Any, name: str, told: str = "hello") -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("code_of_a_test.py", CODE)
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role="arn:aws:iam::123456789012:role/in-memory",
        Handler="code_of_a_test.handle",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"TOLD": told}},
        Timeout=60,
    )


def invoked(client: Any, name: str, event: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read()), "FunctionError" in answer


@pytest.fixture
def lambda_(client: ClientFactory) -> Any:
    iam = client("iam")
    if not any(role["RoleName"] == "in-memory" for role in iam.list_roles()["Roles"]):
        iam.create_role(RoleName="in-memory", AssumeRolePolicyDocument=TRUST)
    return client("lambda")


def test_later_events_use_the_same_process(lambda_: Any) -> None:
    function(lambda_, "kept")
    first, failed = invoked(lambda_, "kept", {})
    assert not failed
    assert (first["count"], first["told"], first["region"], first["name"]) == (1, "hello", "us-east-1", "kept")
    assert 0 < first["left"] <= 60_000
    assert invoked(lambda_, "kept", {})[0]["count"] == 2


def test_an_exception_of_a_handler_is_the_answer(lambda_: Any) -> None:
    function(lambda_, "raises")
    answer, failed = invoked(lambda_, "raises", {"fail": True})
    assert failed
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "as asked")


def test_after_a_process_ended_the_next_event_starts_a_new_one(lambda_: Any) -> None:
    function(lambda_, "ends")
    answer, failed = invoked(lambda_, "ends", {"exit": True})
    assert failed
    assert "exited" in answer["errorMessage"]
    assert invoked(lambda_, "ends", {})[0]["count"] == 1


def test_the_next_event_uses_changed_variables(lambda_: Any) -> None:
    function(lambda_, "changed")
    invoked(lambda_, "changed", {})
    lambda_.update_function_configuration(FunctionName="changed", Environment={"Variables": {"TOLD": "else"}})
    answer, _ = invoked(lambda_, "changed", {})
    assert (answer["told"], answer["count"]) == ("else", 1)


def test_an_outage_of_a_region_isolates_its_functions(own_aws: RunningServer) -> None:
    client = clients_of(own_aws)
    client("iam").create_role(RoleName="in-memory", AssumeRolePolicyDocument=TRUST)
    inside = client("lambda", inside="us-east-1")
    function(inside, "cut")
    own_aws.set_outage("us-east-1", "cut-off")
    assert not invoked(inside, "cut", {"ask": "us-east-1"})[1], "its own region answers"
    answer, failed = invoked(inside, "cut", {"ask": "us-west-2"})
    assert failed
    assert "Connection" in answer["errorType"] or "Endpoint" in answer["errorType"]
