"""Request costs of a million accepted orders, in addition to the standing costs.

Calls of one order: API Gateway, Lambda, a DynamoDB write in both regions, and a Kinesis put.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from blueprint.costs.lines import Charge
from blueprint.costs.prices import Prices
from blueprint.model import Blueprint

_MILLION = 1_000_000
# Amazon DynamoDB pricing for on-demand capacity: a write request unit is a write of up to 1 KB, and a replica of a
# global table costs one more. Amazon Kinesis Data Streams pricing: a PUT payload unit is 25 KB.
_WRITES_OF_AN_ORDER = 2


@dataclass(frozen=True)
class OrderUsage:
    """Assumptions about one order: `milliseconds` is the duration of order intake."""

    milliseconds: float = 20.0


def per_million(blueprint: Blueprint, prices: Prices, usage: OrderUsage) -> Iterator[Charge]:
    """Yield the charges of a million orders in this stack."""
    function = blueprint.one("aws:lambda/function:Function", "order-intake")
    gigabytes = float(function.properties.get("memorySize") or 128) / 1024
    seconds = _MILLION * usage.milliseconds / 1000 * gigabytes
    yield Charge("API Gateway requests, million", 1, prices.usd("api_million_requests"))
    yield Charge("Lambda requests, million", 1, prices.usd("lambda_million_requests"))
    yield Charge("Lambda GB-seconds", seconds, seconds * prices.usd("lambda_gb_second"))
    writes = _WRITES_OF_AN_ORDER * prices.usd("dynamodb_million_writes")
    yield Charge("DynamoDB writes in both regions, million", _WRITES_OF_AN_ORDER, writes)
    yield Charge("Kinesis PUT payload units, million", 1, prices.usd("kinesis_million_puts"))
