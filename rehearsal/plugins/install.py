"""Install this project's plugins below the rehearsal's own PULUMI_HOME, where the engine finds them.

A plugin that is already in the user's PULUMI_HOME or on PATH is the official one, and the engine uses it.
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
    """A plugin of this project that replaces an official one. `package` is the SDK whose version it reports."""

    kind: str
    name: str
    package: str
    module: str
    limits: str

    @property
    def version(self) -> str:
        """The version that resources of the SDK request."""
        return importlib.metadata.version(self.package)

    @property
    def command(self) -> str:
        """The executable that the engine starts."""
        return f"pulumi-{self.kind}-{self.name}"


SUBSTITUTES = (
    Substitute("language", "python", "pulumi", "rehearsal.plugins.language", "installs no dependencies"),
    Substitute(
        "resource",
        "aws",
        "pulumi-aws",
        "rehearsal.plugins.aws",
        "uses the installed Terraform provider; each resource has a warning for arguments that the provider lacks",
    ),
    Substitute(
        "resource",
        "random",
        "pulumi-random",
        "rehearsal.plugins.random_values",
        "creates only RandomPassword",
    ),
    Substitute(
        "resource",
        "eks",
        "pulumi-eks",
        "rehearsal.plugins.eks",
        "creates the child resources that a blueprint contains",
    ),
    Substitute(
        "resource",
        "kubernetes",
        "pulumi-kubernetes",
        "rehearsal.plugins.kubernetes",
        "supports only clusters of the in-memory AWS; renders no Helm charts and runs no pods",
    ),
)


def install(home: Path, environment: Mapping[str, str] = os.environ) -> tuple[Substitute, ...]:
    """Write launchers below `home` for plugins that are not installed; return the substitutes."""
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
        # Set the module path for this process only, because the program has a path of its own.
        path = f'PYTHONPATH="{ROOT}${{PYTHONPATH:+:$PYTHONPATH}}"'
        launcher.write_text(f'#!/bin/sh\n{path} exec "{sys.executable}" -m {plugin.module} "$@"\n', encoding="utf-8")
        launcher.chmod(0o755)
    return tuple(used)


def _installed(plugin: Substitute, environment: Mapping[str, str]) -> Path | None:
    """Return the folder of the official plugin, or None. A language host is next to the pulumi command or on PATH."""
    if plugin.kind == "language":
        pulumi = shutil.which("pulumi", path=environment.get("PATH"))
        found = shutil.which(plugin.command, path=environment.get("PATH"))
        beside = Path(pulumi).resolve().parent / plugin.command if pulumi else None
        return Path(found).parent if found else beside.parent if beside and beside.exists() else None
    own = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    folder = own / "plugins" / f"{plugin.kind}-{plugin.name}-v{plugin.version}"
    return folder if (folder / plugin.command).exists() else None
