"""Copies the images that a stack names from their registries into the stack's own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What `pulumi stack output --json` calls the list.
OUTPUT = "imagesToMirror"
# github.com/google/go-containerregistry: copies every architecture, and what is there already not again.
TOOL = "crane"


class MirrorError(Exception):
    """An image could not be copied; the message names it and says what to do."""


@dataclass(frozen=True)
class Copy:
    """References with a tag."""

    source: str
    target: str

    @property
    def command(self) -> list[str]:
        """The command that copies it."""
        return [TOOL, "copy", self.source, self.target]


def copies(outputs: Path) -> list[Copy]:
    """What the outputs of a stack name. Raises `MirrorError` when they name nothing."""
    try:
        entries = json.loads(outputs.read_text(encoding="utf-8"))[OUTPUT]
        return [Copy(entry["source"], entry["target"]) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MirrorError(
            f"{outputs}: holds no {OUTPUT}; bring the stack up, then write `pulumi stack output --json` there"
        ) from error


def mirror(wanted: list[Copy]) -> Iterator[str]:
    """Copies one after the other; a line for each that is done. Raises `MirrorError` at the first that fails."""
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
