"""What every stack must hold is asked of all three."""

from __future__ import annotations

import pytest

from blueprint import Blueprint, record_primary
from tests.components.observability.pairing import World


@pytest.fixture(params=["primary", "dr", "dr_active"])
def world(request: pytest.FixtureRequest) -> World:
    """The primary, the recovery stack standing by, and the recovery stack after it has taken over, each beside the
    other region."""
    stack: Blueprint = request.getfixturevalue(request.param)
    primary: Blueprint = request.getfixturevalue("primary")
    other = request.getfixturevalue("dr") if stack is primary else primary
    return World(stack, other)


@pytest.fixture(scope="session")
def with_cache() -> Blueprint:
    """The primary with what is off by default."""
    return record_primary({"cacheEnabled": True})
