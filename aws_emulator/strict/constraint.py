"""A documented rule of AWS that no service model holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_emulator.store import Call

Broken = Callable[[Call], str | None]
"""Why AWS refuses a request, as a sentence; None when it does not."""


@dataclass(frozen=True)
class Constraint:
    """`operations` of `service` are refused with `code` where `broken` gives a reason; `source` is AWS's page."""

    name: str
    service: str
    operations: tuple[str, ...]
    code: str
    source: str
    broken: Broken

    def as_json(self) -> dict[str, Any]:
        """The form in the rehearsal's report."""
        return {
            "name": self.name,
            "service": self.service,
            "operations": list(self.operations),
            "code": self.code,
            "source": self.source,
        }
