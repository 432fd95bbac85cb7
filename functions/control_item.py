"""The item of the control table that says which region may accept orders, and until when.

Table: the control table, partition key `item` (S), sort key `sequence` (N). One item, whose attributes are

    item         S  "order_intake"
    sequence     N  0
    holder       S  region that holds the lease, e.g. "us-east-1"
    epoch        N  1 at first, one more each time that the right changes hands; never less
    valid_from   N  milliseconds since 1970: the holder accepts nothing before
    valid_until  N  milliseconds since 1970: the holder accepts nothing after

`valid_until` is written from the holder's own clock. Under one epoch it only ever grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KEY_ATTRIBUTE = "item"
SORT_ATTRIBUTE = "sequence"
ORDER_INTAKE = "order_intake"


class MalformedControlItemError(ValueError):
    """The stored item is not of this format; nobody may accept orders by it."""


@dataclass(frozen=True)
class ControlItem:
    """Who may accept orders, under which epoch, in which span of time (milliseconds since 1970)."""

    holder: str
    epoch: int
    valid_from: int
    valid_until: int

    def __post_init__(self) -> None:
        if not self.holder or self.epoch < 1 or self.valid_from < 0 or self.valid_until < 0:
            raise MalformedControlItemError(
                f"control item {self!r}: needs a holder, an epoch from 1 and times since 1970; put it right by hand"
            )


def key() -> dict[str, dict[str, str]]:
    """The item's key as the DynamoDB API writes it."""
    return {KEY_ATTRIBUTE: {"S": ORDER_INTAKE}, SORT_ATTRIBUTE: {"N": "0"}}


def to_attributes(item: ControlItem) -> dict[str, dict[str, str]]:
    """The item as the DynamoDB API writes it, with its key."""
    return {
        **key(),
        "holder": {"S": item.holder},
        "epoch": {"N": str(item.epoch)},
        "valid_from": {"N": str(item.valid_from)},
        "valid_until": {"N": str(item.valid_until)},
    }


def from_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> ControlItem:
    """The item from what the DynamoDB API gives; raises MalformedControlItemError."""
    try:
        return ControlItem(
            holder=attributes["holder"]["S"],
            epoch=int(attributes["epoch"]["N"]),
            valid_from=int(attributes["valid_from"]["N"]),
            valid_until=int(attributes["valid_until"]["N"]),
        )
    except (KeyError, ValueError) as error:
        raise MalformedControlItemError(
            f"control item {dict(attributes)!r} is malformed ({error}); put it right, until then nothing is accepted"
        ) from error
