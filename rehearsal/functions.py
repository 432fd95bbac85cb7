"""Checks of the deployed functions: each is invoked, and its effects are verified.

Each function runs from its own package with its own variables, in both regions (`aws_emulator.runtime`), on the
tables, streams, queues and buckets of its stack.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from functions import order_item
from functions.redrive.queues import ID_ATTRIBUTE, TRIES_ATTRIBUTE
from recovery.configuration import Site
from rehearsal.drill.orders import ACCOUNT
from rehearsal.drill.stream import published
from rehearsal.drill.testbed import Testbed, wait_until

_ORDER: Mapping[str, str] = {
    "instrument": "XYZ",
    "side": "BUY",
    "type": "LIMIT",
    "quantity": "100",
    "limit_price": "10.25",
    "time_in_force": "DAY",
}
_MEGABYTE = 1 << 20
_ARRIVES_WITHIN = 60.0


@dataclass(frozen=True)
class FunctionCheck:
    """One check of a function; `error` describes the failure, None after success."""

    function: str
    region: str
    what: str
    error: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the form for the report."""
        return {"function": self.function, "region": self.region, "what": self.what, "trouble": self.error}


class NotDoneError(Exception):
    """A function failed its check; the text describes its actual result."""


def function_checks(testbed: Testbed) -> list[FunctionCheck]:
    """Run all checks of the functions once. The primary holds the lease."""
    primary, standby = testbed.configuration.primary, testbed.configuration.standby
    found: list[FunctionCheck] = []
    for site, function, what, check in (
        *((primary, "order_intake", what, check) for what, check in _accepting()),
        *((standby, "order_intake", what, check) for what, check in _standing_by()),
        *((site, "redrive", what, check) for site in (primary, standby) for what, check in _redriving()),
        *((site, "integrity", what, check) for site in (primary, standby) for what, check in _comparing()),
    ):
        found.append(FunctionCheck(function, site.region, what, _error_of(partial(check, testbed, site))))
    return found


Check = Callable[[Testbed, Site], None]


def _error_of(check: Callable[[], None]) -> str | None:
    try:
        check()
    except (NotDoneError, TimeoutError) as error:
        return str(error)
    return None


def _require(true: bool, otherwise: object) -> None:
    if not true:
        raise NotDoneError(str(otherwise)[:500])


def _accepting() -> Iterator[tuple[str, Check]]:
    yield "accepts an order, stores it with the epoch of its lease and puts it to the stream", _accepts
    yield "answers a repeated order like the first one", _repeats
    yield "refuses a different order with the same id", _refuses_another
    yield "refuses an invalid order and writes nothing", _refuses_nonsense


def _standing_by() -> Iterator[tuple[str, Check]]:
    yield "refuses an order in standby as retryable and writes nothing", _stands_by


def _redriving() -> Iterator[tuple[str, Check]]:
    yield "moves a failed trade back and quarantines a poison message", _redrives


def _comparing() -> Iterator[tuple[str, Check]]:
    yield "finds no difference between both regions' orders", _finds_no_difference
    yield "reports an order that one region lacks", _finds_a_difference


def _accepts(testbed: Testbed, site: Site) -> None:
    name = _new_name()
    status, body = _entered(testbed, site, name)
    _require(status == 201 and body["region"] == site.region, (status, body))
    stored = _stored(testbed, site, name)
    _require(stored is not None and stored["epoch"] == body["epoch"], f"the orders table holds {stored}")
    identity = order_item.order_id(ACCOUNT, name)
    what = f"{identity} in a stream"
    wait_until(lambda: identity in published(testbed, since=stored_at(stored)), what=what, within=_ARRIVES_WITHIN)


def stored_at(item: Mapping[str, Any] | None) -> int:
    """Time of acceptance of an order, in milliseconds since 1970."""
    return int(item["accepted_at"]) - 1_000 if item else 0


def _repeats(testbed: Testbed, site: Site) -> None:
    name = _new_name()
    first, again = _entered(testbed, site, name), _entered(testbed, site, name)
    _require(first == again and first[0] == 201, (first, again))


def _refuses_another(testbed: Testbed, site: Site) -> None:
    name = _new_name()
    _entered(testbed, site, name)
    status, body = _entered(testbed, site, name, quantity="101")
    _require((status, body.get("code")) == (409, "conflicting_order"), (status, body))


def _refuses_nonsense(testbed: Testbed, site: Site) -> None:
    for status, changes in (
        (400, {"quantity": "-1"}),
        (400, {"side": "HOLD"}),
        (400, {"unknown": "field"}),
        (413, {"venue": "X" * _MEGABYTE}),
    ):
        name = _new_name()
        answered, body = _entered(testbed, site, name, **changes)
        _require(answered == status and not body["retryable"], (changes.keys(), answered, body))
        _require(_stored(testbed, site, name) is None, f"{changes.keys()} was refused and stored")


def _stands_by(testbed: Testbed, site: Site) -> None:
    name = _new_name()
    status, body = _entered(testbed, site, name)
    _require((status, body.get("code"), body.get("retryable")) == (503, "not_accepting", True), (status, body))
    _require(_stored(testbed, site, name) is None, "it was refused and stored")


