"""Up to when both regions are known to hold the same orders.

A comparison reads what was written since this mark, so that its cost is that of the writes and not of the table. It is
an item of the control table, which the scheduled comparison, a drill and a switchover share:

    item      S  "compared"
    sequence  N  0
    table     S  name of the orders table: a restored table is compared from its beginning
    until     N  what was written before this moment is the same in both regions, milliseconds since 1970
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from functions import failures
from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE

ITEM = "compared"
OVERLAP_MILLISECONDS = 60_000
"""A comparison begins so long before the last one ended: clocks of writers differ, and a write that is under way has
its time already."""
_KEY = {KEY_ATTRIBUTE: {"S": ITEM}, SORT_ATTRIBUTE: {"N": "0"}}
_CONDITION_FAILED = "ConditionalCheckFailedException"


def read(client: Any, control_table: str, table: str) -> int:
    """The mark of `table`; 0 where nothing is known. Raises BotoCoreError and ClientError."""
    found = client.get_item(TableName=control_table, Key=_KEY, ConsistentRead=True).get("Item")
    return int(found["until"]["N"]) if found and found["table"]["S"] == table else 0


def advance(client: Any, control_table: str, table: str, until: int) -> None:
    """Moves the mark to `until`, never back. Raises BotoCoreError and ClientError."""
    try:
        client.put_item(
            TableName=control_table,
            Item={**_KEY, "table": {"S": table}, "until": {"N": str(until)}},
            ConditionExpression="attribute_not_exists(#until) OR #table <> :table OR #until < :until",
            ExpressionAttributeNames={"#until": "until", "#table": "table"},
            ExpressionAttributeValues={":table": {"S": table}, ":until": {"N": str(until)}},
        )
    except ClientError as error:
        if failures.code(error) != _CONDITION_FAILED:
            raise


def after(since: int, began: int, lag_milliseconds: int) -> int:
    """The mark after a comparison that began at `began` and found both regions equal."""
    return max(since, began - lag_milliseconds - OVERLAP_MILLISECONDS)
