"""Lifecycles that cannot be meant are refused."""

from __future__ import annotations

import pytest

from components.data.bucket import LifecycleRule


def test_objects_do_not_expire_before_they_move():
    with pytest.raises(
        ValueError, match="lifecycle rule logs: objects expire after 60 days, before they move after 90"
    ):
        LifecycleRule("logs", transitions=[(30, "STANDARD_IA"), (90, "GLACIER")], expire_after_days=60)


@pytest.mark.parametrize(
    "transitions", [[(90, "GLACIER"), (30, "STANDARD_IA")], [(30, "STANDARD_IA"), (30, "GLACIER")]]
)
def test_objects_move_in_rising_order(transitions):
    with pytest.raises(ValueError, match="must be in rising order"):
        LifecycleRule("logs", transitions=transitions)


def test_objects_that_only_move_are_kept_for_ever():
    assert LifecycleRule("records", transitions=[(90, "GLACIER")]).expire_after_days is None
