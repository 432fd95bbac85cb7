"""Fixture with the primary, the standby and the active recovery stack."""

from __future__ import annotations

import pytest

from blueprint import Blueprint, record_dr, record_primary


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    """The primary, the recovery stack standing by, and the recovery stack after it has taken over."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def with_options() -> Blueprint:
    """The primary with everything that is off by default."""
    return record_primary(
        {"cacheEnabled": True, "dbInsights": "advanced", "dbStorageType": "io2", "tableContributorInsights": True}
    )


@pytest.fixture(scope="session")
def active_with_options(with_options: Blueprint) -> Blueprint:
    """The recovery stack that has taken over from it, with options of its own alike."""
    return record_dr(with_options, active=True, overrides={"tableContributorInsights": True})
