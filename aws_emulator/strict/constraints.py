"""All documented constraints that no service model holds."""

from __future__ import annotations

from aws_emulator.strict import documents, network, quotas, stores
from aws_emulator.strict.constraint import Constraint

CONSTRAINTS: tuple[Constraint, ...] = (
    *network.CONSTRAINTS,
    *documents.CONSTRAINTS,
    *stores.CONSTRAINTS,
    *quotas.CONSTRAINTS,
)
