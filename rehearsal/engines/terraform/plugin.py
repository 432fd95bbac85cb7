"""Location of the AWS provider plugin: an environment variable, a local mirror, or Terraform's registry."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.engines.protocol import EngineError

# The oldest version that the lowering supports; older mirrors are skipped.
_OLDEST = (5, 0, 0)
_REGISTRY_VERSION = "5.100.0"


@dataclass(frozen=True)
class Plugin:
    """A provider version and its mirror directory; None means Terraform's registry."""

    version: str
    mirror: Path | None


def find_plugin(environment: Mapping[str, str] = os.environ) -> Plugin:
    """Return the newest AWS provider of major version 5 or later on this machine.

    Searches `TF_PLUGIN_DIR`, then Terraform's usual mirror directories, then mirrors in the system's folder for
    optional software. Raises `EngineError` if `TF_PLUGIN_DIR` is set and has none.
    """
    named = environment.get("TF_PLUGIN_DIR")
    if named:
        plugin = _newest(Path(named))
        if plugin is None:
            raise EngineError(
                f"TF_PLUGIN_DIR = {named!r} has no AWS provider for {_target()}; "
                "point it at a mirror made by `terraform providers mirror`, or unset it"
            )
        return plugin
    found = [plugin for mirror in _usual_mirrors(environment) if (plugin := _newest(mirror))]
    return found[0] if found else Plugin(_REGISTRY_VERSION, None)


def _usual_mirrors(environment: Mapping[str, str]) -> Iterator[Path]:
    """Terraform CLI documentation, "Implied local mirror directories", then /opt (FHS 3.0, section 3.13)."""
    home = Path(environment.get("HOME", "/"))
    yield home / ".terraform.d" / "plugins"
    yield home / ".local" / "share" / "terraform" / "plugins"
    for shared in environment.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":"):
        yield Path(shared) / "terraform" / "plugins"
    if Path("/opt").is_dir():
        yield from sorted(path for path in Path("/opt").iterdir() if path.is_dir())


def _newest(mirror: Path) -> Plugin | None:
    """Return the newest plugin of a mirror: HOST/NAMESPACE/TYPE/VERSION/TARGET/, or
    .../terraform-provider-TYPE_VERSION_TARGET.zip."""
    if not mirror.is_dir():
        return None
    unpacked = (path.parent.name for path in mirror.glob(f"*/hashicorp/aws/*/{_target()}"))
    packed = (
        path.name.split("_")[1] for path in mirror.glob(f"*/hashicorp/aws/terraform-provider-aws_*_{_target()}.zip")
    )
    versions = [version for version in (*unpacked, *packed) if _order(version) >= _OLDEST]
    return Plugin(max(versions, key=_order), mirror) if versions else None


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _target() -> str:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}_{machine}"
