"""YAML as the engine reads it: a document with the type that each scalar gets, and the text that was written.

The engine decodes stack files with gopkg.in/yaml.v3 (its `resolve.go` and `decode.go`): the words of YAML 1.2 for
booleans, the number forms of Go's `strconv.ParseInt` with base 0, timestamps, merge keys, no sexagesimal numbers.
PyYAML decodes YAML 1.1, in which `yes` is a boolean and `16:00` is 960. It only scans and composes here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import yaml

# More nodes than any stack file has. It bounds what nested aliases expand to, which yaml.v3 bounds, too.
MOST_NODES = 100_000

_NULL = ("", "~", "null", "Null", "NULL")
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
_INFINITY = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = (".nan", ".NaN", ".NAN")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# Go's time.Parse with the four layouts of `allowedTimestampFormats`.
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?:[Tt](?=.*(?:Z|[-+][0-9]{2}:[0-9]{2})$)| (?!.*[-+Z]))"
    r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})?)?"
)
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_INT64, _UINT64 = range(-(2**63), 2**63), range(2**64)
# encoding/json of Go writes an exponent outside of these bounds.
_PLAIN_FLOATS = (1e-6, 1e21)
_PLAIN_TAG, _TEXT_TAG = "plain", "tag:yaml.org,2002:str"
_COLLECTION_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class EngineYamlError(ValueError):
    """The engine would not read the document, or not as it is written; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}")


class Timestamp(str):
    """Text that the engine takes for a point in time, and writes otherwise."""

    __slots__ = ()


@dataclass(frozen=True)
class Scalar:
    """One scalar: the text in the file, the value that the engine decodes, and its line."""

    written: str
    value: bool | int | float | str | None
    line: int

    @property
    def text(self) -> str:
        """The value as the engine hands it to a program."""
        if self.value is None:
            return ""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, float):
            return float_text(self.value)
        return str(self.value)

    @property
    def is_kept(self) -> bool:
        """Whether the program receives the text as it is written; a blank value is kept blank."""
        if isinstance(self.value, Timestamp):
            return False
        return self.value is None or self.text == self.written


Tree = Scalar | list[Any] | dict[str, Any]
"""A scalar, or lists and mappings of trees."""


