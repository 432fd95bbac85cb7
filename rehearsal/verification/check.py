"""Declared against found, for both regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blueprint import Blueprint
from blueprint.references import references_in
from rehearsal.verification.clients import Clients
from rehearsal.verification.compute import COMPUTE_JOINS, COMPUTE_KINDS
from rehearsal.verification.joins import JOINS
from rehearsal.verification.kinds import KINDS


@dataclass(frozen=True)
class Finding:
    """One kind of resource in one stack, or one relation between both: how many are declared, and what is missing."""

    what: str
    stack: str
    declared: int
    missing: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The form in which the report lists it."""
        return {"what": self.what, "stack": self.stack, "declared": self.declared, "missing": list(self.missing)}


def verify(
    primary: Blueprint, dr: Blueprint | None, primary_clients: Clients, dr_clients: Clients | None
) -> list[Finding]:
    """Every kind that the stacks declare, and every relation when both are up."""
    findings = _of_stack(primary, primary_clients)
    if dr is not None and dr_clients is not None:
        findings += _of_stack(dr, dr_clients)
        for join in (*JOINS, *COMPUTE_JOINS):
            declared = set(join.declared(primary, dr))
            if declared:
                found = set(join.found(primary_clients, dr_clients))
                findings.append(Finding(join.name, "both", len(declared), tuple(sorted(declared - found))))
    return findings


def leftovers(blueprint: Blueprint, clients: Clients) -> list[str]:
    """What a stack declared that is still there, as `<kind> <mark>`."""
    left = []
    for name, declared, found in _marks(blueprint, clients):
        left += [f"{name} {mark}" for mark in sorted(declared & found)]
    return left


def _of_stack(blueprint: Blueprint, clients: Clients) -> list[Finding]:
    return [
        Finding(name, blueprint.stack, len(declared), tuple(sorted(declared - found)))
        for name, declared, found in _marks(blueprint, clients)
    ]


def _marks(blueprint: Blueprint, clients: Clients) -> list[tuple[str, set[str], set[str]]]:
    """Per kind that the stack declares in its own region: declared and found marks."""
    home = _home_provider(blueprint)
    marks = []
    for kind in (*KINDS, *COMPUTE_KINDS):
        values = (kind.declared(r) for r in blueprint.of_type(kind.type) if r.provider == home)
        declared = {str(value) for value in values if value and not any(references_in(value))}
        if declared:
            marks.append((kind.name, declared, {str(mark) for mark in kind.found(clients)}))
    return marks


def _home_provider(blueprint: Blueprint) -> str:
    region: Mapping[str, str] = {
        provider.properties["region"]: provider.urn for provider in blueprint.of_type("pulumi:providers:aws")
    }
    return region[str(blueprint.outputs["region"])]
