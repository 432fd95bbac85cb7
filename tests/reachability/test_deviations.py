"""Nothing in the recorded stacks is accepted by AWS and carried out otherwise than declared."""

from __future__ import annotations

from blueprint import Blueprint, record_dr, record_primary
from tests.reachability.deviations import deviations


def test_the_stacks_do_what_they_declare(primary: Blueprint, dr: Blueprint, dr_active: Blueprint) -> None:
    """Each check of `deviations` on the primary, the standby and the region that has taken over."""
    assert deviations(primary, dr) == []
    assert deviations(primary, dr_active) == []


def test_strongly_consistent_stacks_do_what_they_declare() -> None:
    """Strong tables are declared by the recovery stack, with a replica in the primary's region."""
    values = {"ordersConsistency": "strong"}
    primary = record_primary(values)
    assert deviations(primary, record_dr(primary, overrides=values)) == []
