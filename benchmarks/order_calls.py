"""AWS calls of one order: `python -m benchmarks.order_calls [--orders 200] [--json]`.

An in-memory AWS holds the tables, streams and functions of both regions. Three ways take turns, order by order:

- the two writes of an order alone, a conditional put to DynamoDB and a put to Kinesis: the floor
- order intake in this process, with the same clients
- order intake invoked as the Trading API invokes it, in the function runtime of the in-memory AWS

The calls of order intake in this process are listed by operation: how many an order makes, bytes of request and
answer, and milliseconds. The first order (cold) is listed apart: it reads the lease and opens connections. Bytes are
those that AWS would be sent; times are this machine's and not AWS's.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Metrics

from aws_emulator.server import start
from benchmarks.order_intake import ORDER
from functions.order_intake.handler import answered, build
from recovery.configuration import Site
from recovery.intake import InvokedIntake
from rehearsal.drill import small
from rehearsal.drill.orders import ACCOUNT
from rehearsal.drill.series import opened
from rehearsal.drill.world import World

_ORDERS = 200


@dataclass
class Calls:
    """AWS calls by operation: milliseconds, and bytes of request bodies and of answers."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sent: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    received: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def summary(self, orders: int) -> dict[str, dict[str, float]]:
        """Medians by operation, and how many calls one order makes."""
        return {
            name: {
                "calls_per_order": round(len(taken) / orders, 2),
                "sent_bytes": statistics.median(self.sent[name]),
                "received_bytes": statistics.median(self.received[name]),
                "milliseconds": round(statistics.median(taken), 2),
            }
            for name, taken in sorted(self.milliseconds.items())
        }


class Watched:
    """A boto3 client whose calls are noted."""

    def __init__(self, client: Any, calls: Calls) -> None:
        self._client, self._calls = client, calls
        self._sent = 0
        client.meta.events.register("before-send.*", self._note_body)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name not in self._client.meta.method_to_api_mapping:
            return method
        operation = f"{self._client.meta.service_model.service_name}.{self._client.meta.method_to_api_mapping[name]}"

        def call(**arguments: Any) -> Any:
            begun = time.perf_counter()
            answer = method(**arguments)
            self._calls.milliseconds[operation].append((time.perf_counter() - begun) * 1000)
            self._calls.sent[operation].append(self._sent)
            headers = answer["ResponseMetadata"]["HTTPHeaders"]
            self._calls.received[operation].append(int(headers.get("content-length", 0)))
            return answer

        return call

    def _note_body(self, request: Any, **_: Any) -> None:
        self._sent = len(request.body or b"")


def measured(orders: int = _ORDERS) -> dict[str, Any]:
    """Calls of one order, cold and warm, and milliseconds of the three ways at p50, p90 and p99."""
    with tempfile.TemporaryDirectory() as folder, start() as server:
        world = small.make(server)
        opened(world, Path(folder))
        return _measured(world, world.configuration.primary, orders)


def _measured(world: World, site: Site, orders: int) -> dict[str, Any]:
    variables = {**world.variables(site, site.order_intake), "AWS_REGION": site.region}
    dynamodb, kinesis = (world.client(service, site.region) for service in ("dynamodb", "kinesis"))
    cold, warm = Calls(), Calls()
    first = _in_process(variables, Watched(dynamodb, cold), Watched(kinesis, cold))
    begun = time.perf_counter()
    first("cold")
    cold_milliseconds = (time.perf_counter() - begun) * 1000
    intake = InvokedIntake(world.client("lambda", site.region), site.order_intake, world.configuration.account_claim)
    ways: dict[str, Callable[[str], object]] = {
        "two writes": lambda name: _two_writes(dynamodb, kinesis, variables, name),
        "in-process": _in_process(variables, Watched(dynamodb, warm), Watched(kinesis, warm)),
        "invoked": lambda name: intake.enter(ACCOUNT, {"client_order_id": name, **ORDER}),
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(orders):
        for way, enter in ways.items():
            begun = time.perf_counter()
            enter(f"{way.replace(' ', '-')}-{number}")
            taken[way].append((time.perf_counter() - begun) * 1000)
    return {
        "orders": orders,
        "milliseconds": {way: _percentiles(values) for way, values in taken.items()},
        "cold": {"milliseconds": round(cold_milliseconds, 1), "calls": cold.summary(1)},
        "warm": {"calls": warm.summary(orders)},
    }


def _in_process(variables: dict[str, str], dynamodb: Any, kinesis: Any) -> Callable[[str], object]:
    app, sink = build(variables, dynamodb, kinesis), Metrics(namespace="Benchmark", service="order_intake")

    def enter(name: str) -> None:
        event = {
            "httpMethod": "POST",
            "resource": "/orders",
            "body": json.dumps({"client_order_id": name, **ORDER}),
            "requestContext": {"authorizer": {"claims": {"account_id": ACCOUNT}}},
        }
        with redirect_stdout(io.StringIO()):
            answer = answered(app, event, sink)
        if answer["statusCode"] != 201:
            raise RuntimeError(f"order intake answered {answer}")

    return enter


def _two_writes(dynamodb: Any, kinesis: Any, variables: dict[str, str], name: str) -> None:
    item = {key: {"S": value} for key, value in ORDER.items()} | {"order_id": {"S": f"floor#{name}"}}
    dynamodb.put_item(
        TableName=variables["ORDERS_TABLE"], Item=item, ConditionExpression="attribute_not_exists(order_id)"
    )
    kinesis.put_record(StreamName=variables["ORDER_STREAM"], Data=json.dumps(ORDER).encode(), PartitionKey=name)


def _percentiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {f"p{percentile}": round(cuts[percentile - 1], 2) for percentile in (50, 90, 99)}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=_ORDERS, help="orders of each way (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    wanted = parser.parse_args(arguments)
    if wanted.orders < 2:
        parser.error(f"--orders {wanted.orders}: percentiles need 2 or more")
    found = measured(wanted.orders)
    print(json.dumps(found, indent=2) if wanted.json else _text(found))
    return 0


def _text(found: dict[str, Any]) -> str:
    lines = [f"{way}: {json.dumps(values)} ms" for way, values in found["milliseconds"].items()]
    lines.append(f"cold: {found['cold']['milliseconds']} ms")
    for state in ("cold", "warm"):
        lines += [f"  {state} {name}: {json.dumps(values)}" for name, values in found[state]["calls"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
