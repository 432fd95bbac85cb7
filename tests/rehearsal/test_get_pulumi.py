"""Where `make engine` takes the pulumi command from, and what it says when there is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rehearsal.engines import EngineError, pulumi_command

SCRIPT = Path(__file__).parents[2] / "rehearsal" / "engines" / "get_pulumi.sh"
SDK = "3.272.0"


def _command(path: Path, says: str, code: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\nexit {code}\n")
    path.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of commands in which nothing is reachable."""
    _command(tmp_path / "tools" / "curl", "", 6)
    return tmp_path / "tools"


def _run(tmp_path: Path, tools: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), str(tmp_path / "bin"), "3.274.1", SDK],
        env={"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("version", ["v3.272.0", "v3.274.1", "3.300.0"])
def test_a_suitable_command_on_the_path_is_used(tmp_path: Path, tools: Path, version: str) -> None:
    _command(tools / "pulumi", version)
    ran = _run(tmp_path, tools)
    assert ran.returncode == 0, ran.stdout
    assert os.readlink(tmp_path / "bin" / "pulumi") == str(tools / "pulumi")


@pytest.mark.parametrize("version", ["v3.271.9", "v2.300.0", "v4.0.0", "nonsense"])
def test_an_unsuitable_command_is_ignored(tmp_path: Path, tools: Path, version: str) -> None:
    _command(tools / "pulumi", version)
    ran = _run(tmp_path, tools)
    assert ran.returncode == 1
    assert f"does not fit the SDK's {SDK}" in ran.stdout
    assert not (tmp_path / "bin" / "pulumi").exists()


def test_a_built_command_is_cached(tmp_path: Path, tools: Path) -> None:
    _command(tmp_path / "cache" / "trading-platform" / "pulumi-3.274.1" / "bin" / "pulumi", "v3.274.1")
    ran = _run(tmp_path, tools, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert ran.returncode == 0
    assert "from the cache" in ran.stdout


def test_a_missing_command_is_a_one_line_error(tmp_path: Path, tools: Path) -> None:
    ran = _run(tmp_path, tools)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "no pulumi command" in ran.stderr
    assert "there is no Go toolchain" in ran.stdout


def test_a_build_that_fails_leaves_no_command(tmp_path: Path, tools: Path) -> None:
    _command(tools / "go", "the module proxy cannot be reached", 1)
    # Seconds pass until the next look at the build.
    _command(tools / "sleep", "")
    ran = _run(tmp_path, tools, GO=str(tools / "go"))
    assert ran.returncode == 1
    assert not (tmp_path / "bin" / "pulumi").exists()
    assert "engine: the build failed: " in ran.stdout
    assert ran.stderr.count("\n") == 1


def test_a_full_disk_is_an_error_before_any_download(tmp_path: Path, tools: Path) -> None:
    """The build asks for the space that it needs; nothing is left in the cache."""
    _command(tools / "go", "")
    _command(tools / "df", "")
    (tools / "df").write_text("#!/bin/sh\nprintf 'Filesystem\\n/dev/x 100 90 10 90%% /\\n'\n")
    ran = _run(tmp_path, tools, GO=str(tools / "go"))
    assert ran.returncode == 1
    assert "a build needs 6000 MB" in ran.stdout
    assert "10 are free" in ran.stdout
    assert not list((tmp_path / ".cache" / "trading-platform").iterdir())


@pytest.mark.parametrize(("version", "fits"), [("3.272.0", True), ("3.273.5", True), ("3.271.0", False), ("", False)])
def test_a_rehearsal_uses_a_command_that_matches_the_sdk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, fits: bool
) -> None:
    _command(tmp_path / "pulumi", f"v{version}" if version else "")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(pulumi_command.sys, "executable", str(tmp_path / "nowhere" / "python"))
    monkeypatch.setattr(pulumi_command.importlib.metadata, "version", lambda _package: SDK)
    pulumi_command.find_command.cache_clear()
    try:
        if fits:
            assert pulumi_command.find_command().version == version
        else:
            with pytest.raises(EngineError, match="does not fit the SDK"):
                pulumi_command.find_command()
    finally:
        pulumi_command.find_command.cache_clear()
