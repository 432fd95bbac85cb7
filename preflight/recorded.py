"""Records a stack for the checks, in this process and without any call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprint import Blueprint, record, record_dr
from blueprint.program import stack_config
from components.settings import PROJECT, Settings
from preflight.declared import Declared


def settings_of(stack: str, overrides: Mapping[str, Any]) -> Settings:
    """A stack's settings, without recording it. Raises `pulumi.RunError` and `BlueprintError`."""
    prefix = f"{PROJECT}:"
    config = stack_config(stack, overrides)
    return Settings.parse({key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)})


def declared_of(stack: str, overrides: Mapping[str, Any]) -> Declared:
    """A stack as its stack file and the overrides declare it. Raises `pulumi.RunError` and `BlueprintError`."""
    recorded = record_dr(overrides=overrides) if stack == "dr" else record(stack, overrides=overrides)
    return as_declared(recorded, overrides)


def as_declared(recorded: Blueprint, overrides: Mapping[str, Any]) -> Declared:
    """A recorded stack with the settings that it was recorded with."""
    return Declared(recorded, settings_of(recorded.stack, overrides))
