"""Paths into properties, such as `scalingConfig.desiredSize`, applied to the provider's state."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.lowering.schema import Block
from rehearsal.plugins.property_paths import Step, steps


def keep(block: Block, paths: Iterable[str], prior: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Return a value with the prior value at each path. A path without an index selects the first element of a list."""
    kept = copy.deepcopy(value)
    for path in paths:
        _keep(block, steps(path), prior, kept)
    return kept


def _keep(block: Block, path: list[Step], prior: Any, value: Any) -> None:
    head, *rest = path
    name = block.sdk_names.get(str(head))
    if name is None:
        return
    if not rest or name in block.attributes:
        value[name] = copy.deepcopy(prior.get(name))
        return
    before, now = prior.get(name), value.get(name)
    if isinstance(now, list):
        index = rest[0] if isinstance(rest[0], int) else 0
        rest = rest[1:] if isinstance(rest[0], int) else rest
        if not isinstance(before, list) or index >= min(len(before), len(now)):
            return
        before, now = before[index], now[index]
    if isinstance(before, Mapping) and isinstance(now, dict):
        if rest:
            _keep(block.nested(name), rest, before, now)
        else:
            now.update(copy.deepcopy(dict(before)))
