"""An in-memory AWS inside the test process, with clients that can be made to fail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

REGION = "us-east-1"
CONTROL, ORDERS, POSITIONS, STREAM = "control", "orders", "positions", "orders-stream"


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: int = 1_767_366_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


class Client:
    """A client whose operations can be replaced: once before the real one is asked, or once after it has answered."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._before: dict[str, list[Callable[[], None]]] = defaultdict(list)
        self._after: dict[str, list[Callable[[], None]]] = defaultdict(list)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def before(self, operation: str, effect: Callable[[], None] | Exception) -> None:
        self._before[operation].append(_effect(effect))

    def after(self, operation: str, effect: Callable[[], None] | Exception) -> None:
        self._after[operation].append(_effect(effect))

    def count(self, operation: str) -> int:
        return sum(name == operation for name, _ in self.calls)

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if name == "exceptions" or not callable(real):
            return real

        def call(*positional: Any, **parameters: Any) -> Any:
            self.calls.append((name, parameters))
            if self._before[name]:
                self._before[name].pop(0)()
            answer = real(*positional, **parameters)
            if self._after[name]:
                self._after[name].pop(0)()
            return answer

        return call


def _effect(effect: Callable[[], None] | Exception) -> Callable[[], None]:
    if not isinstance(effect, Exception):
        return effect

    def fail() -> None:
        raise effect

    return fail


def refused(code: str, status: int = 400) -> ClientError:
    """An error that the service answers."""
    return ClientError(
        {"Error": {"Code": code, "Message": "as the test wants"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Any"
    )


def create_tables(dynamodb: Any) -> None:
    def table(name: str, keys: list[tuple[str, str]], indexes: tuple[tuple[str, str, str], ...] = ()) -> None:
        attributes = dict(keys)
        for _, hash_key, range_key in indexes:
            attributes |= {hash_key: "S", range_key: "N"}
        arguments: dict[str, Any] = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                {"AttributeName": key, "KeyType": role} for (key, _), role in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": kind} for key, kind in attributes.items()],
        }
        if indexes:
            arguments["GlobalSecondaryIndexes"] = [
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": hash_key, "KeyType": "HASH"},
                        {"AttributeName": range_key, "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, hash_key, range_key in indexes
            ]
        dynamodb.create_table(**arguments)

    table(CONTROL, [("item", "S"), ("sequence", "N")])
    table(
        ORDERS,
        [("order_id", "S")],
        (
            ("by_account", "account_id", "accepted_at"),
            ("outbox", "outbox", "accepted_at"),
            ("by_change", "change_shard", "changed_at"),
        ),
    )
    table(POSITIONS, [("account_id", "S"), ("instrument", "S")])
