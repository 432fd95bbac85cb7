"""Credentials of the in-memory AWS, and worlds in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.recovery import world as worlds
from tests.recovery.world import World


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "in-memory")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")


@pytest.fixture(autouse=True)
def _coarse_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of orders in 4,096 segments is work for nothing."""
    monkeypatch.setattr("recovery.steps.compare._SEGMENT_DEPTH", 4)


@pytest.fixture
def world() -> World:
    return worlds.world()


@pytest.fixture
def world_on_moto() -> Iterator[World]:
    with worlds.world_on_moto() as made:
        yield made
