"""Each stack is recorded once for the whole run; tests assert on the recorded graph."""

from __future__ import annotations

import pytest

from blueprint import Blueprint, record_dr, record_primary
from tests.golden import Golden


@pytest.fixture(scope="session")
def primary() -> Blueprint:
    """The primary stack."""
    return record_primary()


@pytest.fixture(scope="session")
def dr(primary: Blueprint) -> Blueprint:
    """The recovery stack, standing by."""
    return record_dr(primary)


@pytest.fixture(scope="session")
def dr_active(primary: Blueprint) -> Blueprint:
    """The recovery stack after it has taken over."""
    return record_dr(primary, active=True)


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
