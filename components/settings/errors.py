"""How a bad setting is told to the person who wrote it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pulumi

from recovery.redaction import HIDDEN, is_secret, redacted_data, redacted_message, redacted_value


class SettingsError(pulumi.RunError):
    """One or more settings are wrong; the message names each key, its value and the way out.

    A `RunError`, so that the engine prints the message alone, without a traceback. No message leaves with a secret of a
    URL or of `USER:PASSWORD@` in it, whoever wrote the message.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(redacted_message(problem) for problem in problems)
        super().__init__("\n".join(self.problems))


# What pydantic finds by itself, said with what to do. Its words stay where they say it all.
_WAYS_OUT: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda bound: f"must be greater than or equal to {bound['ge']}; write {bound['ge']} or more",
    "less_than_equal": lambda bound: f"must be less than or equal to {bound['le']}; write {bound['le']} or less",
    "too_short": lambda bound: f"must have at least {_items(bound['min_length'])}; add to the list",
    "too_long": lambda bound: f"must have at most {_items(bound['max_length'])}; shorten the list",
    "enum": lambda allowed: f"is not one of the choices; write {allowed['expected']}",
    "ip_v4_address": lambda _: "is not an IPv4 address; write it like 198.51.100.7",
    "string_type": lambda _: "is not text; write it in quotes",
    "string_pattern_mismatch": lambda _: "has not the form that its description in Pulumi.yaml gives; correct it",
}


def _items(count: int) -> str:
    return f"{count} item" if count == 1 else f"{count} items"


def reason(error: Mapping[str, Any]) -> str:
    """What one error of pydantic means for the person who wrote the setting: what is wrong; what to do."""
    said = _WAYS_OUT.get(error["type"])
    if said is not None:
        return said(error.get("ctx", {}))
    return error["msg"].removeprefix("Value error, ")


def printable(text: str) -> str:
    """A text that a person gave, on one line of bounded length and without secrets, whatever it holds."""
    hidden = redacted_value(text)
    shown = hidden if hidden and hidden.isprintable() else str.__repr__(hidden)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."


_LONGEST_SHOWN, _LONGEST_VALUE = 200, 1000


def problem(key: str, value: object, reason: str) -> str:
    """One line: the key as it stands in the stack file, the value as given, and what to do.

    Secrets are hidden in the value and wherever the reason repeats a part of it.
    """
    return redacted_message(f"{key} = {shown(key, value)}: {redacted_message(reason, _texts(value))}")


def shown(key: str, value: object) -> str:
    """The value of that key as a message may show it: bounded, without secrets, and hidden where the key's name is
    that of a secret. A private key that was written in the place of a public one is not repeated into a log."""
    if is_secret(key):
        return repr(HIDDEN)
    text = "[a private key]" if "PRIVATE KEY" in str(value) else repr(redacted_data(value))
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
        if value.lstrip().startswith("["):
            yield from _texts(_items_of(value))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _items_of(text: str) -> object:
    """A list as the engine hands it on, which is JSON text; None for other text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
