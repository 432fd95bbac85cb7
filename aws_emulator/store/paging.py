"""Pages of a list, by the members that botocore's paginator of the action names."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.utils import get_pagination_model

from aws_emulator.store.call import Call


def _paginator(call: Call) -> dict[str, Any]:
    try:
        return get_pagination_model(call.service).get(str(call.operation.name), {})
    except UnknownServiceError:
        return {}


def paging_members(call: Call) -> set[str]:
    """The input members that ask for a page and so do not select records."""
    model = _paginator(call)
    shape = call.input
    usual = {
        "MaxResults",
        "maxResults",
        "NextToken",
        "nextToken",
        "MaxRecords",
        "Marker",
        "PageSize",
        "MaxItems",
    }
    named = {model.get("limit_key"), model.get("input_token")}
    return {name for name in usual | named if isinstance(name, str) and shape and name in shape.members}


def page(call: Call, records: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
    """The page that the request asks for, and the members that lead to the next one (none after the last)."""
    model = _paginator(call)
    limit = call.params.get(model.get("limit_key", ""))
    if not limit:
        return records, {}
    token = call.params.get(model["input_token"], "0")
    if not str(token).isdigit():
        raise call.invalid(f"The token {token!r} at '{model['input_token']}' is not one that this action returned")
    start, end = int(token), int(token) + int(limit)
    following = {model["output_token"]: str(end)} if end < len(records) else {}
    return records[start:end], following
