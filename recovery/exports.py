"""The recovery stack's exports: read from a file in any encoding, and taken apart key by key.

Every error is a ConfigurationError on one line: `KEY = VALUE: what is wrong; what to do`.
"""

from __future__ import annotations

import json
import math
import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recovery.errors import ConfigurationError
from recovery.redaction import redacted_value

COMMAND = "pulumi stack output --json --show-secrets --stack dr"
"""Writes the exports; `dr` is the recovery stack."""
WRITE_IT = f"write it with `{COMMAND} > FILE`, in PowerShell `{COMMAND} | Out-File -Encoding utf8 FILE`"
MOST_BYTES = 10_000_000
"""Size of a file of exports at most; the recovery stack's are some 20 kB."""
_HIDDEN = "[secret]"
"""What Pulumi prints in the place of a secret without `--show-secrets`."""
_WAY_OUT = "bring the recovery stack up with this version of the program, or correct the file"
_LONGEST_TEXT = 2048
# The largest double has 309 digits; a whole number that is longer is as far out of bounds as infinity.
_MOST_DIGITS = 310
_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16 with a byte order mark",
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "utf-32": "UTF-32 with a byte order mark",
    "utf-32-le": "UTF-32 (little-endian)",
    "utf-32-be": "UTF-32 (big-endian)",
}
_TEXT = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}")
_ENDPOINT = re.compile(r"https://[^\s@?#]+|http://127\.0\.0\.1(?::[0-9]{1,5})?(?:/[^\s@?#]*)?")


def of_file(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file of exports. Raises ConfigurationError.

    PowerShell 5.1 writes UTF-16 with a byte order mark by `>` and UTF-8 with one by `Out-File -Encoding utf8`
    (Microsoft Learn, "about_Character_Encoding"); editors write UTF-16 without one as well.
    """
    try:
        return _parsed(_decoded(_content(path)))
    except _FileError as error:
        raise ConfigurationError(f"{_printable(str(path))}: {error}") from error


def shown(value: Any) -> str:
    """The value on one line of at most some 60 characters, with the secrets of URLs hidden; of a list or object its
    size alone, because of what it may hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return f"an object of {len(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        value = redacted_value(value)
    try:
        return _REPR.repr(value)
    except ValueError:
        # Python does not print a whole number of more than 4,300 digits.
        return "a number of thousands of digits"


_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 60


@dataclass(frozen=True)
class Whole:
    """A whole number: its key, its unit, and its bounds, which are included."""

    key: str
    unit: str
    least: int
    most: int


class Reader:
    """Typed access to a JSON object that knows its own name. Each method raises ConfigurationError."""

    def __init__(self, values: Any, name: str) -> None:
        _refuse_hidden(values, name)
        if not isinstance(values, Mapping):
            raise ConfigurationError(f"{name} = {shown(values)}: is no JSON object; {_WAY_OUT}")
        self.values: Mapping[str, Any] = values
        self._name = name

    def has(self, key: str) -> bool:
        return self.values.get(key) is not None

    def part(self, key: str) -> Reader:
        return Reader(self._value(key), f"{self._name}.{key}")

    def parts(self, key: str) -> list[Reader]:
        """A list of JSON objects."""
        values = self._value(key)
        if not isinstance(values, list):
            raise self.wrong(key, "is no list")
        return [Reader(value, f"{self._name}.{key}[{index}]") for index, value in enumerate(values)]

    def words(self, key: str) -> str:
        """Printable text for people."""
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "is no text")
        if not value.isprintable() or len(value) > _LONGEST_TEXT:
            raise self.wrong(key, f"is not printable text of at most {_LONGEST_TEXT} characters")
        return value

    def text(self, key: str) -> str:
        """A name of AWS or of a claim: printable ASCII without space at its ends."""
        value = self.words(key)
        if not _TEXT.fullmatch(value):
            raise self.wrong(key, "is not printable ASCII without space at its ends")
        return value

    def texts(self, key: str) -> list[str]:
        """A list of one or more printable texts."""
        values = self._value(key)
        if not isinstance(values, list) or not values:
            raise self.wrong(key, "is no list of texts")
        found = Reader({str(index): value for index, value in enumerate(values)}, f"{self._name}.{key}")
        return [found.words(str(index)) for index in range(len(values))]

    def region(self, key: str) -> str:
        value = self.text(key)
        if not is_region(value):
            raise self.wrong(key, "is not the name of a region such as us-west-2")
        return value

    def endpoint(self, key: str) -> str:
        """An address by https without user information; http on this machine alone."""
        value = self.text(key)
        if not _ENDPOINT.fullmatch(value):
            raise self.wrong(key, "is not an address such as https://host/path")
        return value

    def whole(self, number: Whole) -> int:
        value = self._value(number.key)
        # Exports pass through JSON writers that know only floating-point numbers.
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(_double(value)):
            raise self.wrong(number.key, "is no whole number", _range(number))
        if value != int(value):
            raise self.wrong(number.key, "is no whole number", _range(number))
        if not number.least <= value <= number.most:
            raise self.wrong(number.key, "is out of bounds", _range(number))
        return int(value)

    def seconds(self, key: str, most: float) -> float:
        """A finite number of seconds from 0 to `most`."""
        value = self._value(key)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= most:
            raise self.wrong(key, f"is not a number of seconds from 0 to {most:g}")
        return float(value)

    def wrong(self, key: str, what: str, way_out: str = _WAY_OUT) -> ConfigurationError:
        return ConfigurationError(f"{self._name}.{key} = {shown(self.values.get(key))}: {what}; {way_out}")

    def _value(self, key: str) -> Any:
        if key not in self.values:
            raise ConfigurationError(f"{self._name}.{key}: is missing among the exports; {_WAY_OUT}")
        _refuse_hidden(self.values[key], f"{self._name}.{key}")
        return self.values[key]


