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


def test_a_resource_that_the_provider_found_is_read_back() -> None:
    found = planned(refreshed("aws_vpc.vpc"))
    assert (found.read_back, found.differing, found.actions) == ({"aws_vpc.vpc"}, frozenset(), {})


def test_a_resource_that_is_gone_is_not_read_back_though_it_was_asked_for() -> None:
    found = planned(refreshed("aws_vpc.vpc"), change("aws_vpc.vpc", "create"))
    assert (found.read_back, found.differing) == (frozenset(), frozenset())


def test_a_resource_that_is_otherwise_than_declared_differs() -> None:
    found = planned(refreshed("aws_vpc.vpc"), change("aws_vpc.vpc", "update"), refreshed("aws_eip.nat"))
    assert found.differing == {"aws_vpc.vpc"}
    assert found.replaced == ()


def test_an_update_in_place_that_makes_a_resource_anew_is_told() -> None:
    found = planned(refreshed("aws_vpc.vpc"), change("aws_vpc.vpc", "replace"))
    assert (found.replaced, found.differing) == (("aws_vpc.vpc",), {"aws_vpc.vpc"})


def test_data_that_is_read_and_moves_are_no_changes() -> None:
    assert planned(change("data.aws_region.here", "read"), change("aws_vpc.vpc", "noop")).actions == {}
