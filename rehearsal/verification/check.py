"""Compare declared and existing resources in both regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blueprint import Blueprint
from blueprint.references import references_in
from rehearsal.verification.clients import Clients
from rehearsal.verification.compute import COMPUTE_KINDS, COMPUTE_RELATIONS
from rehearsal.verification.kinds import KINDS
from rehearsal.verification.relations import RELATIONS


@dataclass(frozen=True)
class Finding:
    """One kind of resource in one stack, or one relation between both stacks: declared count and missing
    identifiers."""

    what: str
    stack: str
    declared: int
    missing: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the entry of the report."""
        return {"what": self.what, "stack": self.stack, "declared": self.declared, "missing": list(self.missing)}


def verify(
    primary: Blueprint, dr: Blueprint | None, primary_clients: Clients, dr_clients: Clients | None
) -> list[Finding]:
    """Check every kind that the stacks declare, and every relation if both stacks are deployed."""
    findings = _of_stack(primary, primary_clients)
    if dr is not None and dr_clients is not None:
        findings += _of_stack(dr, dr_clients)
        for relation in (*RELATIONS, *COMPUTE_RELATIONS):
            declared = set(relation.declared(primary, dr))
            if declared:
                found = set(relation.found(primary_clients, dr_clients))
                findings.append(Finding(relation.name, "both", len(declared), tuple(sorted(declared - found))))
    return findings


def leftovers(blueprint: Blueprint, clients: Clients) -> list[str]:
    """Return declared resources of a stack that still exist, as `<kind> <identifier>`."""
    left = []
    for name, declared, found in _identifiers(blueprint, clients):
        left += [f"{name} {identifier}" for identifier in sorted(declared & found)]
    return left


def _of_stack(blueprint: Blueprint, clients: Clients) -> list[Finding]:
    return [
        Finding(name, blueprint.stack, len(declared), tuple(sorted(declared - found)))
        for name, declared, found in _identifiers(blueprint, clients)
    ]


def _identifiers(blueprint: Blueprint, clients: Clients) -> list[tuple[str, set[str], set[str]]]:
    """Return declared and found identifiers for each kind that the stack declares in its own region."""
    main = _main_provider(blueprint)
    identifiers = []
    for kind in (*KINDS, *COMPUTE_KINDS):
        values = (kind.declared(r) for r in blueprint.of_type(kind.type) if r.provider == main)
        declared = {str(value) for value in values if value and not any(references_in(value))}
        if declared:
            identifiers.append((kind.name, declared, {str(identifier) for identifier in kind.found(clients)}))
    return identifiers


def _main_provider(blueprint: Blueprint) -> str:
    region: Mapping[str, str] = {
        provider.properties["region"]: provider.urn for provider in blueprint.of_type("pulumi:providers:aws")
    }
    return region[str(blueprint.outputs["region"])]
