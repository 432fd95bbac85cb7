"""Provider data that a resource's outputs do not contain: exact state, private bytes, schema version.

Outputs alone do not distinguish an empty collection from null. The data is one secret output, so that the engine
encrypts it and no command shows it.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.plugins.aws.values import packed, unpacked
from rehearsal.plugins.wire import Secret

SAVED_STATE = "__terraform"


@dataclass(frozen=True)
class SavedState:
    """A resource's state in the provider's form, its private bytes, and its schema version."""

    state: Mapping[str, Any]
    private: bytes
    version: int

    def output(self) -> Secret:
        """Return the secret output with this data."""
        content = packed({"state": self.state, "private": self.private, "version": self.version})
        return Secret(base64.b64encode(zlib.compress(content)).decode())

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> SavedState | None:
        """Return the data in a resource's outputs, or None if this plugin did not create the resource."""
        text = outputs.get(SAVED_STATE)
        if isinstance(text, Secret):
            text = text.value
        return cls(**unpacked(zlib.decompress(base64.b64decode(text)))) if text else None
