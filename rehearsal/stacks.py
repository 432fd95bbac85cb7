"""The stacks that a rehearsal brings up, as the program declares them against the in-memory AWS."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from blueprint import Blueprint, record
from blueprint.program import primary_reference


@dataclass(frozen=True)
class Declared:
    """A stack with the settings that stand over its stack file, and what it declares with them.

    `evaluated_in` is the time that the program took, in seconds.
    """

    stack: str
    overrides: Mapping[str, Any]
    blueprint: Blueprint
    evaluated_in: float = field(compare=False, default=0.0)


def load_program() -> float:
    """Loads the SDK and the layers, once for every evaluation in this process; answers the seconds it took."""
    begun = time.monotonic()
    importlib.import_module("components.platform")
    return time.monotonic() - begun


def declare_primary(account_id: str) -> Declared:
    """The primary stack."""
    return _declare("primary", _emulated(account_id), {})


def declare_dr(account_id: str, primary_outputs: Mapping[str, Any], *, active: bool = False) -> Declared:
    """The recovery stack, its references answered by the outputs that the primary really has."""
    overrides = {**_emulated(account_id), **({"active": True} if active else {})}
    return _declare("dr", overrides, {primary_reference("dr"): primary_outputs})


def _emulated(account_id: str) -> dict[str, Any]:
    return {"emulator": True, "accountId": account_id}


def _declare(stack: str, overrides: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]) -> Declared:
    begun = time.monotonic()
    blueprint = record(stack, overrides=overrides, stack_outputs=outputs)
    return Declared(stack, overrides, blueprint, time.monotonic() - begun)
