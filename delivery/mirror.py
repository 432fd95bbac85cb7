"""Copies the images and charts that a stack uses from their registries into the stack's own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Names of the stack outputs with the lists.
IMAGES, CHARTS = "imagesToMirror", "chartsToMirror"
# github.com/google/go-containerregistry: copies all architectures, and skips existing images.
CRANE = "crane"
# helm.sh: takes charts from repositories, and pushes them to registries.
HELM = "helm"
_FOLDER = "DIRECTORY"


class MirrorError(Exception):
    """An image or a chart could not be copied; the message names it and the remedy."""


@dataclass(frozen=True)
class Copy:
    """A copy of an image: source and target as references with a tag."""

    source: str
    target: str

    @property
    def existing(self) -> list[str]:
        """No command: the tool itself skips an existing image."""
        return []

    @property
    def commands(self) -> list[list[str]]:
        """The command that copies the image."""
        return [[CRANE, "copy", self.source, self.target]]


@dataclass(frozen=True)
class ChartCopy:
    """A copy of a version of a chart: from a repository of charts, below an `oci://` address. A chart cannot be pushed
    twice: each push has another digest, and the tags of the platform's registry are immutable."""

    name: str
    version: str
    repository: str
    below: str

    @property
    def source(self) -> str:
        """The chart in its repository."""
        return f"{self.repository} {self.name} {self.version}"

    @property
    def target(self) -> str:
        """The chart in the registry, as a reference with a tag."""
        return f"{self.below.removeprefix('oci://')}/{self.name}:{self.version}"

    @property
    def existing(self) -> list[str]:
        """The command that succeeds if the registry has the chart."""
        return [CRANE, "manifest", self.target]

    @property
    def commands(self) -> list[list[str]]:
        """The commands that take the chart and push it, by way of a temporary folder."""
        archive = f"{_FOLDER}/{self.name}-{self.version}.tgz"
        pull = [HELM, "pull", self.name, "--repo", self.repository, "--version", self.version, "--destination", _FOLDER]
        return [pull, [HELM, "push", archive, self.below]]


Wanted = Copy | ChartCopy


def copies(outputs: Path) -> list[Wanted]:
    """Return the copies that a stack's outputs list: images, then charts. Raises `MirrorError` if they list none."""
    name = IMAGES
    try:
        content: dict[str, Any] = json.loads(outputs.read_text(encoding="utf-8"))
        images = [Copy(entry["source"], entry["target"]) for entry in content[name]]
        name = CHARTS
        charts = [
            ChartCopy(entry["name"], entry["version"], entry["source"], entry["target"]) for entry in content[name]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MirrorError(
            f"{outputs}: has no {name}; deploy the stack, then write `pulumi stack output --json` there"
        ) from error
    return [*images, *charts]


def mirror(wanted: Sequence[Wanted]) -> Iterator[str]:
    """Copy one after the other and yield a line for each. Raises `MirrorError` at the first failure."""
    for each in wanted:
        if each.existing and _succeeds(each.existing):
            yield f"{each.target} is there"
            continue
        with tempfile.TemporaryDirectory() as folder:
            for command in each.commands:
                _run(each, [part.replace(_FOLDER, folder) for part in command])
        yield f"{each.source} -> {each.target}"


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError as error:
        raise _not_installed(command[0]) from error


def _run(each: Wanted, command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise _not_installed(command[0]) from error
    except subprocess.CalledProcessError as error:
        raise MirrorError(
            f"{each.target}: was not copied: {error.stderr.strip() or error}; log in with "
            f"`aws ecr get-login-password | {CRANE} auth login -u AWS --password-stdin {each.target.split('/')[0]}`, "
            "which Helm uses too"
        ) from error


def _not_installed(tool: str) -> MirrorError:
    origin = "go-containerregistry's crane" if tool == CRANE else "Helm 3.8 or newer"
    return MirrorError(f"{tool}: is not installed; install {origin}")
