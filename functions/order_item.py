"""The item of the orders table.

Table: partition key `order_id`. Attributes, all S or N:

    order_id             S  account_id#client_order_id
    account_id           S  trading account, from the caller's token
    client_order_id      S  the client's own name of the order
    instrument, side, type, quantity, limit_price, time_in_force, venue, instrument_class
                         S  the order as entered, an option's symbol without spaces; limit_price, venue and
                            instrument_class where it has them
    fingerprint          S  SHA-256 of the order's meaning: a repeat has the same, another order of that name has not
    status               S  ACCEPTED, CANCEL_REQUESTED; the engines set the others
    accepted_at          N  milliseconds since 1970
    region, epoch        S, N  who accepted it, under which epoch
    accepted_until       N  end of the grant, in milliseconds since 1970; an order that was written later was confirmed
                            to nobody, and reconciliation finds it by its epoch
    cancel_requested_at, cancel_region, cancel_epoch
                         N, S, N  the same of the request to cancel
    trace, cancel_trace  S  the traces (`functions.order_trace`) in which either was accepted, where X-Ray sampled them
    version              N  1 for the order, 2 with the request to cancel
    published            N  the last version that is known to be in the order stream
    outbox               S  where the order waits: "07" is a shard of the outbox, while published < version; "w07" is a
                            shard of the orders that are in the stream and that no engine has taken yet
    write_epoch          N  the epoch under which order intake or the redrive wrote the item last
    changed_at           N  when it was written last, in milliseconds since 1970
    change_shard         S  shard of the index `by_change`, "00" to "31"

A cancellation is also an item of its own, which nothing overwrites (`cancellation`):

    order_id             S  account_id#client_order_id#cancel
    kind                 S  "cancellation"
    cancel_requested_at, cancel_region, cancel_epoch, cancel_trace, changed_at, change_shard
                            as above

A global table keeps the last of two writes to one item, and takes the whole item. A process of the old region that
stood still can therefore overwrite an order, its cancellation included, when the regions see each other again. The
item of the cancellation survives that, and the runbook restores the order from it.

An engine that takes an order writes its own status with the condition `#status IN (ACCEPTED, CANCEL_REQUESTED)`, sets
`changed_at`, and removes `outbox`. Until then the order is open: after a takeover the redrive publishes it again.

Positions carry `write_epoch` too (`functions.position_item`).

Index `by_account` (account_id, accepted_at): the orders of an account. Index `outbox` (outbox, accepted_at): sparse, it
holds what is not known to be in the stream, and what no engine has taken. Each order enters and leaves it, and a
partition takes 1,000 writes a second (DynamoDB Developer Guide, "Partitions and data distribution"), so it is spread
over OUTBOX_SHARDS keys for each of both. Index `by_change` (change_shard, changed_at): what was written since a moment,
so that comparing two regions costs what was written and not what is stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

KEY_ATTRIBUTE = "order_id"
BY_ACCOUNT_INDEX = "by_account"
OUTBOX_INDEX = "outbox"
BY_CHANGE_INDEX = "by_change"
# 32 keys take 32,000 writes a second, two for each order: more than the 10,000 messages a second of the streams.
OUTBOX_SHARDS = 32
CHANGE_SHARDS = 32
_WAITING = "w"
CANCELLATION = "cancellation"
"""Value of `kind` of a cancellation."""
_CANCELLATION_SUFFIX = "#cancel"

ACCEPTED = "ACCEPTED"
CANCEL_REQUESTED = "CANCEL_REQUESTED"
OPEN = frozenset({ACCEPTED, CANCEL_REQUESTED})
"""Status of an order that no engine has taken."""
REFUSED = "REFUSED"
"""Status of an order that the trading desk refused after a takeover."""
ENTERED = 1
CANCELLING = 2

ORDER_FIELDS = ("instrument", "side", "type", "quantity", "limit_price", "time_in_force", "venue", "instrument_class")
_DECIMALS = ("quantity", "limit_price")
_NUMBERS = ("accepted_at", "epoch", "accepted_until", "cancel_requested_at", "cancel_epoch", "version", "published")
_NUMBERS += ("write_epoch", "changed_at")
_TEXTS = (
    *("order_id", "account_id", "client_order_id", "fingerprint", "status", "region", "cancel_region", "outbox"),
    *("trace", "cancel_trace", "change_shard"),
    *ORDER_FIELDS,
)

Item = Mapping[str, Any]
"""An item as plain values: str and int."""


class MalformedOrderItemError(ValueError):
    """The stored item lacks what every order has; it is left as it is."""


@dataclass(frozen=True)
class Stamp:
    """When, where, under which grant and in which trace something was accepted; times in milliseconds since 1970."""

    at: int
    region: str
    epoch: int
    until: int
    trace: str | None = None


def order_id(account_id: str, client_order_id: str) -> str:
    """Neither part holds a '#', so no two pairs have the same id."""
    return f"{account_id}#{client_order_id}"


def spread_key(of: str) -> str:
    """A key that spreads evenly over shards, whatever the distribution of accounts."""
    return hashlib.sha256(of.encode()).hexdigest()


def outbox_shards() -> list[str]:
    return [f"{shard:02d}" for shard in range(OUTBOX_SHARDS)]


def outbox_shard(of: str) -> str:
    return f"{int(spread_key(of)[:8], 16) % OUTBOX_SHARDS:02d}"


def waiting_shards() -> list[str]:
    """Shards of the orders that are in the stream and that no engine has taken."""
    return [f"{_WAITING}{shard}" for shard in outbox_shards()]


def waiting_shard(of: str) -> str:
    return f"{_WAITING}{outbox_shard(of)}"


def change_shards() -> list[str]:
    return [f"{shard:02d}" for shard in range(CHANGE_SHARDS)]


def change_shard(of: str) -> str:
    return f"{int(spread_key(of)[8:16], 16) % CHANGE_SHARDS:02d}"


def cancellation_id(of: str) -> str:
    """Key of the cancellation of an order."""
    return f"{of}{_CANCELLATION_SUFFIX}"


def is_cancellation(attributes: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a stored item is a cancellation and no order."""
    return attributes.get("kind", {}).get("S") == CANCELLATION


