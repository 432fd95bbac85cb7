"""A stopped engine begins nothing more, whatever thread is between two commands."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from rehearsal.engines.protocol import EngineError
from rehearsal.engines.terraform.command import Terraform


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A terraform that notes that it began, and answers its arguments."""
    command = tmp_path / "bin" / "terraform"
    command.parent.mkdir()
    command.write_text(f'#!{sys.executable}\nimport sys\nopen("began", "w").close()\nprint(*sys.argv[1:])\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(command.parent), prepend=os.pathsep)
    return tmp_path


def test_a_command_answers_on_stdout_or_into_a_file(folder: Path) -> None:
    terraform = Terraform(folder, {}, 60)
    assert terraform.run("show", "-json") == "show -json\n"
    terraform.write(folder / "answer", "providers", "schema")
    assert (folder / "answer").read_text() == "providers schema\n"


def test_no_command_starts_after_a_stop(folder: Path) -> None:
    stopped = threading.Event()
    terraform = Terraform(folder, {}, 60, stopped=stopped)
    stopped.set()
    with pytest.raises(EngineError, match="interrupted"):
        terraform.stream(["apply"], lambda _: None)
    assert not (folder / "began").exists(), "a stack is brought up although the rehearsal was stopped"
