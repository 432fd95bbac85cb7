"""Cost of order intake in addition to its AWS calls: `python -m benchmarks.order_intake [--json]`.

Two handlers answer the same API Gateway event with the same two calls, a conditional put to DynamoDB and a put to
Kinesis, against the same in-process clients, which answer immediately. The bare handler does nothing else. Order intake
also validates the request, checks the lease, updates the outbox (a third call), writes metrics, builds the answer, and
passes the trace header on for every order; in production only some orders are sampled. The handlers alternate order by
order, so that other load on the machine affects both equally.

Neither handler waits, so its cost is its processor time. The wall clock time, which is printed too, also contains time
in which the machine runs other processes. Exits with 1 if order intake's processor time at the 99th percentile exceeds
the budget.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any
from unittest.mock import patch

from aws_lambda_powertools import Metrics

from functions import control_item, order_trace
from functions.control_item import ControlItem
from functions.order_intake.handler import answered, build

BUDGET_MILLISECONDS = 5.0
_REGION = "us-east-1"
_VARIABLES = {
    "AWS_REGION": _REGION,
    "CONTROL_TABLE": "control",
    "ORDERS_TABLE": "orders",
    "POSITIONS_TABLE": "positions",
    "ORDER_STREAM": "stream",
}
ORDER = {
    "instrument": "BRK.B",
    "side": "BUY",
    "type": "LIMIT",
    "quantity": "100",
    "limit_price": "481.25",
    "time_in_force": "DAY",
}
_TRACE = {order_trace.VARIABLE: f"Root=1-67891233-{'a' * 24};Parent={'b' * 16};Sampled=1;Lineage=1:cccccccc:0"}
_CLOCKS: dict[str, Callable[[], int]] = {"processor": time.thread_time_ns, "wall": time.perf_counter_ns}
_PERCENTILES = (50, 90, 99, 99.9)
Handler = Callable[[dict[str, Any]], dict[str, Any]]


class InstantAws:
    """DynamoDB and Kinesis clients that answer every call immediately, with a valid lease."""

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": control_item.to_attributes(self._lease())}

    def update_item(self, **parameters: Any) -> dict[str, Any]:
        return {"Attributes": control_item.to_attributes(self._lease())} if "ReturnValues" in parameters else {}

    def put_item(self, **_: Any) -> dict[str, Any]:
        return {}

    def put_record(self, **_: Any) -> dict[str, Any]:
        return {"ShardId": "shardId-000000000000", "SequenceNumber": "1"}

    def _lease(self) -> ControlItem:
        now = time.time_ns() // 1_000_000
        return ControlItem(_REGION, 1, 0, now + 6_000)


def bare(aws: InstantAws) -> Handler:
    """The minimal handler that accepts an order: parse, put, put, answer."""

    def handle(event: dict[str, Any]) -> dict[str, Any]:
        order = json.loads(event["body"])
        item = {key: {"S": value} for key, value in order.items()}
        item["order_id"] = {"S": order["client_order_id"]}
        aws.put_item(TableName="orders", Item=item, ConditionExpression="attribute_not_exists(order_id)")
        aws.put_record(StreamName="stream", Data=event["body"].encode(), PartitionKey=order["client_order_id"])
        return {"statusCode": 201, "body": json.dumps({"client_order_id": order["client_order_id"]})}

    return handle


def order_intake(aws: InstantAws) -> Handler:
    """The deployed handler, with its metrics written after each order. Outside Lambda it sends no trace segment."""
    app = build(_VARIABLES, aws, aws)
    sink = Metrics(namespace="Benchmark", service="order_intake")

    def handle(event: dict[str, Any]) -> dict[str, Any]:
        return answered(app, event, sink)

    return handle


Samples = dict[str, dict[str, list[float]]]
"""Milliseconds of each order, by clock and handler."""


def measure(orders: int, warm_up: int) -> Samples:
    """Run both handlers alternately."""
    aws = InstantAws()
    handlers = {"order_intake": order_intake(aws), "bare": bare(aws)}
    taken: Samples = {clock: {name: [] for name in handlers} for clock in _CLOCKS}
    gc.collect()
    with redirect_stdout(io.StringIO()) as written, patch.dict(os.environ, _TRACE):
        for number in range(-warm_up, orders):
            event = _event(number)
            turn = handlers.items() if number % 2 else reversed(handlers.items())
            for name, handle in turn:
                started = {clock: read() for clock, read in _CLOCKS.items()}
                answer = handle(event)
                elapsed = {clock: (read() - started[clock]) / 1e6 for clock, read in _CLOCKS.items()}
                if answer["statusCode"] != 201:
                    raise RuntimeError(f"{name} answered {answer}")
                if number >= 0:
                    for clock, milliseconds in elapsed.items():
                        taken[clock][name].append(milliseconds)
            written.seek(0)
            written.truncate()
    return taken


def report(taken: Samples) -> dict[str, Any]:
    """Return percentiles in milliseconds by clock and handler, the ratios, and the cost of order intake."""
    clocks: dict[str, Any] = {}
    for clock, handlers in taken.items():
        own, peer = (_percentiles(handlers[name]) for name in ("order_intake", "bare"))
        clocks[clock] = {
            "order_intake": own,
            "bare": peer,
            "added": {name: own[name] - peer[name] for name in own},
            "ratio": {name: own[name] / peer[name] for name in own},
        }
    return {
        "unit": "milliseconds",
        "orders": len(taken["wall"]["bare"]),
        "clocks": clocks,
        "budget": BUDGET_MILLISECONDS,
        "within_budget": clocks["processor"]["order_intake"]["p99"] < BUDGET_MILLISECONDS,
    }


def _percentiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=1000, method="inclusive")
    return {f"p{percentile:g}": cuts[round(percentile * 10) - 1] for percentile in _PERCENTILES}


def _event(number: int) -> dict[str, Any]:
    return {
        "httpMethod": "POST",
        "resource": "/orders",
        "body": json.dumps({"client_order_id": f"N-{abs(number)}", **ORDER}),
        "requestContext": {"authorizer": {"claims": {"account_id": "ACC-1"}}},
    }


def _table(found: dict[str, Any]) -> str:
    names = [f"p{percentile:g}" for percentile in _PERCENTILES]
    lines = []
    for clock, rows in found["clocks"].items():
        table = [(f"{clock}, ms", *names)]
        table += [(row, *(f"{rows[row][name]:.4f}" for name in names)) for row in ("order_intake", "bare", "added")]
        table.append(("ratio", *(f"{rows['ratio'][name]:.1f}" for name in names)))
        lines += ["".join(cell.rjust(15) for cell in row) for row in table]
        lines.append("")
    verdict = "within" if found["within_budget"] else "over"
    lines.append(f"{found['orders']} orders; processor time of order_intake at p99 is {verdict} {found['budget']:g} ms")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Time order intake against a bare handler.")
    parser.add_argument("--orders", type=int, default=5_000, help="orders for each handler (at least 1000)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    if arguments.orders < 1_000:
        parser.error(f"--orders {arguments.orders}: a 99.9th percentile needs 1000 or more")
    found = report(measure(arguments.orders, warm_up=200))
    sys.stdout.write((json.dumps(found, indent=2) if arguments.json else _table(found)) + "\n")
    return 0 if found["within_budget"] else 1


if __name__ == "__main__":
    sys.exit(main())
