"""Condition elements of IAM policies (IAM User Guide, "IAM JSON policy elements: Condition operators")."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

Context = Mapping[str, str | tuple[str, ...]]
"""Keys of a request in lower case. A key that the request does not have is absent."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_SETS = ("ForAllValues", "ForAnyValue")


class UnknownOperatorError(Exception):
    """A condition has an operator that IAM does not know; the message names it."""


def holds(conditions: Mapping[str, Mapping[str, Any]] | None, context: Context) -> bool:
    """Whether every operator and every key of a Condition element matches. Raises `UnknownOperatorError`."""
    return all(
        _key_holds(operator, key, _texts(values), context)
        for operator, tests in (conditions or {}).items()
        for key, values in tests.items()
    )


def _key_holds(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    """Whether one key matches ("Conditions with multiple context keys or values"): policy values are alternatives,
    those of a negated operator are all excluded."""
    quantifier, _, name = operator.rpartition(":")
    if quantifier and quantifier not in _SETS:
        raise UnknownOperatorError(f"{operator}: unknown set operator")
    name, if_exists = name.removesuffix("IfExists"), name.endswith("IfExists")
    present = _present(context.get(key.lower()))
    if name == "Null":
        return any((value.lower() == "true") == (not present) for value in wanted)
    base, negated = _positive(name)
    try:
        compare = _OPERATORS[base]
    except KeyError as error:
        raise UnknownOperatorError(f"{operator}: unknown condition operator") from error
    expanded = [text for value in wanted if (text := substituted(value, context)) is not None]

    def matches(value: str) -> bool:
        return any(compare(value, text) for text in expanded) != negated

    if not present:
        # A missing key satisfies negated operators, IfExists and ForAllValues, and never ForAnyValue.
        return quantifier == "ForAllValues" or if_exists or (negated and quantifier != "ForAnyValue")
    if quantifier == "ForAllValues" or (negated and not quantifier):
        return all(map(matches, present))
    return any(map(matches, present))


def _present(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _texts(values: Any) -> list[str]:
    listed = values if isinstance(values, list | tuple) else [values]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in listed]


def _positive(name: str) -> tuple[str, bool]:
    """The operator without its negation, and whether it is negated."""
    if name == "NotIpAddress":
        return "IpAddress", True
    return (name.replace("Not", "", 1), True) if "Not" in name else (name, False)


def substituted(text: str, context: Context, escape: bool = True) -> str | None:
    """The text with policy variables replaced (IAM User Guide, "IAM policy elements: Variables and tags"); None where
    the request lacks a key without a default. `${*}`, `${?}` and `${$}` are the characters themselves, which patterns
    carry as private code points."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = match[1].partition(",")
        if name in ("*", "?", "$"):
            return _LITERALS.get(name, name) if escape else name
        found = _present(context.get(name.strip().lower()))
        if len(found) == 1:
            return found[0]
        if default.strip():
            return default.strip().strip("'")
        missing = True
        return ""

    replaced = _VARIABLE.sub(value, text)
    return None if missing else replaced


_LITERALS = {"*": "\ue000", "?": "\ue001"}


@cache
def pattern(text: str, ignore_case: bool = False) -> re.Pattern[str]:
    """A pattern in which `*` is any text and `?` any character, as an expression."""
    parts = {"*": ".*", "?": ".", **{mark: re.escape(sign) for sign, mark in _LITERALS.items()}}
    expression = "".join(parts.get(each, re.escape(each)) for each in text)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def matches(value: str, text: str, ignore_case: bool = False) -> bool:
    """Whether a value matches a pattern with `*` and `?`."""
    return pattern(text, ignore_case).fullmatch(value) is not None


def _arn(value: str, text: str) -> bool:
    """Each of the six parts of an ARN is compared by itself."""
    parts, wanted = value.split(":", 5), text.split(":", 5)
    if text == "*":
        return True
    return len(parts) == len(wanted) == 6 and all(map(matches, parts, wanted))


def _address(value: str, text: str) -> bool:
    try:
        return ip_address(value) in ip_network(text, strict=False)
    except ValueError:
        return False


def _literal(text: str) -> str:
    for sign, mark in _LITERALS.items():
        text = text.replace(mark, sign)
    return text


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def numeric(value: str, text: str) -> bool:
        try:
            return compare(float(value), float(text))
        except ValueError:
            return False

    return numeric


def _times(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def seconds(text: str) -> float:
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return float(text)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

    def timed(value: str, text: str) -> bool:
        try:
            return compare(seconds(value), seconds(text))
        except ValueError:
            return False

    return timed


def _ordered(kind: str, make: Callable[[Callable[[float, float], bool]], Callable[[str, str], bool]]) -> dict[str, Any]:
    return {
        f"{kind}Equals": make(lambda a, b: a == b),
        f"{kind}LessThan": make(lambda a, b: a < b),
        f"{kind}LessThanEquals": make(lambda a, b: a <= b),
        f"{kind}GreaterThan": make(lambda a, b: a > b),
        f"{kind}GreaterThanEquals": make(lambda a, b: a >= b),
    }


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, text: value == _literal(text),
    "StringEqualsIgnoreCase": lambda value, text: value.lower() == _literal(text).lower(),
    "StringLike": matches,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda value, text: value.lower() == text.lower(),
    "BinaryEquals": lambda value, text: value == text,
    "IpAddress": _address,
    **_ordered("Numeric", _numbers),
    **_ordered("Date", _times),
}