def is_region(text: str) -> bool:
    """Whether the text has the form of a region's name."""
    return _REGION.fullmatch(text) is not None


def _double(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _range(number: Whole) -> str:
    return f"give {number.least} to {number.most} ({number.unit}); {_WAY_OUT}"


def _refuse_hidden(value: Any, name: str) -> None:
    if value == _HIDDEN:
        raise ConfigurationError(
            f"{name} = {_HIDDEN!r}: is a secret that is hidden; write it with --show-secrets: `{COMMAND} > FILE`"
        )


class _FileError(Exception):
    """What is wrong with a file, and what to do."""


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "is no path"
        raise _FileError(f"cannot be read ({why}); name a file of exports, or {WRITE_IT}") from error
    if len(content) > MOST_BYTES:
        raise _FileError(f"is larger than {MOST_BYTES // 1_000_000} MB; name a file of exports, or {WRITE_IT}")
    return content


def _decoded(content: bytes) -> str:
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        seen = f"looks like {_ENCODINGS.get(encoding, encoding)} and is not: byte {error.start} cannot be decoded"
        if encoding == "utf-8":
            seen = f"is no UTF-8 (perhaps Windows-1252): byte {error.start} is 0x{content[error.start]:02X}"
        raise _FileError(f"{seen}; {WRITE_IT}") from error


def _parsed(text: str) -> Mapping[str, Any]:
    if not text.strip():
        raise _FileError(f"is empty; {WRITE_IT}")
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_int=_whole)
    except RecursionError as error:
        raise _FileError(f"is nested too deeply; {WRITE_IT}") from error
    except ValueError as error:
        raise _FileError(f"is no JSON ({error}); {WRITE_IT}") from error
    if found == _HIDDEN:
        raise _FileError(f"is {_HIDDEN!r}, a secret that is hidden; write it with --show-secrets: {WRITE_IT}")
    if not isinstance(found, Mapping):
        raise _FileError(f"is no JSON object but {_kind(found)}; {WRITE_IT}")
    _refuse_infinite(found)
    return found


def _kind(value: Any) -> str:
    kinds = {"NoneType": "null", "list": "a list", "str": "text", "bool": "true or false"}
    return kinds.get(type(value).__name__, "a number")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise _FileError(f"has the key {shown(twice)} twice; {WRITE_IT}")
    return found


def _whole(text: str) -> int | float:
    return int(text) if len(text) <= _MOST_DIGITS else math.copysign(math.inf, -1 if text[0] == "-" else 1)


def _refuse_infinite(document: Any) -> None:
    """JSON knows no NaN and no Infinity (RFC 8259, section 6); 1e999 is one for whoever reads it as a double."""
    left: list[tuple[str, Any]] = [("", document)]
    while left:
        name, value = left.pop()
        if isinstance(value, Mapping):
            left += [(f"{name}.{key}" if name else key, one) for key, one in value.items() if _may_hold_numbers(one)]
        elif isinstance(value, list):
            left += [(f"{name}[{index}]", one) for index, one in enumerate(value) if _may_hold_numbers(one)]
        elif not math.isfinite(value):
            raise _FileError(f"{_printable(name)} = {shown(value)}: is no finite number; {WRITE_IT}")


def _may_hold_numbers(value: Any) -> bool:
    return isinstance(value, float | Mapping | list)


def _printable(text: str) -> str:
    text = redacted_value(text)
    return text if text.isprintable() else repr(text)
