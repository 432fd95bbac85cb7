"""The item of the control table that says under which epoch an engine stands in the region that took over.

    item      S  "engines"
    sequence  N  0
    epoch     N  the epoch under which an engine was first in service
    at        N  when, in milliseconds since 1970

The runbook writes it, and order intake reads it before it accepts an immediate order.
"""

from __future__ import annotations

from typing import Any

from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE

ITEM = "engines"
_KEY = {KEY_ATTRIBUTE: {"S": ITEM}, SORT_ATTRIBUTE: {"N": "0"}}


def read(client: Any, control_table: str) -> int:
    """The latest epoch under which an engine stood; 0 before the first. Raises BotoCoreError and ClientError."""
    found = client.get_item(TableName=control_table, Key=_KEY).get("Item")
    return int(found["epoch"]["N"]) if found else 0


def write(client: Any, control_table: str, epoch: int, at: int) -> None:
    """Notes that an engine stands under `epoch`. Writing it again is harmless. Raises BotoCoreError and ClientError."""
    client.put_item(TableName=control_table, Item={**_KEY, "epoch": {"N": str(epoch)}, "at": {"N": str(at)}})
