"""Which engine carries a rehearsal out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from rehearsal.engines.protocol import Engine, EngineError
from rehearsal.engines.pulumi import PulumiEngine
from rehearsal.engines.terraform import TerraformEngine


class EngineKind(StrEnum):
    """What `--engine` takes."""

    AUTO = "auto"
    PULUMI = "pulumi"
    TERRAFORM = "terraform"


def choose(kind: EngineKind) -> EngineKind:
    """Pulumi where its command is there, terraform otherwise. Raises `EngineError` when neither is."""
    if kind is not EngineKind.AUTO:
        return kind
    for candidate in (EngineKind.PULUMI, EngineKind.TERRAFORM):
        if shutil.which(candidate.value):
            return candidate
    raise EngineError("there is neither a pulumi nor a terraform command on PATH; install one of them")


def make(kind: EngineKind, build: Path, environment: Mapping[str, str]) -> Engine:
    """The engine of that kind, with its files under `build`."""
    if kind is EngineKind.PULUMI:
        return PulumiEngine(build, environment)
    return TerraformEngine(build, environment)


def provider_of(engine: Engine) -> str:
    """The AWS provider that an engine works with, for the report."""
    if isinstance(engine, TerraformEngine):
        return f"AWS provider {engine.plugin.version}"
    return "pulumi-aws"
