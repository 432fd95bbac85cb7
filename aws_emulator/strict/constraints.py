"""All documented constraints that no service model holds."""

from __future__ import annotations

from aws_emulator.strict import (
    compute,
    documented,
    documents,
    messages,
    network,
    policies,
    ports,
    quotas,
    resource_schemas,
    schedules,
    stores,
)
from aws_emulator.strict.constraint import Constraint

CONSTRAINTS: tuple[Constraint, ...] = (
    *network.CONSTRAINTS,
    *policies.CONSTRAINTS,
    *documents.CONSTRAINTS,
    *stores.CONSTRAINTS,
    *quotas.CONSTRAINTS,
    *documented.CONSTRAINTS,
    *resource_schemas.CONSTRAINTS,
    *ports.CONSTRAINTS,
    *compute.CONSTRAINTS,
    *messages.CONSTRAINTS,
    *schedules.CONSTRAINTS,
)
