"""Tables that are declared strongly consistent are so, whatever the provider at hand knows."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from blueprint import Blueprint, Resource
from rehearsal.table_consistency import complete


def declared(name: str, consistency: str | None) -> Blueprint:
    replica = {"regionName": "us-west-2", **({"consistencyMode": consistency} if consistency else {})}
    witness = {"globalTableWitness": {"regionName": "us-east-2"}} if consistency == "STRONG" else {}
    properties: dict[str, Any] = {"name": name, "replicas": [replica], **witness}
    table = Resource("urn", "aws:dynamodb/table:Table", "control", True, None, None, properties, (), {})
    return Blueprint("dr", (table,), {})


def made(client: Any, name: str) -> None:
    """As a provider that knows of no consistency makes it."""
    client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    client("dynamodb").update_table(TableName=name, ReplicaUpdates=[{"Create": {"RegionName": "us-west-2"}}])


def test_a_table_that_the_provider_made_without_it_becomes_strongly_consistent(client: Any) -> None:
    made(client, "completed")
    told = complete(declared("completed", "STRONG"), client)
    assert told == ["completed: STRONG, witness in us-east-2"]
    described = client("dynamodb", "us-west-2").describe_table(TableName="completed")["Table"]
    assert described["MultiRegionConsistency"] == "STRONG"
    assert [witness["RegionName"] for witness in described["GlobalTableWitnesses"]] == ["us-east-2"]
    client("dynamodb").put_item(TableName="completed", Item={"id": {"S": "one"}})
    there = client("dynamodb", "us-west-2").get_item(
        TableName="completed", Key={"id": {"S": "one"}}, ConsistentRead=True
    )
    assert there["Item"] == {"id": {"S": "one"}}, "what was answered in one region is there in the other"
    assert complete(declared("completed", "STRONG"), client) == [], "what is so already is left alone"


@pytest.mark.parametrize("consistency", ["EVENTUAL", None])
def test_a_table_that_is_not_declared_so_is_left_alone(client: Any, consistency: str | None) -> None:
    name = f"left-alone-{consistency}".lower()
    made(client, name)
    assert complete(declared(name, consistency), client) == []
    assert client("dynamodb").describe_table(TableName=name)["Table"]["MultiRegionConsistency"] == "EVENTUAL"


def test_a_table_that_is_declared_and_not_there_is_no_silence(client: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        complete(declared("never-made", "STRONG"), client)
