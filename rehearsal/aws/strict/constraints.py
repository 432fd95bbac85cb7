"""All documented constraints that no service model holds."""

from __future__ import annotations

from rehearsal.aws.strict import documents, network, quotas, stores
from rehearsal.aws.strict.constraint import Constraint

CONSTRAINTS: tuple[Constraint, ...] = (
    *network.CONSTRAINTS,
    *documents.CONSTRAINTS,
    *stores.CONSTRAINTS,
    *quotas.CONSTRAINTS,
)
