"""Resource options as the meta-arguments that mean the same.

`protect` has no counterpart here on purpose: a rehearsal takes down what it brought up. `retainOnDelete` is
the engine's to honour, see `rehearsal.engines.terraform.retained_resources`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprint import Blueprint, Resource
from rehearsal.lowering.naming import resource_name
from rehearsal.lowering.schema import Block


def lifecycle(resource: Resource, block: Block) -> dict[str, Any]:
    """What changes are ignored; a path names its first property, the unit in which the provider compares."""
    ignored = []
    for path in resource.options.get("ignoreChanges", []):
        head = path.split(".")[0].split("[")[0]
        if head in block.sdk_names:
            ignored.append(block.sdk_names[head])
    return {"ignore_changes": sorted(set(ignored))} if ignored else {}


def timeouts(resource: Resource, block: Block) -> dict[str, str]:
    """Custom timeouts, where the type has them."""
    known = block.blocks.get("timeouts", {}).get("block", {}).get("attributes", {})
    return {action: limit for action, limit in resource.options.get("customTimeouts", {}).items() if action in known}


def moved(blueprint: Blueprint, addresses: Mapping[str, str]) -> list[dict[str, str]]:
    """Aliases as moves, so that a renamed resource is not made again."""
    moves = []
    for resource in blueprint.resources:
        if resource.urn not in addresses:
            continue
        address = addresses[resource.urn]
        for alias in resource.options.get("aliases", []):
            name = alias.split("::")[-1] if isinstance(alias, str) else alias.get("name", resource.name)
            former = f"{address.split('.')[0]}.{resource_name(name)}"
            if former != address:
                moves.append({"from": former, "to": address})
    return moves
