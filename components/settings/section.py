"""What every section of settings has in common."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

# More digits are no number that a setting has, and Python refuses to convert very long ones.
_DIGITS = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)

LONGEST_DAYS = 36_500
"""A hundred years: the longest that any setting keeps what has no limit of its own."""

# Values that CloudWatch Logs takes (PutRetentionPolicy); shorter ones do not carry an investigation.
LOG_RETENTION_DAYS = (90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


class Section(BaseModel):
    """Frozen settings that belong together; each field is one flat camelCase key of the stack file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, validate_default=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _has_its_type(cls, value: Any, info: ValidationInfo) -> Any:
        """The engine's types, without pydantic's conversions: text is ASCII on one line, `yes` is not a boolean."""
        declared = cls.model_fields[info.field_name or ""]
        if declared.annotation is bool:
            return _boolean(value)
        if declared.annotation is int:
            return _whole(value)
        if get_origin(declared.annotation) is tuple:
            items = _decoded(value)
            if not isinstance(items, list | tuple):
                raise ValueError("is not a list; write it as a YAML list, or as JSON text")
            return tuple(_item(item, declared) for item in items)
        return _one_line(value) if isinstance(value, str) else _text_only(value)

    @field_validator("*", mode="after")
    @classmethod
    def _names_each_item_once(cls, value: Any, info: ValidationInfo) -> Any:
        declared = cls.model_fields[info.field_name or ""]
        # What has several lines is no name: its own section compares it.
        if isinstance(value, tuple) and SeveralLines() not in declared.metadata:
            canonical = _canonical(declared)
            seen: set[Any] = set()
            for item in value:
                if canonical(item) in seen:
                    shown = repr(item) if isinstance(item, str | int) else repr(str(item))
                    raise ValueError(f"names {shown} twice; remove one, so that all are named once each")
                seen.add(canonical(item))
        return value


@dataclass(frozen=True)
class Canonical:
    """In a field's annotation: how two items of a list are compared. Without it case counts for nothing."""

    form: Callable[[Any], Any]


@dataclass(frozen=True)
class SeveralLines:
    """In a field's annotation: its texts may have line feeds, as a PEM document has."""


@dataclass(frozen=True)
class Host:
    """In a type's annotation: its values name a host that somebody looks up, and `of` reads it from a value; empty
    where a value names none."""

    of: Callable[[str], str]


@dataclass(frozen=True)
class Account:
    """In a type's annotation: its values name an account of AWS beside those of ARNs, and `of` reads it."""

    of: Callable[[str], str]


def matching(pattern: str, reason: str, *, optional: bool = False) -> AfterValidator:
    """Text that a pattern of ASCII characters matches as a whole; `reason` says what is wrong and what to write.

    `optional` also takes empty text. It is the only way to give a setting a pattern: `$` of `re` matches before a line
    feed at the end, and `\\d` matches the digits of every script.
    """
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if not (compiled.fullmatch(value) or (optional and not value)):
            raise ValueError(reason)
        return value

    return AfterValidator(check)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise ValueError("is not a boolean; write true or false")
    return value == "true"


def _whole(value: Any) -> int:
    """A whole number, as JSON or as the text in which the engine hands it on."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        # The engine hands exports of another stack on as floats.
        return int(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    raise ValueError("is not a valid integer; write digits, without a point or a separator")


def _item(item: Any, declared: FieldInfo) -> Any:
    if _items_are(declared, int):
        return _whole(item)
    if not isinstance(item, str):
        return _text_only(item)
    if SeveralLines() in declared.metadata:
        return item
    try:
        return _one_line(item)
    except ValueError as error:
        raise ValueError(f"{item!r} {error}") from error


def _items_are(declared: FieldInfo, kind: type) -> bool:
    """Whether a list is one of that kind, whatever its items' further constraints."""
    (item, *_rest) = declared.annotation.__args__  # type: ignore[union-attr]
    return getattr(item, "__origin__", item) is kind


def _one_line(value: str) -> str:
    """ASCII without control characters or white space around it: AWS has no name that needs more."""
    if value != value.strip():
        raise ValueError("has white space around it; remove it")
    if not value.isascii() or not value.isprintable():
        raise ValueError("has a character that is not printable ASCII; write it in plain characters")
    return value


def _text_only(value: Any) -> Any:
    if isinstance(value, list | dict):
        # Not repeated: any part of it may be a secret.
        raise ValueError(f"{'a list' if isinstance(value, list) else 'a mapping'} is not text; write it in quotes")
    if value is None or isinstance(value, bool | int | float):
        raise ValueError(f"{value!r} is not text; write it in quotes")
    return value


def _canonical(declared: FieldInfo) -> Callable[[Any], Any]:
    for entry in declared.metadata:
        if isinstance(entry, Canonical):
            return entry.form
    return lambda item: item.casefold() if isinstance(item, str) else item


def _decoded(value: Any) -> Any:
    """The engine hands a program arrays and objects as JSON text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"is not a list; write it as a YAML list, or as JSON text ({error.msg})") from error
        except (ValueError, RecursionError) as error:
            raise ValueError("is not a list; write it as a YAML list, or as JSON text") from error
    return value


def _kept_by_logs(days: int) -> int:
    if days not in LOG_RETENTION_DAYS:
        raise ValueError(f"is not a retention of CloudWatch Logs; choose {', '.join(map(str, LOG_RETENTION_DAYS))}")
    return days


Texts = Annotated[tuple[str, ...], BeforeValidator(_decoded)]
LogDays = Annotated[int, AfterValidator(_kept_by_logs)]
Decoded = BeforeValidator(_decoded)
