"""Puts this project's plugins where an engine finds them: below a PULUMI_HOME of the rehearsal's own.

A plugin that is installed already, in the user's PULUMI_HOME or on PATH, is the genuine one and is left in its place.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from blueprint.program import ROOT


@dataclass(frozen=True)
class Substitute:
    """A plugin of this project in the place of a genuine one: kind, name, the SDK whose version it has, its module."""

    kind: str
    name: str
    package: str
    module: str
    limits: str

    @property
    def version(self) -> str:
        """The version that resources of the SDK ask for."""
        return importlib.metadata.version(self.package)

    @property
    def command(self) -> str:
        """The file that the engine starts."""
        return f"pulumi-{self.kind}-{self.name}"


SUBSTITUTES = (
    Substitute("language", "python", "pulumi", "rehearsal.plugins.language", "installs no dependencies"),
    Substitute(
        "resource",
        "aws",
        "pulumi-aws",
        "rehearsal.plugins.aws",
        "works with the Terraform provider that is here; what that does not know is named beside each resource",
    ),
    Substitute(
        "resource",
        "random",
        "pulumi-random",
        "rehearsal.plugins.random_values",
        "makes RandomPassword and nothing else",
    ),
    Substitute("resource", "eks", "pulumi-eks", "rehearsal.plugins.eks", "makes the children that a blueprint implies"),
    Substitute(
        "resource",
        "kubernetes",
        "pulumi-kubernetes",
        "rehearsal.plugins.kubernetes",
        "speaks to clusters of the in-memory AWS alone; Helm charts are not rendered, and no pod runs",
    ),
)


def install(home: Path, environment: Mapping[str, str] = os.environ) -> tuple[Substitute, ...]:
    """Writes launchers below `home` for what is not installed; answers those that stand in for a genuine plugin."""
    used = []
    for plugin in SUBSTITUTES:
        folder = home / "plugins" / f"{plugin.kind}-{plugin.name}-v{plugin.version}"
        genuine = _installed(plugin, environment)
        if plugin.kind == "language" and genuine is not None:
            continue
        if genuine is not None:
            if not folder.exists():
                folder.parent.mkdir(parents=True, exist_ok=True)
                folder.symlink_to(genuine)
            continue
        used.append(plugin)
        folder.mkdir(parents=True, exist_ok=True)
        launcher = folder / plugin.command
        # The path of modules is set for this process alone: a program's own path is the program's.
        path = f'PYTHONPATH="{ROOT}${{PYTHONPATH:+:$PYTHONPATH}}"'
        launcher.write_text(f'#!/bin/sh\n{path} exec "{sys.executable}" -m {plugin.module} "$@"\n', encoding="utf-8")
        launcher.chmod(0o755)
    return tuple(used)


def _installed(plugin: Substitute, environment: Mapping[str, str]) -> Path | None:
    """The folder of the genuine plugin, if there is one; a language host stands beside the command or on PATH."""
    if plugin.kind == "language":
        pulumi = shutil.which("pulumi", path=environment.get("PATH"))
        found = shutil.which(plugin.command, path=environment.get("PATH"))
        beside = Path(pulumi).resolve().parent / plugin.command if pulumi else None
        return Path(found).parent if found else beside.parent if beside and beside.exists() else None
    own = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    folder = own / "plugins" / f"{plugin.kind}-{plugin.name}-v{plugin.version}"
    return folder if (folder / plugin.command).exists() else None
