"""Each stack is recorded once for the whole run; tests assert on the recorded graph."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable, Iterator

import pytest

from aws_emulator import server
from blueprint import Blueprint, record_dr, record_primary
from tests.golden import Golden

Recorded = Callable[[str, Callable[[], Blueprint]], Blueprint]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Recorded:
    """Records a stack by name, or takes it from the worker of pytest-xdist that has recorded it in this run."""
    base = tmp_path_factory.getbasetemp()
    # Workers of one run have folders below that run's own.
    shared = base.parent if hasattr(request.config, "workerinput") else base

    def get(name: str, record: Callable[[], Blueprint]) -> Blueprint:
        file = shared / f"blueprint-{name}.pickle"
        with (shared / f"blueprint-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.exists():
                file.write_bytes(pickle.dumps(record()))
            return pickle.loads(file.read_bytes())

    return get


@pytest.fixture(scope="session")
def primary(recorded: Recorded) -> Blueprint:
    """The primary stack."""
    return recorded("primary", record_primary)


@pytest.fixture(scope="session")
def dr(recorded: Recorded, primary: Blueprint) -> Blueprint:
    """The recovery stack, standing by."""
    return recorded("dr", lambda: record_dr(primary))


@pytest.fixture(scope="session")
def dr_active(recorded: Recorded, primary: Blueprint) -> Blueprint:
    """The recovery stack after it has taken over."""
    return recorded("dr-active", lambda: record_dr(primary, active=True))


@pytest.fixture(scope="session")
def in_memory_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.RunningServer]:
    """One in-memory AWS for all tests that ask for it; `empty_account` empties it before each of them."""
    with server.start(log=tmp_path_factory.mktemp("aws") / "server.log") as running:
        yield running


@pytest.fixture(autouse=True)
def empty_account(request: pytest.FixtureRequest) -> None:
    """Begin each test of the shared in-memory AWS with an empty account, so that no test meets resources of another.

    The in-memory AWS enforces AWS's default quotas: five VPCs or hubs of other tests would fail the sixth.
    """
    if "in_memory_aws" in request.fixturenames:
        request.getfixturevalue("in_memory_aws").reset()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rehearsals mostly wait: they go first, the longest before the others, and what computes runs beside them."""
    items.sort(key=lambda item: -_minutes(item))


def _minutes(item: pytest.Item) -> float:
    """About how long a rehearsal takes; 0 for any other test."""
    marker = item.get_closest_marker("rehearsal")
    return marker.kwargs.get("minutes", 1) if marker else 0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares with the golden files."""
    return Golden(update=request.config.getoption("--update-golden"))
