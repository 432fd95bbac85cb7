"""Files that hold what a reviewer has read once: a test compares, `pytest --update-golden` writes them anew."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Golden:
    """`update` writes instead of comparing."""

    update: bool
    folder: Path = FOLDER

    def matches(self, name: str, value: Any) -> None:
        """Fails with the difference when the file of that name holds another value than `value`, as JSON."""
        self.matches_text(f"{name}.json", json.dumps(value, indent=2) + "\n")

    def matches_text(self, name: str, text: str) -> None:
        """The same for a file of any text."""
        file = self.folder / name
        if self.update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        if kept != text:
            changes = difflib.unified_diff(
                kept.splitlines(), text.splitlines(), "as reviewed", "as declared", lineterm=""
            )
            raise AssertionError(
                f"{name} is not what was reviewed; read the difference, and if it is meant run pytest "
                "--update-golden and commit the file:\n" + "\n".join(changes)
            )
