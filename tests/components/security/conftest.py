"""Each stack in turn."""

from __future__ import annotations

import pytest

from blueprint import Blueprint


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    """The primary, the recovery region standing by, and after it has taken over."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["dr", "dr_active"])
def recovery(request: pytest.FixtureRequest) -> Blueprint:
    """The recovery region standing by, and after it has taken over."""
    return request.getfixturevalue(request.param)
