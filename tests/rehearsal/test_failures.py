"""What goes wrong is told in one message, with a non-zero exit, and leaves no process behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blueprint.program import ROOT
from rehearsal.build_folder import MARKER
from rehearsal.engines.terraform.plugin import _target

LIMIT_SECONDS = 600


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rehearsal", *arguments]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        env={**os.environ, **environment},
    )


def processes_of(build: Path) -> list[str]:
    """Command lines of living processes that work in the build folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                where = os.readlink(entry / "cwd")
            except OSError:
                continue
            if str(build) in line or str(build) in where:
                found.append(line)
    return found


def test_a_used_port_is_an_error_and_leaves_no_process(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run("--port", str(port), "--build", str(tmp_path / "b"))
    assert told.returncode == 1
    assert str(port) in told.stdout
    assert "Traceback" not in told.stdout + told.stderr
    assert processes_of(tmp_path) == []


def test_a_missing_terraform_is_an_error_before_the_start(tmp_path: Path) -> None:
    told = run("--engine", "pulumi", "--build", str(tmp_path / "b"), PATH=str(tmp_path))
    assert told.returncode == 1
    assert "no pulumi command found; run `make engine`, or use --engine terraform" in told.stdout


def test_an_unknown_engine_is_a_usage_error(tmp_path: Path) -> None:
    assert run("--engine", "cdk", "--build", str(tmp_path / "b")).returncode == 2


def test_a_folder_without_a_provider_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    told = run("--engine", "terraform", "--build", str(tmp_path / "b"), TF_PLUGIN_DIR=str(tmp_path))
    assert told.returncode == 1
    assert "terraform providers mirror" in told.stdout


@pytest.mark.rehearsal
def test_a_broken_provider_is_an_error_and_leaves_no_server(tmp_path: Path) -> None:
    plugin = tmp_path / "mirror" / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0" / _target()
    plugin.mkdir(parents=True)
    (plugin / "terraform-provider-aws_v5.100.0_x5").write_text("#!/bin/sh\nexit 3\n")
    (plugin / "terraform-provider-aws_v5.100.0_x5").chmod(0o755)
    build = tmp_path / "b"
    told = run("--engine", "terraform", "--build", str(build), TF_PLUGIN_DIR=str(tmp_path / "mirror"))
    assert told.returncode == 1
    assert "terraform providers failed" in told.stdout
    assert "Traceback" not in told.stdout + told.stderr
    assert processes_of(build) == []


@pytest.fixture
def coming_up(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A rehearsal at the moment when the first stack begins to be made."""
    child = subprocess.Popen(
        command("up", "--keep", "--stack", "primary", "--build", str(tmp_path / "b")),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell's background job ignores interrupts and hands that on; whoever presses Ctrl-C is in the foreground.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("primary: up ..."):
                break
        yield child
    finally:
        child.kill()
        child.wait()


@pytest.mark.rehearsal
def test_a_dead_server_is_an_error_and_down_cleans_up(tmp_path: Path, coming_up: subprocess.Popen[str]) -> None:
    build = tmp_path / "b"
    os.kill(json.loads((build / "session.json").read_text())["pid"], signal.SIGKILL)
    told, _ = coming_up.communicate(timeout=LIMIT_SECONDS)
    assert coming_up.returncode == 1
    assert "the in-memory AWS ended" in told
    assert "`python -m rehearsal down` cleans up" in told
    assert (build / "session.json").exists(), "the state is kept for `down`"
    refused = run("up", "--keep", "--build", str(build))
    assert refused.returncode == 1
    assert "python -m rehearsal down" in refused.stdout
    cleaned = run("down", "--build", str(build))
    assert cleaned.returncode == 0, cleaned.stdout
    assert [path.name for path in build.iterdir()] == [MARKER]
    assert processes_of(build) == []


@pytest.mark.rehearsal
def test_an_interrupt_stops_cleanly(tmp_path: Path, coming_up: subprocess.Popen[str]) -> None:
    build = tmp_path / "b"
    coming_up.send_signal(signal.SIGINT)
    told, _ = coming_up.communicate(timeout=LIMIT_SECONDS)
    assert coming_up.returncode == 130
    assert "Traceback" not in told
    assert [line for line in processes_of(build) if "terraform" in line] == [], "terraform outlived the interrupt"
    assert run("down", "--build", str(build)).returncode == 0
    assert processes_of(build) == []


def test_down_without_up_is_an_error(tmp_path: Path) -> None:
    told = run("down", "--build", str(tmp_path / "b"))
    assert told.returncode == 1
    assert "nothing is up" in told.stdout
