"""JSON that two readers read alike: UTF-8, one object, each key once, no NaN (RFC 8259; RFC 8725, 2.6)."""

from __future__ import annotations

import json
from typing import Any

from functions.authorizer.errors import TokenError


def json_object(data: bytes, what: str) -> dict[str, Any]:
    """The object of `what`. Raises TokenError, also for NaN and Infinity, which JSON lacks and Python takes."""
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise TokenError(f"the {what} is nested too deeply") from None
    except _DuplicateKeyError:
        raise TokenError(f"the {what} names a key twice") from None
    except ValueError as error:
        raise TokenError(f"the {what} is no JSON") from error
    if not isinstance(found, dict):
        raise TokenError(f"the {what} is no JSON object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


class _DuplicateKeyError(Exception):
    """An object names a key twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError
    return found
