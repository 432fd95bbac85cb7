"""A query finds what it would find on AWS, and looks at nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from aws_emulator.corrections.dynamodb_queries import candidates
from tests.aws_emulator.conftest import ClientFactory

REGION = "us-east-1"


@pytest.fixture
def orders(client: ClientFactory) -> str:
    """Orders under an account, of which those that wait are in an index."""
    table, dynamodb = "queried-orders", client("dynamodb", REGION)
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("account", "S"), ("at", "N"), ("shard", "S"))
        ],
        KeySchema=[{"AttributeName": "account", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "outbox",
                "KeySchema": [
                    {"AttributeName": "shard", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for account in ("a", "b"):
        for at in (10, 9, 2, 30):
            waits = {"shard": {"S": f"{at % 2}"}} if at > 2 else {}
            dynamodb.put_item(TableName=table, Item={"account": {"S": account}, "at": {"N": str(at)}, **waits})
    return table


def found(client: ClientFactory, table: str, **query: Any) -> list[tuple[str, int]]:
    pages = client("dynamodb", REGION).get_paginator("query").paginate(TableName=table, **query)
    return [(item["account"]["S"], int(item["at"]["N"])) for page in pages for item in page["Items"]]


def test_items_under_a_key_come_in_the_order_of_numbers(client: ClientFactory, orders: str) -> None:
    key: dict[str, Any] = {
        "KeyConditionExpression": "account = :account",
        "ExpressionAttributeValues": {":account": {"S": "a"}},
    }
    assert found(client, orders, **key) == [("a", 2), ("a", 9), ("a", 10), ("a", 30)]
    assert found(client, orders, **key, ScanIndexForward=False)[0] == ("a", 30)
    assert found(client, orders, **key, PaginationConfig={"PageSize": 1}) == found(client, orders, **key)
    key["ExpressionAttributeValues"] = {":account": {"S": "nobody"}}
    assert found(client, orders, **key) == []


def test_an_index_has_only_the_items_with_its_attributes(client: ClientFactory, orders: str) -> None:
    key: dict[str, Any] = {
        "IndexName": "outbox",
        "KeyConditionExpression": "shard = :shard AND #at > :at",
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": {":shard": {"S": "0"}, ":at": {"N": "1"}},
    }
    assert sorted(found(client, orders, **key)) == [("a", 10), ("a", 30), ("b", 10), ("b", 30)]
    assert sorted(found(client, orders, **key, PaginationConfig={"PageSize": 1})) == sorted(
        found(client, orders, **key)
    )


def test_a_scan_finds_everything_page_by_page(client: ClientFactory, orders: str) -> None:
    pages = (
        client("dynamodb", REGION).get_paginator("scan").paginate(TableName=orders, PaginationConfig={"PageSize": 3})
    )
    at = [(item["account"]["S"], int(item["at"]["N"])) for page in pages for item in page["Items"]]
    assert at == [(account, number) for account in ("a", "b") for number in (2, 9, 10, 30)]


class Untouched(dict[Any, Any]):
    """What lies under another key."""

    def values(self) -> Any:
        raise AssertionError("a query of one key looked at what lies under another")


def test_a_query_of_one_key_looks_at_no_other() -> None:
    table: Any = Table.__new__(Table)
    table.global_indexes, table.indexes = [], []
    table.range_key_attr = "at"
    wanted = DynamoType({"S": "a"})
    table.items = {wanted: {1: "the item"}, DynamoType({"S": "b"}): Untouched()}
    assert candidates(table, wanted, None) == ["the item"]
