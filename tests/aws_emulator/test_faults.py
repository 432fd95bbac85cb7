"""Calls that go wrong on purpose."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from aws_emulator.faults import Fault, FaultKind
from aws_emulator.server import RunningServer
from tests.aws_emulator.conftest import clients_of

REGION = "us-west-2"


@pytest.fixture
def table(own_aws: RunningServer) -> Any:
    client = clients_of(own_aws)("dynamodb", REGION)
    client.create_table(
        TableName="faults",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    return client


def test_a_throttled_call_is_refused_and_the_next_one_is_not(own_aws: RunningServer, table: Any) -> None:
    own_aws.inject(Fault(FaultKind.THROTTLED, action="PutItem", region=REGION, after=1))
    table.put_item(TableName="faults", Item={"id": {"S": "before"}})
    with pytest.raises(ClientError, match="ThrottlingException"):
        table.put_item(TableName="faults", Item={"id": {"S": "throttled"}})
    assert "Item" not in table.get_item(TableName="faults", Key={"id": {"S": "throttled"}})
    table.put_item(TableName="faults", Item={"id": {"S": "after"}})
    assert own_aws.faults() == {"armed": 0, "struck": {"throttled": 1}}


def test_a_lost_answer_is_of_a_call_that_was_carried_out(own_aws: RunningServer, table: Any) -> None:
    own_aws.inject(Fault(FaultKind.LOST_ANSWER, action="PutItem", region=REGION))
    with pytest.raises(HTTPClientError):
        table.put_item(TableName="faults", Item={"id": {"S": "lost"}})
    assert "Item" in table.get_item(TableName="faults", Key={"id": {"S": "lost"}})


def test_functions_are_spared(own_aws: RunningServer, table: Any) -> None:
    own_aws.inject(Fault(FaultKind.THROTTLED, action="PutItem", region=REGION))
    inside = clients_of(own_aws)("dynamodb", REGION, inside=REGION)
    inside.put_item(TableName="faults", Item={"id": {"S": "inside"}})
    own_aws.calm()
    assert own_aws.faults() == {"armed": 0, "struck": {}}


def test_an_unknown_kind_is_refused(own_aws: RunningServer) -> None:
    with pytest.raises(ValueError, match="no fault"):
        own_aws.inject(Fault("earthquake"))
