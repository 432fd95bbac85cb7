"""Fixture with the primary, the standby and the active recovery stack."""

from __future__ import annotations

import pytest

from blueprint import Blueprint


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    """The primary, the recovery stack standing by, and the recovery stack after it has taken over."""
    return request.getfixturevalue(request.param)
