"""Values against the shapes of a botocore service model: what breaks a shape, and what of a value fits it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

_SCALARS: dict[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str),
    "character": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "long": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "float": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "double": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "timestamp": lambda v: isinstance(v, datetime),
    "blob": lambda v: isinstance(v, bytes | str),
}


def violations(shape: Any, value: Any, path: str = "", *, closed: bool = False) -> Iterator[str]:
    """Yield one sentence for each way in which `value` breaks `shape`.

    Checked: required members, types, enums, minimum and maximum of length and number. Patterns are not: the models
    write them in Java's dialect. `closed` is for answers: a member that the shape does not have is a violation too,
    and ranges are not looked at, for AWS's own answers leave them: empty lists, the priority of X-Ray's default rule.
    """
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, path, closed)
    elif kind == "list":
        yield from _list(shape, value, path, closed)
    elif kind == "map":
        yield from _map(shape, value, path, closed)
    elif not _SCALARS[kind](value):
        yield f"Value {value!r} at '{path}' failed to satisfy constraint: Member must be of type {kind}"
    else:
        yield from _enum(shape, value, path)
        yield from _range(shape, value, path, closed)


def _structure(shape: Any, value: Any, path: str, closed: bool) -> Iterator[str]:
    if shape.is_document_type:
        return
    if not isinstance(value, Mapping):
        yield f"Value {value!r} at '{path}' failed to satisfy constraint: Member must be a structure"
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in value.items():
        if name in shape.members:
            if member is not None:
                yield from violations(shape.members[name], member, _join(path, name), closed=closed)
        elif closed:
            yield f"{shape.name} has no member '{_join(path, name)}'"


def _list(shape: Any, value: Any, path: str, closed: bool) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield f"Value {value!r} at '{path}' failed to satisfy constraint: Member must be a list"
        return
    if not closed:
        yield from _length(shape, len(value), path)
    for index, item in enumerate(value, start=1):
        yield from violations(shape.member, item, f"{path}.{index}.member", closed=closed)


def _map(shape: Any, value: Any, path: str, closed: bool) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"Value {value!r} at '{path}' failed to satisfy constraint: Member must be a map"
        return
    if not closed:
        yield from _length(shape, len(value), path)
    for key, item in value.items():
        yield from violations(shape.key, key, path, closed=closed)
        if item is not None:
            yield from violations(shape.value, item, _join(path, str(key)), closed=closed)


def _enum(shape: Any, value: Any, path: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield (
            f"Value '{value}' at '{path}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        )


def _range(shape: Any, value: Any, path: str, closed: bool) -> Iterator[str]:
    if shape.type_name in ("string", "blob"):
        if not closed:
            yield from _length(shape, len(value), path)
    elif shape.type_name in ("integer", "long", "float", "double") and not closed:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            yield (
                f"Value '{value}' at '{path}' failed to satisfy constraint: "
                f"Member must have value greater than or equal to {low}"
            )
        if high is not None and value > high:
            yield (
                f"Value '{value}' at '{path}' failed to satisfy constraint: "
                f"Member must have value less than or equal to {high}"
            )


def _length(shape: Any, length: int, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low:
        yield (
            f"Value at '{path}' failed to satisfy constraint: Member must have length greater than or equal to {low}"
        )
    if high is not None and length > high:
        yield (f"Value at '{path}' failed to satisfy constraint: Member must have length less than or equal to {high}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def project(shape: Any, value: Any) -> Any:
    """The part of `value` that `shape` has members for; absent and null members stay absent."""
    if value is None:
        return None
    if shape.type_name == "structure" and not shape.is_document_type and isinstance(value, Mapping):
        return {
            name: project(member, value[name]) for name, member in shape.members.items() if value.get(name) is not None
        }
    if shape.type_name == "list" and isinstance(value, list | tuple):
        return [project(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: project(shape.value, item) for key, item in value.items()}
    return value
