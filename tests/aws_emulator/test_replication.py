"""Global tables: copied after a lag, over links that are cut when a region is lost."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws_emulator.server import RunningServer
from tests.aws_emulator.conftest import clients_of

EAST, WEST, WITNESS = "us-east-1", "us-west-2", "us-east-2"
NEVER = 3_600.0


def table(server: RunningServer, name: str, *, strong: bool = False) -> None:
    client = clients_of(server)("dynamodb", EAST)
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    updates: dict[str, Any] = {"ReplicaUpdates": [{"Create": {"RegionName": WEST}}]}
    if strong:
        updates |= {
            "MultiRegionConsistency": "STRONG",
            "GlobalTableWitnessUpdates": [{"Create": {"RegionName": WITNESS}}],
        }
    client.update_table(TableName=name, **updates)


def put(client: Any, name: str, value: str) -> None:
    client.put_item(TableName=name, Item={"id": {"S": "a"}, "n": {"N": "1"}, "value": {"S": value}})


def value(client: Any, name: str, *, consistent: bool = False) -> str | None:
    key = {"id": {"S": "a"}, "n": {"N": "1"}}
    answer = client.get_item(TableName=name, Key=key, ConsistentRead=consistent)
    return answer["Item"]["value"]["S"] if "Item" in answer else None


def test_a_write_is_seen_elsewhere_after_the_lag_and_not_before(own_aws: RunningServer) -> None:
    client = clients_of(own_aws)
    east, west = client("dynamodb", EAST), client("dynamodb", WEST)
    table(own_aws, "lagging")
    own_aws.set_lag(NEVER)
    put(east, "lagging", "first")
    assert (value(east, "lagging"), value(west, "lagging")) == ("first", None)
    assert own_aws.replication()["waiting"] == [{"table": "lagging", "source": EAST, "target": WEST, "count": 1}]
    own_aws.set_lag(0)
    assert value(west, "lagging") == "first", "once the link is fast, what is under way arrives as well"
    key = {"id": {"S": "a"}, "n": {"N": "1"}}
    east.update_item(
        TableName="lagging",
        Key=key,
        UpdateExpression="SET #value = :value",
        ExpressionAttributeNames={"#value": "value"},
        ExpressionAttributeValues={":value": {"S": "second"}},
    )
    assert value(west, "lagging") == "second"
    assert own_aws.replication()["waiting"] == []
    east.delete_item(TableName="lagging", Key=key)
    assert value(west, "lagging") is None


def test_of_writes_in_two_regions_the_later_wins_once_the_link_is_back(own_aws: RunningServer) -> None:
    client = clients_of(own_aws)
    inside, west = client("dynamodb", EAST, inside=EAST), client("dynamodb", WEST)
    table(own_aws, "split")
    own_aws.set_lag(0)
    own_aws.set_outage(EAST, "cut-off")
    put(inside, "split", "earlier, in the east")
    put(west, "split", "later, in the west")
    assert (value(inside, "split"), value(west, "split")) == ("earlier, in the east", "later, in the west")
    own_aws.restore(EAST)
    assert value(client("dynamodb", EAST), "split") == value(west, "split") == "later, in the west"


def test_what_had_not_arrived_when_a_region_was_lost_waits_until_it_is_back(own_aws: RunningServer) -> None:
    client = clients_of(own_aws)
    table(own_aws, "held")
    own_aws.set_lag(0.2)
    put(client("dynamodb", EAST), "held", "in flight")
    own_aws.set_outage(EAST, "dead")
    assert value(client("dynamodb", WEST), "held") is None
    own_aws.restore(EAST)
    own_aws.set_lag(0)
    put(client("dynamodb", EAST), "held", "next")
    assert value(client("dynamodb", WEST), "held") == "next"


def test_a_strong_table_is_one_truth_and_refused_to_a_region_that_is_cut_off(own_aws: RunningServer) -> None:
    client = clients_of(own_aws)
    inside, west = client("dynamodb", EAST, inside=EAST), client("dynamodb", WEST)
    table(own_aws, "control", strong=True)
    own_aws.set_lag(NEVER)
    put(inside, "control", "first")
    assert value(west, "control", consistent=True) == "first", "no lag in a strongly consistent table"
    own_aws.set_outage(EAST, "cut-off")
    put(west, "control", "second")
    assert value(west, "control", consistent=True) == "second", "two of three members are together"
    for refused in (
        lambda: put(inside, "control", "third"),
        lambda: value(inside, "control", consistent=True),
    ):
        with pytest.raises(ClientError) as caught:
            refused()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert value(inside, "control") == "first", "an eventually consistent read shows what is there"
    own_aws.restore(EAST)
    assert value(client("dynamodb", EAST), "control", consistent=True) == "second"


def test_a_lag_that_is_no_number_is_refused(own_aws: RunningServer) -> None:
    with pytest.raises(ValueError, match="number of seconds"):
        own_aws.set_lag(-1)
