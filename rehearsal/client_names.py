"""Names that clients of a rehearsal put into their user agent. The engine gives none."""

from __future__ import annotations

from aws_emulator.outage import INSIDE_APP_ID

_PREFIX = "trading-"
CALLERS = f"{_PREFIX}callers"
RUNBOOK = f"{_PREFIX}runbook"


def is_engine(name: str) -> bool:
    """Whether the client with this name is the engine or its provider."""
    return not name.startswith((_PREFIX, INSIDE_APP_ID))
