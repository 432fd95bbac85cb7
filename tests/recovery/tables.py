"""DynamoDB of one region, fast: conditional writes and reads as the service does them, for the expressions in use.

A test runs the same takeover on it and on moto, which parses every expression.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

_TERM = re.compile(r"(?P<name>[#\w]+)\s*(?P<operator>>=|<=|<>|=|<|>)\s*(?P<value>:\w+)")
_ABSENT = re.compile(r"attribute_not_exists\((?P<name>[#\w]+)\)")
_ONE_OF = re.compile(r"(?P<name>[#\w]+) IN \((?P<values>[^)]+)\)")
_COMPARISONS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
Item = dict[str, Any]


class Tables:
    """Items by table and key; `keys` are the attributes of each table's key, and of each index by `table/index`."""

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        self._keys = keys
        self._items: dict[str, dict[tuple[str, ...], Item]] = {table: {} for table in keys if "/" not in table}

    def describe_table(self, TableName: str) -> Any:
        schema = [{"AttributeName": name} for name in self._keys[TableName]]
        arn = f"arn:aws:dynamodb:us-west-2:123456789012:table/{TableName}"
        return {"Table": {"TableStatus": "ACTIVE", "KeySchema": schema, "TableArn": arn}}

    def get_item(self, TableName: str, Key: Item, **_: Any) -> Any:
        table = TableName.rpartition("/")[2]  # of an ARN
        found = self._items[table].get(self._key(table, Key))
        return {"Item": _copied(found)} if found else {}

    def put_item(self, TableName: str, Item: Item, **condition: Any) -> Any:
        key = self._key(TableName, Item)
        self._require(self._items[TableName].get(key), condition)
        self._items[TableName][key] = _copied(Item)
        return {}

    def update_item(self, TableName: str, Key: Item, UpdateExpression: str, **rest: Any) -> Any:
        key = self._key(TableName, Key)
        stored = self._items[TableName].get(key)
        self._require(stored, rest)
        changed = {**(stored or Key)}
        sets, _, removes = UpdateExpression.removeprefix("SET ").partition(" REMOVE ")
        for part in sets.split(","):
            name, value = (text.strip() for text in part.split("="))
            changed[_name(name, rest)] = rest["ExpressionAttributeValues"][value]
        for name in filter(None, (text.strip() for text in removes.split(","))):
            changed.pop(_name(name, rest), None)
        self._items[TableName][key] = changed
        return {"Attributes": _copied(changed)}

    def delete_item(self, TableName: str, Key: Item) -> Any:
        self._items[TableName].pop(self._key(TableName, Key), None)
        return {}

    def query(self, TableName: str, KeyConditionExpression: str, **rest: Any) -> Any:
        found = [item for item in self._items[TableName].values() if _holds(KeyConditionExpression, item, rest)]
        index = f"{TableName}/{rest['IndexName']}" if "IndexName" in rest else TableName
        sort = self._keys[index][-1]
        found.sort(key=lambda item: _value(item[sort]), reverse=not rest.get("ScanIndexForward", True))
        if "ExclusiveStartKey" in rest:
            keys = [self._key(TableName, item) for item in found]
            found = found[keys.index(self._key(TableName, rest["ExclusiveStartKey"])) + 1 :]
        limit = rest.get("Limit", len(found))
        page, names = found[:limit], {*self._keys[TableName], *self._keys[index]}
        more = {"LastEvaluatedKey": {name: page[-1][name] for name in names}} if found[limit:] else {}
        page = [_copied(item) for item in page if _holds(rest.get("FilterExpression", ""), item, rest)]
        return {"Items": page, "Count": len(page), **more}

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> Any:
        found = {
            table: [answer["Item"] for key in wanted["Keys"] if (answer := self.get_item(table, key))]
            for table, wanted in RequestItems.items()
        }
        return {"Responses": found}

    def scan(self, TableName: str, IndexName: str | None = None, **rest: Any) -> Any:
        items = [item for item in self._items[TableName].values() if IndexName is None or IndexName in item]
        found = [item for item in items if _holds(rest.get("FilterExpression", ""), item, rest)]
        return {"Items": [_copied(item) for item in found], "Count": len(found)}

    def get_paginator(self, operation: str) -> Any:
        return _Pages(getattr(self, operation))

    def _key(self, table: str, item: Item) -> tuple[str, ...]:
        return tuple(next(iter(item[name].values())) for name in self._keys[table])

    def _require(self, stored: Item | None, condition: Mapping[str, Any]) -> None:
        expression = condition.get("ConditionExpression", "")
        if not _holds(expression, stored or {}, condition):
            response: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": expression}}
            response["ResponseMetadata"] = {"HTTPStatusCode": 400}
            if stored and condition.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                response["Item"] = _copied(stored)
            raise ClientError(response, "PutItem")


class _Pages:
    def __init__(self, call: Any) -> None:
        self._call = call

    def paginate(self, **parameters: Any) -> Any:
        yield self._call(**parameters)


def _holds(expression: str, item: Item, given: Mapping[str, Any]) -> bool:
    """Terms joined by AND or by OR, not by both."""
    if " OR " in expression:
        return any(_term(part, item, given) for part in expression.split(" OR "))
    return all(_term(part, item, given) for part in expression.split(" AND ") if part)


def _term(text: str, item: Item, given: Mapping[str, Any]) -> bool:
    if one_of := _ONE_OF.fullmatch(text.strip()):
        stored = item.get(_name(one_of["name"], given))
        values = [given["ExpressionAttributeValues"][value.strip()] for value in one_of["values"].split(",")]
        return stored is not None and _value(stored) in map(_value, values)
    if absent := _ABSENT.fullmatch(text.strip()):
        return _name(absent["name"], given) not in item
    term = _TERM.fullmatch(text.strip())
    assert term, f"the fast tables do not know {text!r}"
    stored = item.get(_name(term["name"], given))
    wanted = given["ExpressionAttributeValues"][term["value"]]
    return stored is not None and _COMPARISONS[term["operator"]](_value(stored), _value(wanted))


def _name(name: str, given: Mapping[str, Any]) -> str:
    return given["ExpressionAttributeNames"][name] if name.startswith("#") else name


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, content),) = attribute.items()
    return Decimal(content) if kind == "N" else content


def _copied(item: Item) -> Item:
    return {name: dict(attribute) for name, attribute in item.items()}
