"""Translate resource options into Terraform meta-arguments.

The translation ignores `protect`, because a rehearsal destroys its resources at the end. The engine implements
`retainOnDelete` (`rehearsal.engines.terraform.retained_resources`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprint import Blueprint, Resource
from rehearsal.lowering.naming import resource_name
from rehearsal.lowering.schema import Block


def lifecycle(resource: Resource, block: Block) -> dict[str, Any]:
    """Return the meta-argument for ignored changes. A path counts as its first property, because the provider compares
    these."""
    ignored = []
    for path in resource.options.get("ignoreChanges", []):
        head = path.split(".")[0].split("[")[0]
        if head in block.sdk_names:
            ignored.append(block.sdk_names[head])
    return {"ignore_changes": sorted(set(ignored))} if ignored else {}


def timeouts(resource: Resource, block: Block) -> dict[str, str]:
    """Return custom timeouts, if the type has them."""
    known = block.blocks.get("timeouts", {}).get("block", {}).get("attributes", {})
    return {action: limit for action, limit in resource.options.get("customTimeouts", {}).items() if action in known}


def moved(blueprint: Blueprint, addresses: Mapping[str, str]) -> list[dict[str, str]]:
    """Return moved blocks for aliases, so that a renamed resource is not created again."""
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
