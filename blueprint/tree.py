"""A blueprint as a readable tree."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from blueprint.model import Blueprint, Resource


def tree(blueprint: Blueprint) -> Tree:
    """Return components with their children; stateful resources show their protection, implied ones their origin."""
    custom = sum(resource.custom for resource in blueprint.resources)
    root = Tree(Text(f"{blueprint.stack}: {custom} resources in {len(blueprint.resources) - custom} components"))
    _grow(root, blueprint, None)
    return root


def _grow(branch: Tree, blueprint: Blueprint, parent: str | None) -> None:
    for resource in sorted(blueprint.children(parent), key=lambda r: (r.custom, r.type, r.name)):
        _grow(branch.add(_label(resource)), blueprint, resource.urn)


def _label(resource: Resource) -> Text:
    label = Text(resource.name, style="bold" if not resource.custom else "")
    label.append(f"  {resource.type}", style="dim")
    for option in ("protect", "retainOnDelete"):
        if resource.options.get(option):
            label.append(f"  {option}", style="yellow")
    if resource.implied:
        label.append("  implied", style="cyan")
    return label
