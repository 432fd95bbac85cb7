"""Keys of the global tables: what each is read and written by."""

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
"""What the runbook brings back to a point in time: the state of the engines."""


def serving_name(settings: Settings, table: TableName) -> str:
    """Name of the table that serves: the live one, or the one that was restored to `restoredAt`."""
    live, at = settings.shared_name(table), settings.data.restored_at
    return f"{live}-{at}" if at and table in RESTORABLE else live


KeyType = Literal["S", "N"]


@dataclass(frozen=True)
class Index:
    """A global secondary index with a copy of every attribute, read eventually."""

    name: str
    partition_key: str
    sort_key: str


@dataclass(frozen=True)
class TableSchema:
    """Keys of a table: `attributes` gives the type of each attribute that is part of some key."""

    partition_key: str
    sort_key: str | None
    attributes: Mapping[str, KeyType]
    indexes: tuple[Index, ...] = ()
    expires_by: str | None = None
    """Attribute with the second since the epoch after which an item is removed."""
    backed_up: bool = True
    """Whether its monthly backups are kept as long as the records; point-in-time recovery every table has."""

    @property
    def can_be_strong(self) -> bool:
        """Whether the table may be strongly consistent across regions: such a table has no time to live and no
        local index (DynamoDB Developer Guide, "How global tables work", multi-Region strong consistency)."""
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
"""One item for each order: `order_id` is `<account id>#<client order id>`, so that a client that sends an order
twice names the same item, and a conditional put (`attribute_not_exists(order_id)`) accepts it once. Any replica
answers a read by id with one consistent read. Orders spread over all partitions, however busy one account is.

`by_account` lists an account's orders by `accepted_at`, milliseconds since 1970. It keeps an account together, so
that 1,000 writes/s of one account (DynamoDB Developer Guide, "Partition key design", the limit of a partition) slow
its orders down: the usage plan of the API must stay below. `outbox` is sparse and spread over shards: it holds the
orders that are not known to have reached the order stream, and those that no engine has taken from it yet.
`by_change` lists what was written since a moment, spread over shards: comparing two regions costs what was written,
whatever the table holds."""

POSITIONS = TableSchema(
    partition_key="account_id", sort_key="instrument", attributes={"account_id": "S", "instrument": "S"}
)
"""What each account holds of each instrument: all positions of an account are one query."""

ORDER_BOOK = TableSchema(
    partition_key="instrument",
    sort_key="price_level",
    attributes={"instrument": "S", "price_level": "S"},
    backed_up=False,
)
"""The book by level: `price_level` is `<bid|ask>#<price in ticks, twelve digits with leading zeros>`, so that one
query with a prefix reads a side in the order of its prices, best ask first and best bid first when reversed."""

MARKET_DATA = TableSchema(
    partition_key="instrument",
    sort_key="observed_at",
    attributes={"instrument": "S", "observed_at": "N"},
    expires_by="expires_at",
    backed_up=False,
)
"""Recent market data by instrument and time in microseconds since 1970; the records bucket keeps it for good."""

CONTROL = TableSchema(partition_key="item", sort_key="sequence", attributes={"item": "S", "sequence": "N"})
"""The right to accept orders, and the journal of the runbook. `item` says what it is: `order_intake` (who holds the
right, under which epoch, until when) and what else there is one of has the `sequence` 0; the entries of a journal
share an `item` and are numbered by `sequence`. Every change is a conditional write, and every read a
consistent one: the latest, from either region."""

SCHEMAS: Mapping[TableName, TableSchema] = {
    TableName.ORDERS: ORDERS,
    TableName.POSITIONS: POSITIONS,
    TableName.ORDER_BOOK: ORDER_BOOK,
    TableName.MARKET_DATA: MARKET_DATA,
    TableName.CONTROL: CONTROL,
}