def cancelled_order(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """Id of the order that a stored cancellation belongs to."""
    return attributes[KEY_ATTRIBUTE]["S"].removesuffix(_CANCELLATION_SUFFIX)


def cancellation(item: Item) -> dict[str, dict[str, str]]:
    """The cancellation of an order, as the DynamoDB API writes it. `item` is the order with its request to cancel."""
    identity = item["order_id"]
    content = {name: item[name] for name in _OF_A_CANCELLATION if name in item}
    content |= {"changed_at": item["cancel_requested_at"], "change_shard": change_shard(identity)}
    return {
        KEY_ATTRIBUTE: {"S": cancellation_id(identity)},
        "kind": {"S": CANCELLATION},
        **to_attributes(content),
    }


def with_cancellation(item: Item, attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An order with the cancellation that its stored item lacks."""
    content = {name: attributes[name]["S"] for name in _OF_A_CANCELLATION if "S" in attributes.get(name, {})}
    content |= {name: int(attributes[name]["N"]) for name in _OF_A_CANCELLATION if "N" in attributes.get(name, {})}
    return {**item, **content, "status": CANCEL_REQUESTED, "version": CANCELLING}


_OF_A_CANCELLATION = ("cancel_requested_at", "cancel_region", "cancel_epoch", "cancel_trace")


def canonical_instrument(instrument: str) -> str:
    """The spelling under which a valid instrument is stored, published and shown: an option's root without padding.

    Engines keep positions by the instrument of the record; two spellings would be two positions.
    """
    return instrument.replace(" ", "")


def fingerprint(account_id: str, order: Mapping[str, str]) -> str:
    """Equal for requests that mean the same.

    Key order, white space, trailing zeros of decimals and the padding of an option's root do not count.
    """
    meaning = {key: _plain(value) if key in _DECIMALS else value for key, value in order.items()}
    meaning["instrument"] = canonical_instrument(meaning["instrument"])
    text = json.dumps([account_id, meaning], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(decimal: str) -> str:
    return format(Decimal(decimal).normalize(), "f")


def entered(account_id: str, order: Mapping[str, str], stamp: Stamp) -> dict[str, Any]:
    """The item of a valid order (keys of the API's Order schema), not yet published; its instrument in one spelling."""
    identity = order_id(account_id, order["client_order_id"])
    return {
        "order_id": identity,
        "account_id": account_id,
        **order,
        "instrument": canonical_instrument(order["instrument"]),
        "fingerprint": fingerprint(account_id, order),
        "status": ACCEPTED,
        "accepted_at": stamp.at,
        "region": stamp.region,
        "epoch": stamp.epoch,
        "accepted_until": stamp.until,
        "version": ENTERED,
        "published": 0,
        "outbox": outbox_shard(identity),
        "write_epoch": stamp.epoch,
        "changed_at": stamp.at,
        "change_shard": change_shard(identity),
        **({"trace": stamp.trace} if stamp.trace else {}),
    }


def to_attributes(item: Item) -> dict[str, dict[str, str]]:
    """As the DynamoDB API writes it."""
    return {key: {"N": str(value)} if key in _NUMBERS else {"S": value} for key, value in item.items()}


def from_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The known attributes as plain values; raises MalformedOrderItemError without those that every order has.

    An older version stored options as they were entered; the instrument is read in its one spelling.
    """
    try:
        item: dict[str, Any] = {key: attributes[key]["S"] for key in _TEXTS if key in attributes}
        item |= {key: int(attributes[key]["N"]) for key in _NUMBERS if key in attributes}
    except (KeyError, ValueError) as error:
        raise MalformedOrderItemError(f"an order has an attribute of the wrong type: {error}") from error
    missing = [key for key in _ALWAYS if key not in item]
    if missing:
        raise MalformedOrderItemError(f"order {item.get('order_id')!r} lacks {', '.join(missing)}")
    item["instrument"] = canonical_instrument(item["instrument"])
    return item


_ALWAYS = (
    *("order_id", "account_id", "client_order_id", "fingerprint", "status", "accepted_at", "region", "epoch"),
    *("version", "published", "instrument", "side", "type", "quantity", "time_in_force"),
)
