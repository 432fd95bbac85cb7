"""The record of the order stream, and what its consumers keep to.

A record is UTF-8 JSON:

    format           1
    idempotency_key  order_id#version: the same for every copy of a record, however often and wherever it is published
    kind             "new" or "cancel"
    order_id, account_id, client_order_id, accepted_at, accepted_region, accepted_epoch
    order            instrument, side, type, quantity, ... as entered
    publish_region, publish_epoch, publish_until
                     under which lease this copy was published; until in milliseconds since 1970
    trace            where X-Ray samples the request, its trace (`functions.order_trace`); the same in every copy

Consumers
  1. drop a copy whose `idempotency_key` they have handled: delivery is at least once, by Kinesis and by the outbox;
  2. set aside a copy that is `late`: it was put under a lease that had ended by the time it arrived. The outbox still
     holds it, and the region that holds the lease then publishes it again;
  3. may see a new order after its cancellation only as a copy, which 1. drops: both have one partition key, and the
     publisher of a cancellation first publishes the order where that is not known to have been done;
  4. may send X-Ray a segment of their work under `trace`, where there is one, off the order's way: whoever does not
     loses that part of the picture and nothing else. docs/observability.md says what is in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions import order_item
from functions.epoch_notes import NoteReader
from functions.order_item import Item

FORMAT = 1
_KINDS = {order_item.ENTERED: "new", order_item.CANCELLING: "cancel"}
_TRACES = {order_item.ENTERED: "trace", order_item.CANCELLING: "cancel_trace"}


@dataclass(frozen=True)
class Publication:
    """The lease under which records are published; `until` is its end in milliseconds since 1970."""

    region: str
    epoch: int
    until: int


@dataclass(frozen=True)
class Record:
    """What is put to the stream."""

    order_id: str
    version: int
    partition_key: str
    data: bytes


def record(item: Item, version: int, publication: Publication) -> Record:
    """One version of an order. The partition key spreads by order: one busy account must not fill one shard."""
    body = {
        "format": FORMAT,
        "idempotency_key": f"{item['order_id']}#{version}",
        "kind": _KINDS[version],
        "order_id": item["order_id"],
        "account_id": item["account_id"],
        "client_order_id": item["client_order_id"],
        "accepted_at": item["accepted_at"],
        "accepted_region": item["region"],
        "accepted_epoch": item["epoch"],
        "order": {key: item[key] for key in order_item.ORDER_FIELDS if key in item},
        "publish_region": publication.region,
        "publish_epoch": publication.epoch,
        "publish_until": publication.until,
    }
    trace = item.get(_TRACES[version])
    if trace:
        body["trace"] = trace
    data = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return Record(item["order_id"], version, order_item.spread_key(item["order_id"]), data)


def unpublished(item: Item) -> range:
    """The versions that are not known to be in the stream, in the order in which they belong there."""
    return range(item["published"] + 1, item["version"] + 1)


def waits_for_a_name(item: Item, epoch: int, republished: NoteReader) -> bool:
    """Whether nothing of an order may be published under `epoch` before the runbook has named the order.

    An engine of the old region may have taken an order of an older epoch, and what it wrote has not arrived. So the
    runbook names such an order before an engine of the new region gets it. That holds for its cancellation too: an
    engine would close the order, which nobody would then name, although it may have been traded. After the runbook has
    named all open orders of older epochs, a cancellation is published at once; the order itself is left to the desk.
    """
    due = unpublished(item)
    if item["epoch"] >= epoch or not due:
        return False
    return order_item.ENTERED in due or not republished.reached(epoch)


def late(body: Mapping[str, Any], arrived_at: int) -> bool:
    """Whether a copy arrived after the end of the lease under which it was published.

    `arrived_at` is the record's ApproximateArrivalTimestamp, which Kinesis sets, in milliseconds. The publisher
    stops a margin before `publish_until`, which makes up for the difference between its clock and the service's.
    """
    return arrived_at > body["publish_until"]
