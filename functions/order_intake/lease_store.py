"""The lease in DynamoDB."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import control_item
from functions.control_item import ControlItem, MalformedControlItemError
from functions.order_intake.lease import LeaseStoreUnavailableError


class DynamoDbLeaseStore:
    """Strongly consistent reads and conditional writes of the control item.

    `client` is a DynamoDB client whose calls are bounded (`functions.clients`). A write that conflicts with one from
    another region (ReplicatedWriteConflictException) was not made, and counts as unavailable like any other failure.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> ControlItem | None:
        try:
            answer = self._client.get_item(TableName=self._table, Key=control_item.key(), ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise LeaseStoreUnavailableError(f"the control table {self._table} cannot be read: {error}") from error
        return _item(answer.get("Item"))

    def extend(self, lease: ControlItem) -> ControlItem | None:
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=control_item.key(),
                UpdateExpression="SET valid_until = :until",
                ConditionExpression="holder = :holder AND epoch = :epoch AND valid_until < :until",
                ExpressionAttributeValues={
                    ":holder": {"S": lease.holder},
                    ":epoch": {"N": str(lease.epoch)},
                    ":until": {"N": str(lease.valid_until)},
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return _item(error.response.get("Item"))
            raise LeaseStoreUnavailableError(f"the lease in {self._table} cannot be extended: {error}") from error
        except BotoCoreError as error:
            raise LeaseStoreUnavailableError(f"the lease in {self._table} cannot be extended: {error}") from error
        return _item(answer.get("Attributes"))


def _item(attributes: dict[str, Any] | None) -> ControlItem | None:
    if not attributes:
        return None
    try:
        return control_item.from_attributes(attributes)
    except MalformedControlItemError as error:
        raise LeaseStoreUnavailableError(str(error)) from error
