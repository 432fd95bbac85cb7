"""What the provider needs to have kept of a resource beside its outputs: exact state, private bytes, schema version.

Outputs alone do not tell an empty collection from none. It travels as one secret output, so that the engine encrypts
it and nothing shows it.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.plugins.aws.values import packed, unpacked
from rehearsal.plugins.wire import Secret

KEPT = "__terraform"


@dataclass(frozen=True)
class Kept:
    """A resource's state as the provider answered it, its private bytes, and the version of its schema."""

    state: Mapping[str, Any]
    private: bytes
    version: int

    def output(self) -> Secret:
        """The form in which outputs carry it."""
        content = packed({"state": self.state, "private": self.private, "version": self.version})
        return Secret(base64.b64encode(zlib.compress(content)).decode())

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> Kept | None:
        """What outputs carry; None where a resource was not made by this plugin."""
        text = outputs.get(KEPT)
        if isinstance(text, Secret):
            text = text.value
        return cls(**unpacked(zlib.decompress(base64.b64decode(text)))) if text else None
