"""What a request says, checked against the schemas of the OpenAPI document. All raise ProblemError."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from functions.api import validators
from functions.api.invalid import JsonSchemaValueException
from functions.order_intake import instruments
from functions.order_intake.answers import ProblemError
from functions.trading_account import CONTEXT_KEY, is_account

_ORDER_VALIDATORS: Mapping[str, Callable[..., Any]] = {
    "LIMIT": validators.limit_order,
    "MARKET": validators.market_order,
}
# 15 digits hold the milliseconds from 1970 to the year 33658; a DynamoDB number has room for 38 digits.
_MILLISECONDS = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)
_SHOWN = 40
_DIGITS = "with at most 12 digits before the point and 8 after it"
# What the pattern of a field takes, with an example: a pattern tells most readers nothing.
_IN_WORDS: Mapping[str, str] = {
    "client_order_id": "must be text of 1 to 36 letters, digits, hyphens and underscores, such as A-17",
    "instrument": "must be the text of a symbol of capital letters, digits and . / -, such as AAPL or BRK.B, or of an "
    f"option such as {instruments.OPTION}",
    "quantity": f'must be a decimal above zero as text, such as "100" or "0.5", {_DIGITS}',
    "limit_price": f'must be a decimal as text, such as "10.25" or "-37.63", {_DIGITS}; zero is "0" without a sign',
    "instrument_class": "must be one of option, future, spread, other, or left out",
    "venue": "must be text of the four characters of an ISO 10383 code, such as XNYS",
    "next_token": "must be the next_token of an answer, unchanged",
}
_RULES_OF_A_FORM = frozenset({"pattern", "type", "minLength", "maxLength", "enum"})


def account_id(event: Mapping[str, Any], claim: str) -> str:
    """The account of the caller: a claim of the verified token, or a value that the authorizer function set."""
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    found = authorizer.get(CONTEXT_KEY) or authorizer.get(claim) or (authorizer.get("claims") or {}).get(claim)
    if not is_account(found):
        raise ProblemError("unauthenticated", f"the token names no trading account; it needs the claim {claim}")
    return found


def order(event: Mapping[str, Any]) -> dict[str, str]:
    """The order in the body as it was written: an object of the schema that its type names.

    Whether the rules of instruments allow it is another question (`check_rules`).
    """
    body = _json(_body(event))
    if not isinstance(body, dict):
        raise ProblemError("invalid_request", f"body: must be a JSON object, not {_shown(body)}")
    kind = body.get("type")
    validator = _ORDER_VALIDATORS.get(kind) if isinstance(kind, str) else None
    if validator is None:
        given = f"not {_shown(kind)}" if "type" in body else "and it is missing"
        raise ProblemError("invalid_request", f"type: must be one of {', '.join(_ORDER_VALIDATORS)}, {given}")
    _checked("body", body, validator)
    return body


def check_rules(order: Mapping[str, str]) -> None:
    """Refuses an order of the schemas that the rules of instruments do not allow.

    The rules may change from one version to the next, which a schema never does in a way that refuses more: who repeats
    an order that an older rule accepted is not to be refused.
    """
    _check_option(order["instrument"])
    _check_class(order)
    _check_price(order)


def client_order_id(event: Mapping[str, Any]) -> str:
    value = (event.get("pathParameters") or {}).get("client_order_id")
    return _checked("client_order_id", value, validators.client_order_id)


def orders_page(event: Mapping[str, Any]) -> tuple[int, tuple[int, str] | None]:
    """Limit of a page of orders, and the order after which it begins: (accepted_at, client_order_id)."""
    limit, continuation = _page(event)
    if continuation is None:
        return limit, None
    at, _, name = continuation.partition(":")
    if not _MILLISECONDS.fullmatch(at) or not _is_valid(name, validators.client_order_id):
        raise _bad_token()
    return limit, (int(at), name)


def orders_token(after: tuple[int, str]) -> str:
    """The next_token of a page that ends with this order.

    It names no account: whoever sends it reads orders of the own account, from that place on.
    """
    return _token(f"{after[0]}:{after[1]}")


def positions_page(event: Mapping[str, Any]) -> tuple[int, str | None]:
    """Limit of a page of positions, and the instrument after which it begins."""
    limit, continuation = _page(event)
    if continuation is not None and not _is_valid(continuation, validators.instrument):
        raise _bad_token()
    return limit, continuation


def positions_token(after: str) -> str:
    """The next_token of a page that ends with this instrument; like the token of orders, it names no account."""
    return _token(after)


def _page(event: Mapping[str, Any]) -> tuple[int, str | None]:
    """Limit and decoded continuation of a listing."""
    query = event.get("queryStringParameters") or {}
    limit = query.get("limit")
    number = validators.DEFAULT_LIMIT if limit is None else _integer("limit", limit)
    _checked("limit", number, validators.limit)
    token = query.get("next_token")
    if token is None:
        return number, None
    _checked("next_token", token, validators.next_token)
    try:
        continuation = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError:
        raise _bad_token() from None
    # Base64 has several spellings of one text, where the last character has spare bits; this API writes one.
    if _token(continuation) != token:
        raise _bad_token()
    return number, continuation


def _token(continuation: str) -> str:
    return base64.urlsafe_b64encode(continuation.encode()).decode().rstrip("=")


def _is_valid(value: str, validator: Callable[..., Any]) -> bool:
    try:
        validator(value)
    except JsonSchemaValueException:
        return False
    return True


def _bad_token() -> ProblemError:
    return ProblemError("invalid_request", "next_token: was not given out by this API; start again without it")


def _check_option(instrument: str) -> None:
    wrong = instruments.not_an_option(instrument)
    if wrong is not None:
        raise ProblemError(
            "invalid_request",
            f"instrument: {wrong}, not {_shown(instrument)}; write an OSI option symbol such as {instruments.OPTION}",
        )


def _check_class(order: Mapping[str, str]) -> None:
    said = order.get("instrument_class")
    if said is not None and not instruments.has_form(order["instrument"], said):
        raise ProblemError(
            "invalid_request",
            f"instrument_class: must be a class whose symbols have the form of {_shown(order['instrument'])}, not "
            f"{_shown(said)}; x-instrument-classes of the API document has the forms, or leave it out",
        )


def _check_price(order: Mapping[str, str]) -> None:
    price = order.get("limit_price")
    if price is None or instruments.allows(order, price):
        return
    raise ProblemError(
        "price_not_allowed",
        f"limit_price: must be above zero for {order['instrument']}, of the class {instruments.class_of(order)}, not "
        f"{_shown(price)}; only the classes {', '.join(instruments.ANY_PRICE)} trade at or below zero: for one of them "
        "give instrument_class, a venue of x-futures-venues, or a listed root with the year in two digits "
        "(x-instrument-classes of the API document)",
    )


def _body(event: Mapping[str, Any]) -> str:
    body = event.get("body")
    if not body:
        raise ProblemError("invalid_request", "body: is missing; send an order as JSON")
    limit = validators.MAX_BODY_BYTES
    # Base64 takes four characters for three bytes; no text is shorter in bytes than in characters.
    encoded = bool(event.get("isBase64Encoded"))
    if len(body) > (limit * 4 // 3 + 4 if encoded else limit):
        raise _too_large(limit)
    try:
        data = base64.b64decode(body, validate=True) if encoded else body.encode()
        if len(data) > limit:
            raise _too_large(limit)
        return data.decode()
    except ValueError:
        # Of base64: another alphabet (binascii.Error), or a character that is not ASCII (ValueError). Of UTF-8:
        # UnicodeError.
        raise ProblemError("invalid_request", "body: is not UTF-8 text; send an order as JSON") from None


def _too_large(limit: int) -> ProblemError:
    return ProblemError("body_too_large", f"body: is over {limit} bytes; an order takes less than a tenth of that")


def _json(text: str) -> Any:
    try:
        # NaN and Infinity are no JSON. Read as numbers, they are refused under the name of their field.
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise ProblemError("invalid_request", "body: is nested too deeply; an order is one flat object") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise ProblemError("invalid_request", f"body: is no JSON ({error.msg} at {where})") from None
    except ValueError as error:
        raise ProblemError("invalid_request", f"body: is no JSON ({_shortened(str(error))})") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers of one object with a key twice may read two orders."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ProblemError("invalid_request", f"{_shortened(key)}: is given twice; give it once")
        if isinstance(value, float) and not math.isfinite(value):
            raise ProblemError(
                "invalid_request", f"{_shortened(key)}: {_shown(value)} is no JSON number; write a decimal string"
            )
        found[key] = value
    return found


def _integer(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise ProblemError("invalid_request", f"{name}: must be a whole number, not {_shown(value)}")
    return int(value)


def _checked(name: str, value: Any, validator: Callable[..., Any]) -> Any:
    try:
        return validator(value, name_prefix=name)
    except JsonSchemaValueException as error:
        # A member is called by its key; of the whole body, what is wrong says enough.
        key = error.name.removeprefix("body.")
        rule = _shortened(str(error).removeprefix(error.name).strip(), 400)
        if error.rule in _RULES_OF_A_FORM and key in _IN_WORDS:
            rule = _IN_WORDS[key]
        given = "" if error.value is value and key == "body" else f", not {_shown(error.value)}"
        raise ProblemError("invalid_request", f"{key}: {rule}{given}") from None


def _shown(value: Any) -> str:
    return _shortened(json.dumps(value))


def _shortened(text: str, to: int = _SHOWN) -> str:
    return text if len(text) <= to else text[: to - 3] + "..."
