"""What a plan found is read from its event stream."""

from __future__ import annotations

from typing import Any

from rehearsal.engines.terraform.plan_result import PlanResult


def planned(*events: dict[str, Any]) -> PlanResult:
    found = PlanResult()
    for event in events:
        found(event)
    return found


def refreshed(address: str) -> dict[str, Any]:
    return {"type": "refresh_complete", "hook": {"resource": {"addr": address}}}


def change(address: str, action: str) -> dict[str, Any]:
    return {"type": "planned_change", "change": {"resource": {"addr": address}, "action": action}}


def test_a_refreshed_resource_counts_as_read() -> None:
    found = planned(refreshed("aws_vpc.vpc"))
    assert (found.read_back, found.differing, found.actions) == ({"aws_vpc.vpc"}, frozenset(), {})


def test_a_missing_resource_does_not_count_as_read() -> None:
    found = planned(refreshed("aws_vpc.vpc"), change("aws_vpc.vpc", "create"))
    assert (found.read_back, found.differing) == (frozenset(), frozenset())


def test_a_changed_resource_is_drift() -> None:
    found = planned(refreshed("aws_vpc.vpc"), change("aws_vpc.vpc", "update"), refreshed("aws_eip.nat"))
    assert found.differing == {"aws_vpc.vpc"}
    assert found.replaced == ()


def test_a_replacement_is_reported() -> None:
    found = planned(refreshed("aws_vpc.vpc"), change("aws_vpc.vpc", "replace"))
    assert (found.replaced, found.differing) == (("aws_vpc.vpc",), {"aws_vpc.vpc"})


def test_data_sources_and_moves_are_not_changes() -> None:
    assert planned(change("data.aws_region.here", "read"), change("aws_vpc.vpc", "noop")).actions == {}
