"""Key schemas of the global tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from components.settings import Settings


class TableName(StrEnum):
    """The tables, by the last part of their name."""

    ORDERS = "orders"
    POSITIONS = "positions"
    ORDER_BOOK = "order-book"
    MARKET_DATA = "market-data"
    CONTROL = "control"


RESTORABLE = (TableName.ORDERS, TableName.POSITIONS, TableName.ORDER_BOOK)
"""Tables that the runbook can restore to a point in time: the state of the engines."""


def serving_name(settings: Settings, table: TableName) -> str:
    """Name of the serving table: the live one, or the one that was restored to `restoredAt`."""
    live, at = settings.shared_name(table), settings.data.restored_at
    return f"{live}-{at}" if at and table in RESTORABLE else live


KeyType = Literal["S", "N"]


@dataclass(frozen=True)
class Index:
    """A global secondary index that projects all attributes and is eventually consistent."""

    name: str
    partition_key: str
    sort_key: str


@dataclass(frozen=True)
class TableSchema:
    """Keys of a table: `attributes` has the type of each attribute that is part of a key."""

    partition_key: str
    sort_key: str | None
    attributes: Mapping[str, KeyType]
    indexes: tuple[Index, ...] = ()
    expires_by: str | None = None
    """Attribute with the second since the epoch after which an item is removed."""
    backed_up: bool = True
    """Whether its monthly backups are kept as long as the records. Every table has point-in-time recovery."""

    @property
    def can_be_strong(self) -> bool:
        """Whether the table supports strong consistency across regions: such a table has neither TTL nor local indexes
        (DynamoDB Developer Guide, "How global tables work", multi-Region strong consistency)."""
        return self.expires_by is None


ORDERS = TableSchema(
    partition_key="order_id",
    sort_key=None,
    attributes={
        "order_id": "S",
        "account_id": "S",
        "accepted_at": "N",
        "outbox": "S",
        "change_shard": "S",
        "changed_at": "N",
    },
    indexes=(
        Index("by_account", "account_id", "accepted_at"),
        Index("outbox", "outbox", "accepted_at"),
        Index("by_change", "change_shard", "changed_at"),
    ),
)
"""One item for each order. `order_id` is `<account id>#<client order id>`: a client that sends an order twice names the
same item, and a conditional put (`attribute_not_exists(order_id)`) accepts it once. Any replica answers a read by id
with one consistent read. Orders spread over all partitions, even if one account is busy.

`by_account` lists an account's orders by `accepted_at`, in milliseconds since 1970. An account is one partition key, so
that more than 1,000 writes/s of one account (DynamoDB Developer Guide, "Partition key design", the limit of a
partition) would throttle its orders: the usage plan of the API must stay below that. `outbox` is sparse and sharded: it
lists orders that are not confirmed in the order stream or not yet taken by an engine. `by_change` lists writes since a
time, sharded, so that a comparison of two regions costs in proportion to the writes and not to the size of the table.
"""

POSITIONS = TableSchema(
    partition_key="account_id", sort_key="instrument", attributes={"account_id": "S", "instrument": "S"}
)
"""Positions of each account by instrument: one query returns all positions of an account."""

ORDER_BOOK = TableSchema(
    partition_key="instrument",
    sort_key="price_level",
    attributes={"instrument": "S", "price_level": "S"},
    backed_up=False,
)
"""The order book by price level. `price_level` is `<bid|ask>#<price in ticks, twelve digits with leading zeros>`: one
query with a prefix reads a side in price order, best ask first, or best bid first in reverse."""

MARKET_DATA = TableSchema(
    partition_key="instrument",
    sort_key="observed_at",
    attributes={"instrument": "S", "observed_at": "N"},
    expires_by="expires_at",
    backed_up=False,
)
"""Recent market data by instrument and time in microseconds since 1970; the records bucket has the full history."""

CONTROL = TableSchema(partition_key="item", sort_key="sequence", attributes={"item": "S", "sequence": "N"})
"""The lease for order acceptance, and the runbook's journal. `item` names the entry. `order_intake` (holder, epoch and
expiry of the lease) and other single entries have the `sequence` 0; entries of a journal share an `item` and are
numbered by `sequence`. Every change is a conditional write, and every read is consistent, from either region."""

SCHEMAS: Mapping[TableName, TableSchema] = {
    TableName.ORDERS: ORDERS,
    TableName.POSITIONS: POSITIONS,
    TableName.ORDER_BOOK: ORDER_BOOK,
    TableName.MARKET_DATA: MARKET_DATA,
    TableName.CONTROL: CONTROL,
}
