"""What a host tells its fleet once it has validated itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from components.latency.host_tuning.user_data import script

_CURL = """#!/bin/bash
case "$*" in *instance-id) echo i-1 ;; *) echo token ;; esac
"""
_QUIET = "#!/bin/bash\n"
# The API answers after as many calls as the file says.
_AWS = """#!/bin/bash
echo "$*" >> "$WORLD/calls"
[ "$(wc -l < "$WORLD/calls")" -gt "$(cat "$WORLD/refused")" ]
"""


def run(folder: Path, refused: int, *, valid: bool = True, seconds: int = 900) -> tuple[int, list[str]]:
    """Exit code and calls of the API, which refuses the first `refused` calls."""
    programs = {"curl": _CURL, "chronyc": _QUIET, "systemctl": _QUIET, "sleep": _QUIET, "aws": _AWS}
    programs["validate-host"] = "#!/bin/bash\n" + ("exit 0\n" if valid else "exit 1\n")
    for name, text in programs.items():
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    (folder / "refused").write_text(str(refused), encoding="utf-8")
    (folder / "host.env").write_text(
        f"AWS_REGION=us-east-1\nFLEET_GROUP=engines\nLAUNCH_HOOK=prove-host\nREADINESS_SECONDS={seconds}\n",
        encoding="utf-8",
    )
    text = script("ready-host").replace("/etc/trading/host.env", str(folder / "host.env"))
    text = text.replace("/usr/local/sbin/validate-host", str(folder / "bin/validate-host"))
    world = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "WORLD": str(folder)}
    result = subprocess.run(["bash", "-c", text], env=world, check=False, capture_output=True)
    return result.returncode, (folder / "calls").read_text(encoding="utf-8").splitlines()


def test_a_valid_host_tells_its_fleet_until_the_api_answers(tmp_path: Path):
    code, calls = run(tmp_path, refused=3)
    assert code == 0
    assert len(calls) == 4
    assert calls[-1].endswith("--lifecycle-hook-name prove-host --instance-id i-1 --lifecycle-action-result CONTINUE")


def test_a_host_stops_telling_when_its_hook_has_timed_out(tmp_path: Path):
    code, calls = run(tmp_path, refused=1000, seconds=60)
    assert code == 1
    assert len(calls) == 12


def test_an_invalid_host_is_abandoned(tmp_path: Path):
    code, calls = run(tmp_path, refused=0, valid=False)
    assert code == 1
    assert [call.endswith("ABANDON") for call in calls] == [True]
