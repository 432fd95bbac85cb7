"""Prometheus' own tool, as the set-up provides it."""

from __future__ import annotations

import subprocess
from pathlib import Path

_TOOL = Path(__file__).parents[1] / ".venv" / "bin" / "promtool"


def promtool(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs it to its end, whatever that is. Fails where it is not installed, with the way out."""
    assert _TOOL.exists(), "promtool is not here, and nothing of it is checked: run make promtool"
    return subprocess.run([_TOOL, *arguments], cwd=cwd, text=True, capture_output=True, check=False, timeout=300)
