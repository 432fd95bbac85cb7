"""Values against the input shapes of a botocore model, compiled once for each shape.

The store's own `shapes.violations` walks a shape for each value and knows no patterns; the rehearsal makes tens of
thousands of calls, so here each shape becomes a function that knows what there is to check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_emulator.strict.patterns import NOT_ENFORCED, matcher

Validator = Callable[[Any, str, list[str]], None]
"""Takes a value, its path and the list that violations are added to."""

ENUMS_NOT_ENFORCED: dict[tuple[str, str], str] = {}
"""Enums that botocore keeps shorter than AWS does, by service and shape, with the evidence."""

_LONGEST_SHOWN = 80


class Compiler:
    """Compiles the shapes of one service; recursive shapes refer to themselves by name."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._compiled: dict[str, Validator | None] = {}
        self._under_way: set[str] = set()

    def validator(self, shape: Any) -> Validator | None:
        """The validator of a shape; None when there is nothing to check in it."""
        name = shape.name
        if name in self._under_way:
            return self._later(name)
        if name not in self._compiled:
            self._under_way.add(name)
            make = getattr(self, f"_{shape.type_name}", self._scalar)
            self._compiled[name] = make(shape)
            self._under_way.discard(name)
        return self._compiled[name]

    def _later(self, name: str) -> Validator:
        def validate(value: Any, path: str, found: list[str]) -> None:
            compiled = self._compiled.get(name)
            if compiled is not None:
                compiled(value, path, found)

        return validate

    def _structure(self, shape: Any) -> Validator | None:
        if shape.is_document_type:
            return None
        required = tuple(shape.required_members)
        checked = {name: check for name, member in shape.members.items() if (check := self.validator(member))}
        if not required and not checked:
            return None

        def validate(value: Any, path: str, found: list[str]) -> None:
            if not isinstance(value, Mapping):
                return
            for name in required:
                if value.get(name) is None:
                    found.append(f"Value null at '{_join(path, name)}' failed to satisfy constraint: must not be null")
            for name, item in value.items():
                check = checked.get(name)
                if check is not None and item is not None:
                    check(item, _join(path, name), found)

        return validate

    def _list(self, shape: Any) -> Validator | None:
        each, length = self.validator(shape.member), _length(shape)
        if each is None and length is None:
            return None

        def validate(value: Any, path: str, found: list[str]) -> None:
            if not isinstance(value, list | tuple):
                return
            if length is not None:
                length(len(value), path, found)
            if each is not None:
                for place, item in enumerate(value, start=1):
                    if item is not None:
                        each(item, f"{path}.{place}.member", found)

        return validate

    def _map(self, shape: Any) -> Validator | None:
        key, item, length = self.validator(shape.key), self.validator(shape.value), _length(shape)
        if key is None and item is None and length is None:
            return None

        def validate(value: Any, path: str, found: list[str]) -> None:
            if not isinstance(value, Mapping):
                return
            if length is not None:
                length(len(value), path, found)
            for name, content in value.items():
                if key is not None:
                    key(name, path, found)
                if item is not None and content is not None:
                    item(content, f"{path}.{name}", found)

        return validate

    def _string(self, shape: Any) -> Validator | None:
        metadata, named = shape.metadata, (self._service, shape.name)
        length = _length(shape)
        enum = frozenset(metadata.get("enum", ())) if named not in ENUMS_NOT_ENFORCED else frozenset()
        pattern = str(metadata.get("pattern", "")) if named not in NOT_ENFORCED else ""
        if length is None and not enum and not pattern:
            return None

        def validate(value: Any, path: str, found: list[str]) -> None:
            if not isinstance(value, str):
                return
            if length is not None:
                length(len(value), path, found)
            if enum and value not in enum:
                known = ", ".join(sorted(enum)[:40])
                found.append(f"Value '{_shown(value)}' at '{path}' must satisfy enum value set: [{known}]")
            if pattern:
                # Compiled when the first value comes: a model has hundreds that no request uses.
                matches = matcher(pattern)
                if matches is not None and not matches(value):
                    found.append(
                        f"Value '{_shown(value)}' at '{path}' must satisfy regular expression pattern: {pattern}"
                    )

        return validate

    def _blob(self, shape: Any) -> Validator | None:
        length = _length(shape)
        if length is None:
            return None

        def validate(value: Any, path: str, found: list[str]) -> None:
            if isinstance(value, bytes | str):
                length(len(value), path, found)

        return validate

    def _scalar(self, shape: Any) -> Validator | None:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if shape.type_name not in ("integer", "long", "float", "double") or (low is None and high is None):
            return None

        def validate(value: Any, path: str, found: list[str]) -> None:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return
            if low is not None and value < low:
                found.append(f"Value '{value}' at '{path}' must have value greater than or equal to {low}")
            if high is not None and value > high:
                found.append(f"Value '{value}' at '{path}' must have value less than or equal to {high}")

        return validate


def _length(shape: Any) -> Callable[[int, str, list[str]], None] | None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is None and high is None:
        return None

    def validate(length: int, path: str, found: list[str]) -> None:
        if low is not None and length < low:
            found.append(f"Value at '{path}' must have length greater than or equal to {low}")
        if high is not None and length > high:
            found.append(f"Value at '{path}' must have length less than or equal to {high}, and has {length}")

    return validate


def _shown(value: str) -> str:
    return value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "..."


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
