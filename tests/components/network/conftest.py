"""The three graphs that every property of the network is asserted on."""

from __future__ import annotations

import pytest

from blueprint import Blueprint


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    """Each stack in turn: the primary, the recovery region standing by, and after it has taken over."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["dr", "dr_active"])
def recovery(request: pytest.FixtureRequest) -> Blueprint:
    """The recovery region, standing by and after it has taken over."""
    return request.getfixturevalue(request.param)
