"""Copies the images that a stack uses from their registries into the stack's own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Name of the stack output with the list.
OUTPUT = "imagesToMirror"
# github.com/google/go-containerregistry: copies all architectures, and skips existing images.
TOOL = "crane"


class MirrorError(Exception):
    """An image could not be copied; the message names the image and the remedy."""


@dataclass(frozen=True)
class Copy:
    """Source and target of a copy, as references with a tag."""

    source: str
    target: str

    @property
    def command(self) -> list[str]:
        """The command that copies the image."""
        return [TOOL, "copy", self.source, self.target]


def copies(outputs: Path) -> list[Copy]:
    """Return the copies that a stack's outputs list. Raises `MirrorError` if they list none."""
    try:
        entries = json.loads(outputs.read_text(encoding="utf-8"))[OUTPUT]
        return [Copy(entry["source"], entry["target"]) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MirrorError(
            f"{outputs}: has no {OUTPUT}; deploy the stack, then write `pulumi stack output --json` there"
        ) from error


def mirror(wanted: list[Copy]) -> Iterator[str]:
    """Copy the images one after the other and yield a line for each. Raises `MirrorError` at the first failure."""
    for each in wanted:
        try:
            subprocess.run(each.command, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise MirrorError(f"{TOOL}: is not installed; install go-containerregistry's {TOOL}") from error
        except subprocess.CalledProcessError as error:
            raise MirrorError(
                f"{each.target}: was not copied: {error.stderr.strip() or error}; log in with "
                f"`aws ecr get-login-password | {TOOL} auth login -u AWS --password-stdin {each.target.split('/')[0]}`"
            ) from error
        yield f"{each.source} -> {each.target}"
