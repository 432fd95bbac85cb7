"""Archives of functions have the same bytes from every checkout, whatever git converts."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from functions import packaging

PACKAGES = ("authorizer", "failover", "integrity", "market_hours", "observer", "order_intake", "redrive")
_DIGESTS = (
    "import hashlib, json; from functions import packaging; "
    "digest = lambda name: hashlib.sha256(packaging.archive(packaging.content(name))).hexdigest(); "
    f"print(json.dumps({{name: digest(name) for name in {PACKAGES!r}}}))"
)


def test_a_checkout_that_converts_line_ends_packs_the_same_bytes(tmp_path: Path) -> None:
    """A real clone with `core.autocrlf=true`, as git for Windows sets it, of the files that are here."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    _git(origin, "init", "-q")
    for name in ("functions", "recovery"):
        shutil.copytree(packaging.ROOT / name, origin / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    shutil.copy(packaging.ROOT / ".gitattributes", origin)
    _git(origin, "add", "-A")
    _git(origin, "-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "-qm", "t")
    _git(tmp_path, "clone", "-q", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", str(origin), str(clone))
    packed = subprocess.run(
        [sys.executable, "-c", _DIGESTS], cwd=clone, capture_output=True, text=True, timeout=120, check=True
    )
    here = {name: hashlib.sha256(packaging.archive(packaging.content(name))).hexdigest() for name in PACKAGES}
    assert json.loads(packed.stdout) == here


def test_a_source_with_carriage_returns_is_not_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaging, "ROOT", tmp_path)
    (tmp_path / "handler.py").write_bytes(b"x = 1\r\n")
    with pytest.raises(packaging.PackagingError, match=r"handler\.py has carriage returns.*\.gitattributes"):
        packaging.source(tmp_path / "handler.py")


def test_no_file_of_the_checkout_keeps_line_ends_of_its_own() -> None:
    """`.gitattributes` covers what is packed, what hosts run and what builds read."""
    for path in ("functions/redrive/handler.py", "functions/api/trading_api.openapi.yaml", "Pulumi.yaml", "Makefile"):
        said = _git(packaging.ROOT, "check-attr", "eol", "--", path)
        assert said.strip().endswith("eol: lf"), f"git converts {path}"


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    ).stdout
