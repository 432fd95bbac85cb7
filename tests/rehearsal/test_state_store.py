"""The state store serves states by folder to its own terraform alone; early exports end with their stack."""

from __future__ import annotations

import base64
import json
import stat
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engines.terraform.export_watcher import ExportWatcher, early_exports, forget_exports
from rehearsal.engines.terraform.state_store import State, StateStore

STATE = {
    "version": 4,
    "outputs": {"region": {"value": "us-east-1", "type": "string"}},
    "resources": [
        {"mode": "managed", "type": "aws_vpc", "name": "vpc", "instances": [{}]},
        {"mode": "data", "type": "aws_region", "name": "here", "instances": [{}]},
    ],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StateStore]:
    (tmp_path / "primary").mkdir()
    served = StateStore(tmp_path)
    yield served
    served.close()


def ask(address: str, method: str, password: str, body: bytes | None = None) -> tuple[int, bytes]:
    credentials = base64.b64encode(f"rehearsal:{password}".encode()).decode()
    request = urllib.request.Request(
        address, data=body, method=method, headers={"Authorization": f"Basic {credentials}"}
    )
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def test_a_stored_state_is_read_unchanged(store: StateStore, tmp_path: Path) -> None:
    """A new stack has no state (404, which terraform takes for an empty one); later reads answer what was written."""
    variables = store.environment(tmp_path / "primary")
    address, password = variables["TF_HTTP_ADDRESS"], variables["TF_HTTP_PASSWORD"]
    assert ask(address, "GET", password)[0] == 404
    assert ask(address, "POST", password, json.dumps(STATE).encode()) == (200, b"")
    assert json.loads(ask(address, "GET", password)[1]) == STATE
    state = State.read(tmp_path / "primary")
    assert (state.addresses, state.outputs) == (["aws_vpc.vpc"], {"region": "us-east-1"})


def test_a_state_needs_its_own_credentials(store: StateStore, tmp_path: Path) -> None:
    """A state holds secrets: another user of this machine has neither the password nor the file."""
    variables = store.environment(tmp_path / "primary")
    assert ask(variables["TF_HTTP_ADDRESS"], "GET", "guessed")[0] == 401
    ask(variables["TF_HTTP_ADDRESS"], "POST", variables["TF_HTTP_PASSWORD"], b"{}")
    assert stat.S_IMODE((tmp_path / "primary" / "terraform.tfstate").stat().st_mode) == 0o600


@pytest.mark.parametrize("path", ["/../outside", "/none", "//etc"])
def test_a_path_outside_the_build_folder_is_refused(store: StateStore, tmp_path: Path, path: str) -> None:
    """The address comes by an environment variable: it reaches no other folder."""
    (tmp_path.parent / "outside").mkdir(exist_ok=True)
    variables = store.environment(tmp_path / "primary")
    address = variables["TF_HTTP_ADDRESS"].removesuffix("/primary") + path
    assert ask(address, "POST", variables["TF_HTTP_PASSWORD"], b"{}")[0] == 400


def test_exports_are_ready_when_terraform_has_written_them_or_has_ended(tmp_path: Path) -> None:
    """Another stack may begin when the resource that writes the exports is done, or the apply is over."""
    ready = threading.Event()
    watch = ExportWatcher(ready)
    watch({"type": "apply_complete", "hook": {"resource": {"addr": "aws_vpc.vpc"}}})
    assert not ready.is_set()
    watch({"type": "apply_complete", "hook": {"resource": {"addr": "terraform_data.exports"}}})
    assert ready.is_set()
    ended = threading.Event()
    ExportWatcher(ended).finish()
    assert ended.is_set()


def test_exports_of_a_destroyed_stack_are_deleted(tmp_path: Path) -> None:
    """A stack that is gone exports nothing."""
    assert early_exports(tmp_path) == {}
    (tmp_path / "exports.json").write_text('{"region": "us-east-1"}')
    assert early_exports(tmp_path) == {"region": "us-east-1"}
    forget_exports(tmp_path)
    assert early_exports(tmp_path) == {}
