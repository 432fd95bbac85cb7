"""A small platform in memory: its tables, its stream, and order intake on top of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Metrics
from moto import mock_aws

from functions import control_item, order_item
from functions.control_item import ControlItem
from functions.order_intake.application import Application
from functions.order_intake.handler import build
from tests.functions.aws import CONTROL, ORDERS, POSITIONS, REGION, STREAM, Client, Clock, create_tables

ACCOUNT = "ACC-1"
VARIABLES = {
    "AWS_REGION": REGION,
    "CONTROL_TABLE": CONTROL,
    "ORDERS_TABLE": ORDERS,
    "POSITIONS_TABLE": POSITIONS,
    "ORDER_STREAM": STREAM,
}
LIMIT_ORDER = {
    "client_order_id": "A-17",
    "instrument": "BRK.B",
    "side": "BUY",
    "type": "LIMIT",
    "quantity": "100",
    "limit_price": "481.25",
    "time_in_force": "DAY",
}
MARKET_ORDER = {
    "client_order_id": "A-18",
    "instrument": "BTC-USD",
    "side": "SELL",
    "type": "MARKET",
    "quantity": "0.125",
    "time_in_force": "IOC",
}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "in-memory")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@pytest.fixture(autouse=True)
def _no_metrics_of_other_tests() -> Iterator[None]:
    """Powertools keeps what was not written out for the whole process."""
    yield
    Metrics(namespace="T", service="t").clear_metrics()


@dataclass
class Platform:
    """What order intake stands on, and order intake itself."""

    dynamodb: Client
    kinesis: Client
    clock: Clock
    application: Application

    def hold(self, holder: str = REGION, epoch: int = 1, starts_in: int = 0, lasts: int = 6_000) -> None:
        """Writes the lease as of now."""
        start = self.clock() + starts_in
        item = ControlItem(holder, epoch, max(0, start), start + lasts)
        self.dynamodb.put_item(TableName=CONTROL, Item=control_item.to_attributes(item))

    def lease(self) -> ControlItem:
        answer = self.dynamodb.get_item(TableName=CONTROL, Key=control_item.key())
        return control_item.from_attributes(answer["Item"])

    def send(
        self, method: str, resource: str, *, body: Any = None, account: str | None = ACCOUNT, **extra: Any
    ) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer to a request."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        answer = self.application.answer(event(method, resource, text, account=account, **extra)).answer
        return answer.status, dict(answer.body)

    def enter(self, order: Any = LIMIT_ORDER, **extra: Any) -> tuple[int, dict[str, Any]]:
        return self.send("POST", "/orders", body=order, **extra)

    def cancel(self, name: str) -> tuple[int, dict[str, Any]]:
        return self.send("DELETE", "/orders/{client_order_id}", path={"client_order_id": name})

    def orders(self) -> list[dict[str, Any]]:
        items = self.dynamodb.scan(TableName=ORDERS)["Items"]
        return [order_item.from_attributes(item) for item in items if not order_item.is_cancellation(item)]

    def is_unpublished(self) -> bool:
        """Whether an order is in the outbox, not known to be in the stream."""
        return any(item.get("outbox") in order_item.outbox_shards() for item in self.orders())

    def published(self) -> list[dict[str, Any]]:
        """Every record of the stream, oldest first in each shard."""
        records = []
        for shard in self.kinesis.list_shards(StreamName=STREAM)["Shards"]:
            iterator = self.kinesis.get_shard_iterator(
                StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            records += self.kinesis.get_records(ShardIterator=iterator)["Records"]
        return [json.loads(record["Data"]) for record in records]

    def another_process(self, **variables: str) -> Application:
        """Order intake as a second process of the region has it."""
        return build({**VARIABLES, **variables}, self.dynamodb, self.kinesis, self.clock)


def event(
    method: str,
    resource: str,
    body: str | None = None,
    *,
    account: str | None = ACCOUNT,
    path: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    encoded: bool = False,
) -> dict[str, Any]:
    """An event of API Gateway's proxy integration."""
    if encoded and body is not None:
        body = base64.b64encode(body.encode()).decode()
    return {
        "httpMethod": method,
        "resource": resource,
        "pathParameters": path,
        "queryStringParameters": query,
        "body": body,
        "isBase64Encoded": encoded,
        "requestContext": {"authorizer": {"claims": {"account_id": account}} if account else {}},
    }


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A region that holds the lease, with empty tables."""
    with mock_aws():
        dynamodb = Client(boto3.client("dynamodb", region_name=REGION))
        kinesis = Client(boto3.client("kinesis", region_name=REGION))
        create_tables(dynamodb)
        kinesis.create_stream(StreamName=STREAM, ShardCount=4)
        clock = Clock()
        made = Platform(dynamodb, kinesis, clock, build(VARIABLES, dynamodb, kinesis, clock))
        made.hold()
        yield made
