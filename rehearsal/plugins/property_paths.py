"""Paths into properties, such as `identities[0].oidcs[0].issuer`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.plugins.wire import Unknown

_STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]|\[\"([^\"]+)\"\]")

Step = str | int


def steps(path: str) -> list[Step]:
    """Return the steps of a path in the SDK's notation."""
    return [int(number) if number else name or quoted for name, number, quoted in _STEP.findall(path)]


def at(value: Any, path: Iterable[Step]) -> Any:
    """Return the value at a path; None if there is none."""
    for step in path:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Mapping):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
