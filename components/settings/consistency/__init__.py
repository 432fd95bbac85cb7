"""Checks of settings against each other, one module for each layer.

Each setting is valid on its own when they run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.settings.consistency import (
    compute,
    data,
    delivery,
    functions,
    kubernetes,
    latency,
    network,
    observability,
    recovery,
    security,
    stack,
    streams,
)
from components.settings.consistency.problem import Check, Problem

if TYPE_CHECKING:
    from components.settings.root import Settings

_CHECKS: tuple[Check, ...] = (
    *stack.CHECKS,
    *compute.CHECKS,
    *data.CHECKS,
    *delivery.CHECKS,
    *latency.CHECKS,
    *functions.CHECKS,
    *kubernetes.CHECKS,
    *network.CHECKS,
    *observability.CHECKS,
    *recovery.CHECKS,
    *security.CHECKS,
    *streams.CHECKS,
)


def inconsistencies(settings: Settings) -> list[Problem]:
    """Every contradiction between settings that are each valid on their own."""
    return [found for check in _CHECKS for found in check(settings)]
