"""The proposed new state, which Terraform's core computes before it asks the provider for a plan.

Follows https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol and the resource instance change
lifecycle (terraform: docs/resource-instance-change-lifecycle.md). The state has the values of the configuration, and
prior values of computed attributes that the configuration omits. Set elements are matched by content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.lowering.schema import Block
from rehearsal.plugins.wire import Unknown


def proposed_state(block: Block, prior: Mapping[str, Any] | None, configured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the proposed new state. Write-only arguments are null in it."""
    before = prior or {}
    value: dict[str, Any] = {}
    for name, attribute in block.attributes.items():
        given = configured.get(name)
        if attribute.get("write_only"):
            value[name] = None
        elif given is None and attribute.get("computed"):
            value[name] = before.get(name)
        else:
            value[name] = given
    for name, nested in block.blocks.items():
        value[name] = _nested(block.nested(name), nested["nesting_mode"], before.get(name), configured.get(name))
    return value


def _nested(block: Block, mode: str, prior: Any, configured: Any) -> Any:
    if configured is None or isinstance(configured, Unknown):
        return configured
    if mode in ("single", "group"):
        return proposed_state(block, prior if isinstance(prior, Mapping) else None, configured)
    if mode == "map":
        before = prior if isinstance(prior, Mapping) else {}
        return {key: proposed_state(block, before.get(key), item) for key, item in configured.items()}
    items = list(prior) if isinstance(prior, list) else []
    if mode == "list":
        return [
            proposed_state(block, items[index] if index < len(items) else None, item)
            for index, item in enumerate(configured)
        ]
    return [proposed_state(block, _matching(block, items, item), item) for item in configured]


def _matching(block: Block, items: list[Any], configured: Mapping[str, Any]) -> Any:
    """Return the first element that the configuration describes, and remove it, so that each element matches once."""
    for index, item in enumerate(items):
        if _describes(block, item, configured):
            return items.pop(index)
    return None


def _describes(block: Block, prior: Mapping[str, Any], configured: Mapping[str, Any]) -> bool:
    for name, attribute in block.attributes.items():
        given = configured.get(name)
        if given is None and attribute.get("computed"):
            continue
        if given != prior.get(name):
            return False
    return all(
        _describes_nested(block.nested(name), nested["nesting_mode"], prior.get(name), configured.get(name))
        for name, nested in block.blocks.items()
    )


def _describes_nested(block: Block, mode: str, prior: Any, configured: Any) -> bool:
    if isinstance(configured, Unknown):
        return False
    if mode in ("single", "group"):
        return (prior is None) == (configured is None) and (configured is None or _describes(block, prior, configured))
    if mode == "map":
        return set(prior or {}) == set(configured or {}) and all(
            _describes(block, prior[key], item) for key, item in (configured or {}).items()
        )
    before, given = list(prior or ()), list(configured or ())
    if len(before) != len(given):
        return False
    if mode == "list":
        return all(_describes(block, old, new) for old, new in zip(before, given, strict=True))
    return all(_matching(block, before, item) is not None for item in given)