def document(data: bytes) -> Tree | None:
    """The only document of a file; None for an empty one. Raises `EngineYamlError`."""
    try:
        return _document(data)
    except yaml.reader.ReaderError as error:
        raise EngineYamlError(1, f"holds bytes that are no text ({error.reason}); save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        way_out = "write spaces in the place of the tab" if r"'\t'" in str(error.problem) else "correct it"
        raise EngineYamlError((mark.line if mark else 0) + 1, f"is no YAML ({_said(error)}); {way_out}") from error
    except (
        yaml.YAMLError,
        UnicodeDecodeError,
        ValueError,
        OverflowError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        if isinstance(error, EngineYamlError):
            raise
        # The scanner of PyYAML fails in these ways at some malformed escapes and directives.
        raise EngineYamlError(1, f"is no YAML ({' '.join(str(error).split())}); correct it") from error
    except RecursionError:
        raise EngineYamlError(1, "is nested too deeply to be a stack file; write it flat") from None


def resolved(written: str) -> bool | int | float | str | None:
    """The value of a plain scalar (`resolve.go` of yaml.v3)."""
    if written in _NULL:
        return None
    if written in _TRUE or written in _FALSE:
        return written in _TRUE
    if _INFINITY.fullmatch(written):
        return -math.inf if written.startswith("-") else math.inf
    if written in _NAN:
        return math.nan
    if written[0] == ".":
        return _float(written)
    if written[0] in "+-0123456789":
        return _number_or_time(written)
    return written


def float_text(value: float) -> str:
    """A float as Go's encoding/json writes it: the shortest digits, without an exponent from 1e-6 to 1e21."""
    if math.isnan(value) or math.isinf(value):
        return str(value)
    if value == 0:
        return "0"
    smallest, largest = _PLAIN_FLOATS
    if smallest <= abs(value) < largest:
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits, _, exponent = repr(value).partition("e")
    return f"{digits.removesuffix('.0')}e{'-' if exponent.startswith('-') else '+'}{exponent.lstrip('+-').lstrip('0')}"


def _said(error: yaml.MarkedYAMLError) -> str:
    return " ".join(" ".join(filter(None, (error.context, error.problem))).split())


def _document(data: bytes) -> Tree | None:
    loader = _Loader(data)
    try:
        if not loader.check_node():
            return None
        node: Any = loader.get_node()
        if loader.check_node():
            second: Any = loader.get_node()
            raise EngineYamlError(
                second.start_mark.line + 1, "begins a second document, which the engine leaves out; write one document"
            )
    finally:
        loader.dispose()
    tree = _Converter().tree(node)
    return None if isinstance(tree, Scalar) and tree.value is None else tree


class _Loader(yaml.SafeLoader):
    """Composes nodes. It leaves a plain scalar without a tag to `resolved`, and tells it from a quoted one."""

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return _PLAIN_TAG if implicit[0] else _TEXT_TAG
        return super().resolve(kind, value, implicit)


class _Converter:
    """Nodes to trees, with the limits that yaml.v3 has."""

    def __init__(self) -> None:
        self._count = 0
        self._open: set[int] = set()

    def tree(self, node: yaml.Node) -> Tree:
        line = node.start_mark.line + 1
        self._count += 1
        if self._count > MOST_NODES:
            raise EngineYamlError(line, f"expands to more than {MOST_NODES} values by its aliases; write them out")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if node.tag not in _COLLECTION_TAGS:
            raise EngineYamlError(line, f"has the tag {_tag(node.tag)}; leave it out")
        if id(node) in self._open:
            raise EngineYamlError(line, "contains itself by an alias; write the value out")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.tree(item) for item in node.value]
            return self._mapping(node)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: Any) -> dict[str, Tree]:
        own: dict[str, Tree] = {}
        merged: dict[str, Tree] = {}
        for key, value in node.value:
            if _is_merge(key):
                for name, item in self._merged(value):
                    merged.setdefault(name, item)
                continue
            name = _key(key)
            if name in own:
                raise EngineYamlError(key.start_mark.line + 1, f"has the key {name!r} for the second time; remove one")
            own[name] = self.tree(value)
        return {**merged, **own}

    def _merged(self, node: Any) -> Iterator[tuple[str, Tree]]:
        """Entries of a merge key's mapping or mappings; the first mapping wins."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            tree = self.tree(source) if isinstance(source, yaml.MappingNode) else None
            if not isinstance(tree, dict):
                raise EngineYamlError(node.start_mark.line + 1, "merges what is no mapping; name one by its anchor")
            yield from tree.items()


def _is_merge(key: Any) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == "<<" and key.tag == _PLAIN_TAG


def _key(node: Any) -> str:
    line = node.start_mark.line + 1
    found = _scalar(node) if isinstance(node, yaml.ScalarNode) else None
    if found is None or not isinstance(found.value, str) or isinstance(found.value, Timestamp):
        shown = node.value if isinstance(node, yaml.ScalarNode) else "a list or mapping"
        raise EngineYamlError(line, f"has the key {shown}, which is not text; write it in quotes")
    return found.value


def _scalar(node: yaml.ScalarNode) -> Scalar:
    line = node.start_mark.line + 1
    if any("\ud800" <= character <= "\udfff" for character in node.value):
        raise EngineYamlError(line, "holds half of a surrogate pair, which is not a character; remove the escape")
    if node.tag == _PLAIN_TAG:
        return Scalar(node.value, resolved(node.value), line)
    if node.tag == _TEXT_TAG:
        return Scalar(node.value, node.value, line)
    raise EngineYamlError(line, f"has the tag {_tag(node.tag)}; leave it out")


def _tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _number_or_time(written: str) -> int | float | str:
    if _is_timestamp(written):
        return Timestamp(written)
    plain = written.replace("_", "")
    whole = _int(plain)
    if whole is not None:
        return whole
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        if not math.isinf(number):
            return number
    return written


def _float(written: str) -> float | str:
    if not _FLOAT.fullmatch(written):
        return written
    number = float(written)
    return written if math.isinf(number) else number


def _int(plain: str) -> int | None:
    """Go's ParseInt and then ParseUint with base 0, which takes `010` for octal."""
    negative, signed = plain.startswith("-"), plain[:1] in ("+", "-")
    digits = plain[1:] if signed else plain
    base = _BASES.get(digits[:2].lower(), 10)
    body = digits[2:] if base != 10 else digits
    if base == 10 and len(digits) > 1 and digits.startswith("0"):
        base = 8
    if not re.fullmatch(r"[0-9a-fA-F]+", body):
        return None
    try:
        number = int(body, base)
    except ValueError:
        return None
    number = -number if negative else number
    return number if number in _INT64 or (not signed and number in _UINT64) else None


def _is_timestamp(written: str) -> bool:
    match = _TIMESTAMP.fullmatch(written)
    if match is None:
        return False
    year, month, day = (int(part) for part in match.group(1, 2, 3))
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    try:
        # Go has a year 0, which is a leap year.
        datetime(year or 2000, month, day, hour, minute, second)
    except ValueError:
        return False
    return True
