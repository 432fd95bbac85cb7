"""Location of the pulumi command, and the check that its version matches the SDK."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pulumi import automation

from rehearsal.engines.protocol import EngineError

_LIMIT_SECONDS = 60


@dataclass(frozen=True)
class PulumiCommand:
    """The command and its version, such as 3.274.1."""

    path: Path
    version: str

    def automation(self) -> automation.PulumiCommand:
        """The command in the Automation API's form, which looks in the folder `bin` of a root."""
        return automation.PulumiCommand(root=str(self.path.parent.parent))


@lru_cache(maxsize=1)
def find_command() -> PulumiCommand:
    """Return the command beside this interpreter, where `make engine` installs it, or else the one on PATH.

    An engine supports SDKs of its own version and older ones of the same major version. Raises `EngineError`.
    """
    beside = Path(sys.executable).parent / "pulumi"
    found = str(beside) if beside.exists() else shutil.which("pulumi")
    if found is None:
        raise EngineError("no pulumi command found; run `make engine`, or use --engine terraform")
    path = Path(found)
    try:
        said = subprocess.run([found, "version"], capture_output=True, text=True, timeout=_LIMIT_SECONDS).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{path} does not run ({error}); run `make engine`, or use --engine terraform") from error
    version, sdk = said.strip().removeprefix("v"), importlib.metadata.version("pulumi")
    if not _fits(version, sdk):
        raise EngineError(
            f"{path} is version {version or 'unknown'}, which does not fit the SDK's {sdk}; run `make engine`, or use "
            "--engine terraform"
        )
    return PulumiCommand(path, version)


def has_command() -> bool:
    """Whether a command of a matching version exists."""
    try:
        find_command()
    except EngineError:
        return False
    return True


def _fits(version: str, sdk: str) -> bool:
    engine, wanted = _parts(version), _parts(sdk)
    return len(engine) == 3 and engine[0] == wanted[0] and engine >= wanted


def _parts(version: str) -> tuple[int, ...]:
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    return tuple(int(part) for part in match.groups()) if match else ()
