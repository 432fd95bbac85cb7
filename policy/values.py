"""Property values as the engine gives them: unknowns, secrets, and references to other resources."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

# What the engine sends in place of a value that only the cloud can give (pulumi/sdk, resource/plugin/rpc.go).
UNKNOWN_SENTINELS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The signatures under which the engine sends a secret (pulumi/sdk, resource/properties: SigKey, SecretSig), and the
# text that stands for a secret in a file.
SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
MASK = "[secret]"

STACK_REFERENCE = "pulumi:pulumi:StackReference"

_REFERENCE = re.compile(r"\$\{(?P<type>[\w-]+:[\w./-]+:\w+)::(?P<name>[^#}]+)#(?P<path>[^}]+)\}")


class NotEvaluatedError(Exception):
    """A rule looked at something that is not known; `property` names it and `reason` says why it is not known."""

    def __init__(self, property_: str, reason: str) -> None:
        super().__init__(f"{property_}: {reason}")
        self.property = property_
        self.reason = reason


class Unknown:
    """A value that is not known yet. Whatever a rule does with it raises `NotEvaluatedError`."""

    __slots__ = ("_path", "_reason")

    def __init__(self, path: str, reason: str = "is known only after the update") -> None:
        self._path = path
        self._reason = reason

    def refuse(self, *_: Any) -> NoReturn:
        """Raises `NotEvaluatedError` with the path of this value."""
        raise NotEvaluatedError(self._path, self._reason)

    def __repr__(self) -> str:
        return f"Unknown({self._path!r})"

    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = refuse
    __str__ = __iter__ = __len__ = __contains__ = __getitem__ = refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __int__ = __float__ = refuse
    get = items = keys = values = startswith = endswith = lower = upper = split = refuse


@dataclass(frozen=True, slots=True)
class Reference:
    """An output of another resource, as a blueprint writes it: `${<type>::<name>#<path>}`."""

    type: str
    name: str
    path: str

    @property
    def elsewhere(self) -> bool:
        """Whether another stack gives the value."""
        return self.type == STACK_REFERENCE


def parsed(value: Any, path: str = "") -> Any:
    """The value with unknowns as `Unknown` and secrets opened; a masked or encrypted secret is an `Unknown` too.

    A resource that stands as a value becomes the reference to its id.
    """
    if isinstance(value, str):
        return Unknown(path) if value in UNKNOWN_SENTINELS else value
    if isinstance(value, Mapping):
        if SIGNATURE_KEY in value:
            return _signed(value, path)
        return {key: parsed(item, f"{path}.{key}" if path else str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [parsed(item, f"{path}[{index}]") for index, item in enumerate(value)]
    return value


def _signed(value: Mapping[str, Any], path: str) -> Any:
    """A value that the engine marks by a signature (pulumi/sdk, resource/properties.go)."""
    signature = value[SIGNATURE_KEY]
    if signature == SECRET_SIGNATURE:
        if "plaintext" in value:
            return parsed(_json_text(value["plaintext"]), path)
        inner = value.get("value", MASK)
        return Unknown(path, "is secret") if inner == MASK else parsed(inner, path)
    if signature == OUTPUT_SIGNATURE:
        return parsed(value["value"], path) if "value" in value else Unknown(path)
    if signature == RESOURCE_SIGNATURE:
        type_, _, name = str(value.get("urn", "")).rpartition("::")
        type_ = type_.rpartition("::")[2].rpartition("$")[2]
        return f"${{{type_}::{name}#id}}" if type_ and name else Unknown(path)
    return {key: parsed(item, f"{path}.{key}") for key, item in value.items() if key != SIGNATURE_KEY}


def _json_text(value: Any) -> Any:
    """What `pulumi stack export --show-secrets` writes in the place of a secret: its JSON as text."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def single(value: Any) -> Any:
    """The block in a list of one, since pulumi flattens some of these lists and not others; else the value itself."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def references_in(value: Any) -> Iterator[Reference]:
    """Every reference in a value, however deep, in the order in which they stand; unknown parts are passed over."""
    if isinstance(value, str):
        if "${" in value:
            for match in _REFERENCE.finditer(value):
                yield Reference(**match.groupdict())
    elif isinstance(value, dict):
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def with_references(text: str, meant: Callable[[str], str]) -> str:
    """A text with what `meant` says of each reference in its place; `meant` gets the reference as it is written."""
    return _REFERENCE.sub(lambda match: meant(match[0]), text)


def unknown_in(value: Any) -> Unknown | None:
    """The first unknown in a value, however deep."""
    if isinstance(value, Unknown):
        return value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in items if (found := unknown_in(item)) is not None), None)


def has_reference(value: Any) -> bool:
    """Whether a text holds a reference, so that its whole content is not known before the update."""
    return isinstance(value, str) and "${" in value and _REFERENCE.search(value) is not None
