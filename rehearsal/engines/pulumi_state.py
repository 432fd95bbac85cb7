"""The state of a stack under the pulumi engine: what is in it, what it has retained, and how all of it is taken down.

The engine drops a resource with `retainOnDelete` from its state without a call once the program no longer declares it
(https://www.pulumi.com/docs/iac/concepts/options/retainondelete/). A rehearsal has to take down what it brought up, so
it keeps those entries, as the terraform engine of this package does, and puts them back before it destroys.
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
"""One resource as a deployment holds it; secrets in it stay encrypted."""


def entries(stack: automation.Stack) -> list[Entry]:
    """Resources of the stack's state, each behind what it depends on."""
    return list((stack.export_stack().deployment or {}).get("resources", []))


def custom_urns(found: Sequence[Entry]) -> frozenset[str]:
    """URNs of resources that a provider has made."""
    return frozenset(entry["urn"] for entry in found if entry.get("custom") and entry.get("id"))


@dataclass(frozen=True)
class Retained:
    """Entries that a stack has dropped from its state and that are still in the cloud, kept in `file`."""

    file: Path

    def note(self, before: Sequence[Entry], after: Sequence[Entry]) -> None:
        """Keep what an update has dropped, with its providers."""
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
        """Providers first, then what was dropped, each behind what it depends on."""
        return json.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else []


def make_destroyable(stack: automation.Stack, retained: Sequence[Entry]) -> int:
    """Lift protection and retention in the state, and add what was retained; answers how many resources there are."""
    exported = stack.export_stack()
    deployment = dict(exported.deployment or {})
    deployment["resources"] = merged(deployment.get("resources") or [], retained)
    exported.deployment = deployment
    stack.import_stack(exported)
    return len(custom_urns(deployment["resources"]))


def merged(present: Sequence[Entry], retained: Sequence[Entry]) -> list[Entry]:
    """The state with what was retained, without guards; links to resources that are gone are left out."""
    urns = {entry["urn"] for entry in present}
    added = [entry for entry in retained if entry["urn"] not in urns]
    # The engine wants each entry behind what it depends on; a retained one is never needed by one that is present.
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
