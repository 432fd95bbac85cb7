"""State of a stack under the Pulumi engine: its entries, its retained resources, and preparation for destroy.

The engine drops a resource with `retainOnDelete` from its state without a call once the program no longer declares it
(https://www.pulumi.com/docs/iac/concepts/options/retainondelete/). A rehearsal has to destroy everything that it
created. So it keeps those entries, as the Terraform engine of this package does, and restores them before it destroys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi import automation

_PROVIDER = "pulumi:providers:"
_STACK = "pulumi:pulumi:Stack"
_LISTS = ("dependencies",)
_LINKS = ("deletedWith", "viewOf")
_GUARDS = ("protect", "retainOnDelete")

Entry = dict[str, Any]
"""One resource of a deployment; its secrets stay encrypted."""


def entries(stack: automation.Stack) -> list[Entry]:
    """Resources of the stack's state, each after its dependencies."""
    return list((stack.export_stack().deployment or {}).get("resources", []))


def custom_urns(found: Sequence[Entry]) -> frozenset[str]:
    """URNs of resources that a provider created."""
    return frozenset(entry["urn"] for entry in found if entry.get("custom") and entry.get("id"))


@dataclass(frozen=True)
class RetainedResources:
    """Entries that a stack has dropped from its state and that are still in the cloud, kept in `file`."""

    file: Path

    def note(self, before: Sequence[Entry], after: Sequence[Entry]) -> None:
        """Keep the entries that an update has dropped, with their providers."""
        present = {entry["urn"] for entry in after}
        dropped = [e for e in before if e.get("retainOnDelete") and e.get("custom") and e["urn"] not in present]
        if not dropped:
            return
        used = {entry.get("provider", "").rsplit("::", 1)[0] for entry in dropped}
        providers = [entry for entry in before if entry["urn"] in used]
        known = self.entries()
        urns = {entry["urn"] for entry in known}
        known += [entry for entry in [*providers, *dropped] if entry["urn"] not in urns]
        self.file.write_text(json.dumps(known), encoding="utf-8")

    def entries(self) -> list[Entry]:
        """Providers first, then dropped entries, each after its dependencies."""
        return json.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else []


def make_destroyable(stack: automation.Stack, retained: Sequence[Entry]) -> int:
    """Remove protection and retention in the state, and add retained entries; return the number of resources."""
    exported = stack.export_stack()
    deployment = dict(exported.deployment or {})
    deployment["resources"] = merged(deployment.get("resources") or [], retained)
    exported.deployment = deployment
    stack.import_stack(exported)
    return len(custom_urns(deployment["resources"]))


def merged(present: Sequence[Entry], retained: Sequence[Entry]) -> list[Entry]:
    """The state with retained entries, without protection; links to deleted resources are left out."""
    urns = {entry["urn"] for entry in present}
    added = [entry for entry in retained if entry["urn"] not in urns]
    # The engine needs each entry after its dependencies. A present entry never depends on a retained one.
    added.sort(key=lambda entry: not entry["type"].startswith(_PROVIDER))
    everything = [*present, *added]
    known = {entry["urn"] for entry in everything}
    references = {entry["urn"]: f"{entry['urn']}::{entry.get('id')}" for entry in everything}
    stack = next((entry["urn"] for entry in present if entry["type"] == _STACK), None)
    return [_unlinked(entry, known, references, stack) for entry in everything]


def _unlinked(entry: Entry, known: set[str], references: Mapping[str, str], stack: str | None) -> Entry:
    kept = {key: value for key, value in entry.items() if key not in _GUARDS}
    for key in _LISTS:
        if key in kept:
            kept[key] = [urn for urn in kept[key] if urn in known]
    if "propertyDependencies" in kept:
        depends = kept["propertyDependencies"]
        kept["propertyDependencies"] = {name: [u for u in urns or () if u in known] for name, urns in depends.items()}
    for key in _LINKS:
        if kept.get(key) not in known:
            kept.pop(key, None)
    if "parent" in kept and kept["parent"] not in known:
        kept["parent"] = stack
    provider = kept.get("provider")
    if provider:
        # A provider that was dropped and declared again has another id.
        kept["provider"] = references.get(provider.rsplit("::", 1)[0], provider)
    return kept
