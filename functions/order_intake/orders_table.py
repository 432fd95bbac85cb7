"""The orders and positions tables, as order intake uses them."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures, order_item
from functions.order_item import Item, Stamp

_CONDITION_FAILED = "ConditionalCheckFailedException"


class StoreUnavailableError(Exception):
    """The table refused or could not be reached; nothing was written. `may_pass`: the same may succeed later."""

    def __init__(self, message: str, *, may_pass: bool) -> None:
        super().__init__(message)
        self.may_pass = may_pass


class OutcomeUnknownError(Exception):
    """The write was sent and no answer came: it may be there, may come, or neither."""


class OrdersTable:
    """Conditional writes of orders. All raise StoreUnavailableError, the writes OutcomeUnknownError too."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def insert(self, item: Item) -> dict[str, Any] | None:
        """Writes a new order; gives the one that is there already instead, if there is one."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=order_item.to_attributes(item),
                ConditionExpression="attribute_not_exists(order_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (BotoCoreError, ClientError) as error:
            return self._stored(error)
        return None

    def request_cancel(self, order_id: str, stamp: Stamp) -> tuple[bool, dict[str, Any] | None]:
        """Asks for an accepted order to be cancelled: whether this call did, and the order as it is now."""
        trace = {":trace": {"S": stamp.trace}} if stamp.trace else {}
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(order_id),
                UpdateExpression=(
                    "SET #status = :requested, version = :version, outbox = :outbox, "
                    "cancel_requested_at = :at, cancel_region = :region, cancel_epoch = :epoch, "
                    "write_epoch = :epoch, changed_at = :at" + (", cancel_trace = :trace" if trace else "")
                ),
                ConditionExpression="#status = :accepted",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":requested": {"S": order_item.CANCEL_REQUESTED},
                    ":accepted": {"S": order_item.ACCEPTED},
                    ":version": {"N": str(order_item.CANCELLING)},
                    ":outbox": {"S": order_item.outbox_shard(order_id)},
                    ":at": {"N": str(stamp.at)},
                    ":region": {"S": stamp.region},
                    ":epoch": {"N": str(stamp.epoch)},
                    **trace,
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (BotoCoreError, ClientError) as error:
            return False, self._stored(error)
        return True, _order(answer["Attributes"])

    def keep_cancellation(self, item: Item) -> None:
        """Write the cancellation of an order as an item of its own. A repeat writes the same item."""
        try:
            self._client.put_item(TableName=self._table, Item=order_item.cancellation(item))
        except (BotoCoreError, ClientError) as error:
            if failures.nothing_was_done(error):
                raise self._unavailable(error) from error
            raise OutcomeUnknownError(f"{self._table}: {failures.code(error)}") from error

    def get(self, order_id: str) -> dict[str, Any] | None:
        """The order as this region knows it."""
        try:
            answer = self._client.get_item(TableName=self._table, Key=_key(order_id), ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable(error) from error
        return _order(answer["Item"]) if "Item" in answer else None

    def of_account(
        self, account_id: str, limit: int, after: tuple[int, str] | None
    ) -> tuple[list[dict[str, Any]], tuple[int, str] | None]:
        """A page of the account's orders, newest first, and where the next begins: (accepted_at, client_order_id)."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": order_item.BY_ACCOUNT_INDEX,
            "KeyConditionExpression": "account_id = :account",
            "ExpressionAttributeValues": {":account": {"S": account_id}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after:
            query["ExclusiveStartKey"] = {
                "account_id": {"S": account_id},
                "accepted_at": {"N": str(after[0])},
                "order_id": {"S": order_item.order_id(account_id, after[1])},
            }
        try:
            answer = self._client.query(**query)
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable(error) from error
        orders = [_order(attributes) for attributes in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        if not last:
            return orders, None
        return orders, (int(last["accepted_at"]["N"]), last["order_id"]["S"].rpartition("#")[2])

    def _stored(self, error: Exception) -> dict[str, Any] | None:
        """What a condition failed on; raises for every other failure of a write."""
        if isinstance(error, ClientError) and failures.code(error) == _CONDITION_FAILED:
            attributes = error.response.get("Item")
            return _order(attributes) if attributes else None
        if failures.nothing_was_done(error):
            raise self._unavailable(error) from error
        raise OutcomeUnknownError(f"{self._table}: {failures.code(error)}") from error

    def _unavailable(self, error: Exception) -> StoreUnavailableError:
        return StoreUnavailableError(f"{self._table}: {error}", may_pass=failures.may_pass(error))


class PositionsTable:
    """Positions: partition key `account_id`, sort key `instrument`; `quantity` and `average_price` are N."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def of_account(self, account_id: str, limit: int, after: str | None) -> tuple[list[dict[str, str]], str | None]:
        """A page of positions by instrument, and where the next begins; raises StoreUnavailableError."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "account_id = :account",
            "ExpressionAttributeValues": {":account": {"S": account_id}},
            "Limit": limit,
        }
        if after:
            query["ExclusiveStartKey"] = {"account_id": {"S": account_id}, "instrument": {"S": after}}
        try:
            answer = self._client.query(**query)
        except (BotoCoreError, ClientError) as error:
            message = f"{self._table}: {error}"
            raise StoreUnavailableError(message, may_pass=failures.may_pass(error)) from error
        positions = [_position(attributes) for attributes in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        return positions, last["instrument"]["S"] if last else None


def _position(attributes: dict[str, Any]) -> dict[str, str]:
    try:
        position = {"instrument": attributes["instrument"]["S"], "quantity": attributes["quantity"]["N"]}
        if "average_price" in attributes:
            position["average_price"] = attributes["average_price"]["N"]
    except KeyError as error:
        message = f"a position lacks {error}, or has it of the wrong type"
        raise StoreUnavailableError(message, may_pass=False) from error
    return position


def _order(attributes: dict[str, Any]) -> dict[str, Any]:
    try:
        return order_item.from_attributes(attributes)
    except order_item.MalformedOrderItemError as error:
        raise StoreUnavailableError(str(error), may_pass=False) from error


def _key(order_id: str) -> dict[str, dict[str, str]]:
    return {order_item.KEY_ATTRIBUTE: {"S": order_id}}
