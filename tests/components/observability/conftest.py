"""Fixture with the primary, the standby and the active recovery stack."""

from __future__ import annotations

import pytest

from blueprint import Blueprint, record_primary
from tests.components.observability.pairing import World


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    """The primary, the recovery stack standing by, and the recovery stack after it has taken over."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def world(stack: Blueprint, request: pytest.FixtureRequest) -> World:
    """Each of the three beside the other region."""
    primary: Blueprint = request.getfixturevalue("primary")
    other = request.getfixturevalue("dr") if stack is primary else primary
    return World(stack, other)


@pytest.fixture(scope="session")
def with_cache() -> Blueprint:
    """The primary with what is off by default."""
    return record_primary({"cacheEnabled": True})
