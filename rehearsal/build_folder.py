"""The folder of a rehearsal's state, plans and report. A rehearsal empties it, so it must be the rehearsal's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from blueprint.program import ROOT

DEFAULT = ROOT / "build" / "rehearsal"
MARKER = ".rehearsal"
"""A file in each folder that a rehearsal made."""


class BuildFolderError(ValueError):
    """A path that a rehearsal must not empty or cannot create."""


def require_own(folder: Path) -> None:
    """Raise `BuildFolderError` if the folder has files of others, or cannot be created."""
    try:
        owned = folder == DEFAULT or not folder.exists() or (folder / MARKER).is_file() or not any(folder.iterdir())
        above = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    except OSError as error:
        raise BuildFolderError(f"cannot be read ({error.strerror}); name another folder") from error
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise BuildFolderError(f"cannot be created in {str(above)!r}; name a folder below one that you may write to")
    if not owned:
        raise BuildFolderError(
            "has files that no rehearsal wrote, and a rehearsal empties it; name a new or empty folder"
        )


def clear(folder: Path) -> None:
    """Empty the folder and mark it as a rehearsal's own. Raises `BuildFolderError` if it has files of others."""
    require_own(folder)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARKER).touch()
