"""The items of the positions table, and the markers that show which epochs wrote a position.

Table: partition key `account_id`, sort key `instrument`. A position:

    account_id, instrument   S
    quantity, average_price  N
    write_epoch              N  the epoch of the engine that wrote it last

The engine that writes a position sets the epoch of its lease, with the condition
`attribute_not_exists(write_epoch) OR write_epoch <= :epoch`. A global table keeps the last of two writes to one item.
An engine of the old region that stood still passes the condition in its own region, and its write replaces the position
of the new epoch when the regions see each other again. So the engine writes a marker first, once for each position and
epoch (`marker`). No other epoch writes that item, so nothing overwrites it:

    account_id   S  account_id#epochs
    instrument   S  instrument#<epoch, ten digits>
    kind         S  "epoch"
    write_epoch  N  the epoch

A position whose `write_epoch` is older than a marker of it has been overwritten; the runbook names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

KIND, EPOCH_MARKER = "kind", "epoch"
KEY_NAMES = ("account_id", "instrument")
_SUFFIX = "#epochs"
_DIGITS = 10


class MalformedMarkerError(ValueError):
    """A marker that no engine writes; the message has its key."""


class Marker(NamedTuple):
    """`epoch` has written the position of `account_id` in `instrument`."""

    account_id: str
    instrument: str
    epoch: int

    @property
    def position(self) -> dict[str, dict[str, str]]:
        """Return the key of the position."""
        return {"account_id": {"S": self.account_id}, "instrument": {"S": self.instrument}}


def to_attributes(marker: Marker) -> dict[str, dict[str, str]]:
    """Return the item of a marker. To write it again is harmless."""
    return {
        "account_id": {"S": f"{marker.account_id}{_SUFFIX}"},
        "instrument": {"S": f"{marker.instrument}#{marker.epoch:0{_DIGITS}}"},
        KIND: {"S": EPOCH_MARKER},
        "write_epoch": {"N": str(marker.epoch)},
    }


def from_attributes(attributes: Mapping[str, Any]) -> Marker:
    """Return the marker of an item. Raises MalformedMarkerError."""
    try:
        account, instrument = attributes["account_id"]["S"], attributes["instrument"]["S"].rpartition("#")[0]
        marker = Marker(account.removesuffix(_SUFFIX), instrument, int(attributes["write_epoch"]["N"]))
    except (KeyError, ValueError) as error:
        raise MalformedMarkerError(f"marker {attributes.get('instrument')!r} lacks {error}") from error
    if to_attributes(marker) != dict(attributes):
        raise MalformedMarkerError(f"marker {account} {attributes['instrument']['S']} is no marker of an epoch")
    return marker


def write_epoch(attributes: Mapping[str, Any]) -> int:
    """Return the epoch under which a position was written; 0 for a position without one."""
    return int(attributes.get("write_epoch", {}).get("N", 0))
