"""Secret values: marked in memory, masked in every document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# The signatures with which the engine marks a secret (pulumi/sdk, resource/properties: SigKey, SecretSig).
SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"

MASK = "[secret]"


@dataclass(frozen=True)
class Secret:
    """A property value that the program marked as secret."""

    value: Any = field(repr=False)

    def __str__(self) -> str:
        return MASK


def masked(value: Any) -> Any:
    """Return the value for printing: each secret in the engine's form with masked content."""
    if isinstance(value, Secret):
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "value": MASK}
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    return value


def revealed(value: Any) -> Any:
    """Return the value with unmasked secrets, for the engine that applies it; never print it."""
    if isinstance(value, Secret):
        return revealed(value.value)
    if isinstance(value, dict):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [revealed(item) for item in value]
    return value


def holds_secret(value: Any) -> bool:
    """Whether the value is a secret or contains one."""
    if isinstance(value, Secret):
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return any(holds_secret(item) for item in items)
