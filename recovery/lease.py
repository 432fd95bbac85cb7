"""The lease as a run reads and takes it (`functions.control_item`, `recovery.takeover`)."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import control_item
from functions.control_item import ControlItem, MalformedControlItemError
from recovery.errors import RecoveryError
from recovery.takeover import Takeover

_CONDITION_FAILED = "ConditionalCheckFailedException"


class LeaseUnavailableError(RecoveryError):
    """The lease cannot be read or taken."""

    exit_code = 9


def read(client: Any, table: str) -> ControlItem | None:
    """The lease as stored, None before it was first granted; raises LeaseUnavailableError."""
    try:
        answer = client.get_item(TableName=table, Key=control_item.key(), ConsistentRead=True)
        return control_item.from_attributes(answer["Item"]) if "Item" in answer else None
    except (BotoCoreError, ClientError, MalformedControlItemError) as error:
        raise LeaseUnavailableError(f"the lease in {table} cannot be read: {error}") from error


def write(client: Any, table: str, takeover: Takeover) -> bool:
    """Writes the new lease if the old one is still what was read; raises LeaseUnavailableError.

    False when it is not: the holder extended it meanwhile, or somebody else took it.
    """
    condition: dict[str, Any] = {
        "ConditionExpression": "attribute_not_exists(#item)",
        "ExpressionAttributeNames": {"#item": control_item.KEY_ATTRIBUTE},
    }
    old = takeover.condition
    if old is not None:
        condition = {
            "ConditionExpression": "holder = :holder AND epoch = :epoch AND valid_until = :until",
            "ExpressionAttributeValues": {
                ":holder": {"S": old.holder},
                ":epoch": {"N": str(old.epoch)},
                ":until": {"N": str(old.valid_until)},
            },
        }
    try:
        client.put_item(TableName=table, Item=control_item.to_attributes(takeover.item), **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] == _CONDITION_FAILED:
            return False
        raise LeaseUnavailableError(f"the lease in {table} cannot be taken: {error}") from error
    except BotoCoreError as error:
        raise LeaseUnavailableError(f"the lease in {table} cannot be taken: {error}") from error
    return True
