"""One call of AWS."""

from __future__ import annotations

from dataclasses import dataclass

from tests.permissions.evaluation import Request


@dataclass(frozen=True)
class Call:
    """`region` is where the call goes. `through` is the service that makes the call on the caller's behalf; empty
    where the caller makes it. `named` is False where a permission with a wildcard covers the action."""

    request: Request
    region: str
    through: str = ""
    named: bool = True

    def __str__(self) -> str:
        return self.request.action + (f" through {self.through}" if self.through else "")
