"""The build that tests has the terraform that the tests apply with, and only as its makers published it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from blueprint.program import ROOT

CHECK = ROOT / "delivery" / "buildspecs" / "check.yaml"
VERSION = re.findall(r"^TERRAFORM := (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0]


def _command(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """What the makers publish, for either machine, and a `curl` that fetches it."""
    site = tmp_path / "site"
    site.mkdir()
    sums = []
    for machine in ("amd64", "arm64"):
        archive = site / f"terraform_{VERSION}_linux_{machine}.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("terraform", "#!/bin/sh\necho Terraform of the test\n")
        sums.append(f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n")
    (site / f"terraform_{VERSION}_SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    _command(tmp_path / "bin" / "curl", f'#!/bin/sh\nfor last; do :; done\ncp "{site}/${{last##*/}}" .\n')
    return site


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose virtual environment is made."""
    checkout = tmp_path / "checkout"
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (checkout / "requirements.txt").touch()
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (checkout / ".venv" / ".installed").touch()
    return checkout


def _make(checkout: Path, bin_: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}"}
    for inherited in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        environment.pop(inherited, None)
    return subprocess.run(
        ["make", "terraform"], cwd=checkout, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_terraform_is_fetched_and_checked(checkout: Path, site: Path, tmp_path: Path):
    made = _make(checkout, tmp_path / "bin")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Terraform of the test" in made.stdout
    assert os.access(checkout / ".venv" / "bin" / "terraform", os.X_OK)


@pytest.mark.parametrize("damage", ["changed", "unlisted"])
def test_what_its_makers_did_not_publish_is_not_installed(checkout: Path, site: Path, tmp_path: Path, damage: str):
    sums = site / f"terraform_{VERSION}_SHA256SUMS"
    sums.write_text(re.sub(r"^\S+", "0" * 64, sums.read_text(), flags=re.M) if damage == "changed" else "")
    assert _make(checkout, tmp_path / "bin").returncode != 0
    assert not (checkout / ".venv" / "bin" / "terraform").exists()


def test_the_build_that_tests_finds_it(tmp_path: Path):
    """CodeBuild's image has no terraform; `make` stands here for what it does."""
    _command(
        tmp_path / "bin" / "make",
        "#!/bin/sh\n"
        "mkdir -p .venv/bin\n"
        'case "$1" in\n'
        "  terraform) printf '#!/bin/sh\\n' > .venv/bin/terraform && chmod +x .venv/bin/terraform;;\n"
        "  test) command -v terraform > found;;\n"
        "esac\n",
    )
    phases = yaml.safe_load(CHECK.read_text(encoding="utf-8"))["phases"]
    script = "\n".join(command for phase in phases.values() for command in phase["commands"])
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    subprocess.run(["bash", "-ec", script], cwd=tmp_path, env=environment, check=True, timeout=60)
    assert (tmp_path / "found").read_text().strip() == str(tmp_path / ".venv" / "bin" / "terraform")
