"""Memory is that of the process that reports it."""

from __future__ import annotations

import subprocess
import sys

from blueprint.program import ROOT

_SMALL = "from rehearsal.stacks import peak_memory_mb; print(peak_memory_mb())"


def test_memory_of_a_child_excludes_its_parents_memory() -> None:
    script = f"import subprocess, sys; held = b'x' * 500_000_000; subprocess.run([sys.executable, '-c', {_SMALL!r}])"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert 10 < float(told.stdout) < 300, told.stdout + told.stderr
