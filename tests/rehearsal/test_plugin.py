"""The provider plugin is found where Terraform's users keep it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.engines import EngineError
from rehearsal.engines.terraform.plugin import _target, find_plugin


def mirror(folder: Path, version: str, *, packed: bool = False) -> Path:
    home = folder / "registry.example" / "hashicorp" / "aws"
    if packed:
        home.mkdir(parents=True, exist_ok=True)
        (home / f"terraform-provider-aws_{version}_{_target()}.zip").touch()
    else:
        (home / version / _target()).mkdir(parents=True)
    return folder


def test_the_environment_variable_has_priority(tmp_path: Path) -> None:
    named = mirror(tmp_path / "named", "5.9.0")
    usual = mirror(tmp_path / ".terraform.d" / "plugins", "5.100.0")
    found = find_plugin({"TF_PLUGIN_DIR": str(named), "HOME": str(tmp_path)})
    assert (found.version, found.mirror) == ("5.9.0", named)
    assert find_plugin({"HOME": str(tmp_path)}).mirror == usual


@pytest.mark.parametrize("packed", [False, True])
def test_versions_of_a_mirror_are_compared_as_numbers(tmp_path: Path, packed: bool) -> None:
    for version in ("5.9.0", "5.100.0", "4.67.0"):
        mirror(tmp_path, version, packed=packed)
    assert find_plugin({"TF_PLUGIN_DIR": str(tmp_path)}).version == "5.100.0"


def test_an_invalid_mirror_path_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"TF_PLUGIN_DIR .* has no AWS provider .*terraform providers mirror"):
        find_plugin({"TF_PLUGIN_DIR": str(tmp_path)})
