"""Choice of the engine of a rehearsal."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from rehearsal.engines.protocol import Engine, EngineError
from rehearsal.engines.pulumi import PulumiEngine
from rehearsal.engines.pulumi_command import has_command
from rehearsal.engines.terraform import TerraformEngine


class EngineKind(StrEnum):
    """Values of `--engine`."""

    AUTO = "auto"
    PULUMI = "pulumi"
    TERRAFORM = "terraform"


def choose(kind: EngineKind) -> EngineKind:
    """Return pulumi if its command exists in a matching version, otherwise Terraform. Raises `EngineError` without
    either.

    People run this program with the Pulumi engine. `--engine terraform` takes less time.
    """
    if kind is not EngineKind.AUTO:
        return kind
    if has_command():
        return EngineKind.PULUMI
    if shutil.which("terraform"):
        return EngineKind.TERRAFORM
    raise EngineError("no pulumi and no terraform command found; run `make engine` or `make terraform`")


def make(kind: EngineKind, build: Path, environment: Mapping[str, str]) -> Engine:
    """Return an engine of that kind, with its files under `build`."""
    if kind is EngineKind.PULUMI:
        return PulumiEngine(build, environment)
    return TerraformEngine(build, environment)


def provider_of(engine: Engine) -> str:
    """Name of the engine's AWS provider, for the report."""
    if isinstance(engine, TerraformEngine):
        return f"AWS provider {engine.plugin.version}"
    if isinstance(engine, PulumiEngine):
        used = ", ".join(f"{plugin.name} {plugin.version}" for plugin in engine.substitutes)
        behind = f", AWS provider {engine.provider.version}" if engine.provider else ""
        return f"pulumi {engine.command.version}{behind}; plugins of this project: {used or 'none'}"
    return engine.kind


def plugins_of(engine: Engine) -> list[dict[str, str]]:
    """Plugins of this project that an engine works with, each with its version and its limits, for the report."""
    if not isinstance(engine, PulumiEngine):
        return []
    return [
        {"name": plugin.command, "version": plugin.version, "limits": plugin.limits} for plugin in engine.substitutes
    ]
