"""The recorded platform in the JSON form that the pack reads, and the made-up one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from blueprint import Blueprint
from tests.policy import sample_platform

Json = dict[str, Any]

# On a busy machine an example may take seconds: how long one takes says nothing about a rule.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


def _json(blueprint: Blueprint) -> Json:
    return json.loads(blueprint.to_text())


@pytest.fixture(scope="session")
def primary_json(primary: Blueprint) -> Json:
    return _json(primary)


@pytest.fixture(scope="session")
def standing_by(primary_json: Json, dr: Blueprint) -> list[Json]:
    """The primary, and the recovery stack standing by."""
    return [primary_json, _json(dr)]


@pytest.fixture(scope="session")
def taken_over(primary_json: Json, dr_active: Blueprint) -> list[Json]:
    """The primary, and the recovery stack after it has taken over."""
    return [primary_json, _json(dr_active)]


@pytest.fixture(scope="session")
def made() -> list[Json]:
    """The made-up primary, and its recovery stack standing by."""
    return list(sample_platform.platform())


@pytest.fixture(scope="session")
def made_over(made: list[Json]) -> list[Json]:
    """The made-up primary, and its recovery stack after it has taken over."""
    primary, recovery = made
    side = sample_platform.urn("dr", "pulumi:providers:aws", sample_platform.own("primary-side"))
    kept = [r for r in recovery["resources"] if side not in (r["urn"], r["provider"])]
    return [primary, {**recovery, "resources": kept, "outputs": {"active": True}}]