def _redrives(testbed: Testbed, site: Site) -> None:
    sqs = testbed.client("sqs", site.region)
    route = json.loads(testbed.variables(site, site.redrive)["ROUTES"])[0]
    mark = _new_name()
    _send(sqs, route["dead_letters"], f"healthy {mark}", tries=None)
    # Far more often than any setting allows.
    _send(sqs, route["dead_letters"], f"poison {mark}", tries=1_000)
    report = _invoked(testbed, site, site.redrive, {})
    moved = report["queues"][route["dead_letters"]]
    _require(moved["trouble"] is None and moved["redriven"] >= 1 and moved["quarantined"] >= 1, moved)
    back = _received(sqs, route["source"], f"healthy {mark}")
    _require(back is not None and ID_ATTRIBUTE in back["MessageAttributes"], f"back in its queue: {back}")
    _require(_received(sqs, route["quarantine"], f"poison {mark}") is not None, "poison is not in the quarantine")
    _require(_received(sqs, route["dead_letters"], mark) is None, "a moved message is still in its dead-letter queue")


def _finds_no_difference(testbed: Testbed, site: Site) -> None:
    _arrived(testbed)
    compared = _compared(testbed, site)
    _require(compared["failed"] is None and compared["differences"] == 0, compared)


def _finds_a_difference(testbed: Testbed, site: Site) -> None:
    """Check with an order that does not replicate: write it while replication is paused, and replicate it after the
    check."""
    before = testbed.server.replication()["lag_seconds"]
    tables = testbed.client("dynamodb", testbed.configuration.primary.region)
    stamp = order_item.Stamp(0, testbed.configuration.primary.region, 1, 0)
    item = order_item.to_attributes(order_item.entered(ACCOUNT, {**_ORDER, "client_order_id": _new_name()}, stamp))
    testbed.server.set_lag(_FOR_EVER)
    try:
        tables.put_item(TableName=testbed.configuration.tables.orders, Item=item)
        compared = _compared(testbed, site)
        _require(compared["failed"] is None and compared["differences"] == 1, compared)
    finally:
        testbed.server.set_lag(before)
        # The later write wins and replicates.
        key = {order_item.KEY_ATTRIBUTE: item[order_item.KEY_ATTRIBUTE]}
        tables.delete_item(TableName=testbed.configuration.tables.orders, Key=key)


_FOR_EVER = 86_400.0


def _arrived(testbed: Testbed) -> None:
    """Wait until no write is younger than the replication lag."""

    def whole() -> bool:
        sides = [
            {item["order_id"]["S"]: item for item in _scanned(testbed, site)}
            for site in (testbed.configuration.primary, testbed.configuration.standby)
        ]
        return sides[0] == sides[1]

    wait_until(whole, what="replication of all orders", within=_ARRIVES_WITHIN)


def _scanned(testbed: Testbed, site: Site) -> list[dict[str, Any]]:
    pages = testbed.client("dynamodb", site.region).get_paginator("scan")
    return [item for page in pages.paginate(TableName=testbed.configuration.tables.orders) for item in page["Items"]]


def _compared(testbed: Testbed, site: Site) -> dict[str, Any]:
    """Compare the table from its beginning: the order that one region lacks is older than the last comparison."""
    event = {"only": testbed.configuration.tables.orders, "whole": True}
    report = _invoked(testbed, site, site.integrity, event)
    return report["comparisons"][0]


def _new_name() -> str:
    return f"check-{secrets.token_hex(6)}"


def _entered(testbed: Testbed, site: Site, name: str, **changes: str) -> tuple[int, dict[str, Any]]:
    event = {
        "httpMethod": "POST",
        "resource": "/orders",
        "pathParameters": None,
        "queryStringParameters": None,
        "body": json.dumps({**_ORDER, "client_order_id": name, **changes}),
        "isBase64Encoded": False,
        "requestContext": {"authorizer": {testbed.configuration.account_claim: ACCOUNT}},
    }
    answer = _invoked(testbed, site, site.order_intake, event)
    return answer["statusCode"], json.loads(answer["body"])


def _stored(testbed: Testbed, site: Site, name: str) -> dict[str, Any] | None:
    key = {order_item.KEY_ATTRIBUTE: {"S": order_item.order_id(ACCOUNT, name)}}
    client = testbed.client("dynamodb", site.region)
    answer = client.get_item(TableName=testbed.configuration.tables.orders, Key=key, ConsistentRead=True)
    return order_item.from_attributes(answer["Item"]) if "Item" in answer else None


def _invoked(testbed: Testbed, site: Site, function: str, event: Mapping[str, Any]) -> Any:
    client = testbed.client("lambda", site.region, inside=site.region)
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read())
    _require("FunctionError" not in answer, payload)
    return payload


def _send(sqs: Any, queue: str, body: str, tries: int | None) -> None:
    attributes = {} if tries is None else {TRIES_ATTRIBUTE: {"DataType": "Number", "StringValue": str(tries)}}
    ordered = {"MessageGroupId": secrets.token_hex(8), "MessageDeduplicationId": secrets.token_hex(8)}
    parameters = ordered if queue.endswith(".fifo") else {}
    sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=attributes, **parameters)


def _received(sqs: Any, queue: str, body: str) -> dict[str, Any] | None:
    """Short polling, because the caller repeats the call until the message arrives."""
    # Ignore the queue's visibility timeout by polling, so that no wait for the message is needed.
    asked = {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 0, "MessageAttributeNames": ["All"]}
    answer = sqs.receive_message(QueueUrl=queue, **asked)
    for message in answer.get("Messages", []):
        if body in message["Body"]:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return message
    return None
