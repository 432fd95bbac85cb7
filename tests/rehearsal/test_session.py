"""A rehearsal that is up is found by its folder, and a second one is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rehearsal.session import Session, SessionError, refuse_second


def session(pid: int) -> Session:
    return Session(pid, "http://127.0.0.1:1", "terraform", "123456789012", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    kept = session(1)
    kept.write(tmp_path)
    assert Session.read(tmp_path) == kept
    Session.forget(tmp_path)
    assert Session.read(tmp_path) is None


def test_a_second_rehearsal_in_one_folder_is_refused_with_the_way_out(tmp_path: Path) -> None:
    refuse_second(tmp_path)
    session(os.getpid()).write(tmp_path)
    with pytest.raises(SessionError, match=r"python -m rehearsal down.*--build"):
        refuse_second(tmp_path)


def test_a_damaged_file_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_text('{"pid": 1')
    with pytest.raises(SessionError, match=r"session\.json is damaged .* remove"):
        Session.read(tmp_path)


def test_another_process_under_the_same_number_is_not_taken_for_the_server(tmp_path: Path) -> None:
    assert not session(os.getpid()).alive
    session(os.getpid()).stop_server()


def test_the_server_is_ended_by_its_own_number() -> None:
    waits = "import time; print('up', flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", waits, "aws_emulator"], stdout=subprocess.PIPE)
    # Its command line can be read only once it runs.
    assert child.stdout is not None
    child.stdout.readline()
    server = session(child.pid)
    assert server.alive
    # The child is this process's own, so its end must be collected here for the number to become free.
    reaper = threading.Thread(target=child.wait)
    reaper.start()
    server.stop_server()
    reaper.join(timeout=30)
    assert child.returncode is not None, "the server outlived its session"
