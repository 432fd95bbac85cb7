"""What a drill finds out about orders, on answers that are written down here."""

from __future__ import annotations

from typing import Any

from rehearsal.drill import audit
from rehearsal.drill.audit import Handover, WrittenRecord
from rehearsal.drill.orders import Acceptance

EAST, WEST = "us-east-1", "us-west-2"
HANDOVERS = [Handover(EAST, 1, 0), Handover(WEST, 2, 1_000), Handover("nobody", 3, 5_000), Handover(EAST, 4, 5_500)]


def accepted(order: str, region: str, epoch: int, at: int) -> Acceptance:
    return Acceptance(order, region, region, epoch, at, at + 5)


def items(**epochs: int) -> dict[str, Any]:
    return {order: {"order_id": order, "epoch": epoch} for order, epoch in epochs.items()}


def test_two_regions_under_one_epoch_are_two_writers() -> None:
    found = audit.writers_per_epoch([accepted("a", EAST, 1, 1), accepted("b", WEST, 1, 2), accepted("c", WEST, 2, 3)])
    assert found == {1: {EAST, WEST}, 2: {WEST}}


def test_audit_finds_an_order_accepted_after_the_lease_expired() -> None:
    right = [accepted("a", EAST, 1, 999), accepted("b", WEST, 2, 1_000), accepted("c", EAST, 4, 5_500)]
    assert audit.accepted_outside(right, HANDOVERS) == []
    wrong = accepted("late", EAST, 1, 1_000)
    assert audit.accepted_outside([*right, wrong], HANDOVERS) == [f"late in {EAST} under epoch 1"]


def test_audit_finds_an_order_accepted_before_the_new_lease() -> None:
    assert audit.accepted_outside([accepted("early", WEST, 2, 999)], HANDOVERS) == [f"early in {WEST} under epoch 2"]


def test_audit_finds_an_order_by_a_region_that_never_held_the_epoch() -> None:
    assert audit.accepted_outside([accepted("x", WEST, 4, 6_000)], HANDOVERS) == [f"x in {WEST} under epoch 4"]


def test_audit_names_exactly_the_lost_orders() -> None:
    answers = [accepted(order, EAST, 1, 1) for order in ("known", "lost", "again")] + [accepted("new", WEST, 2, 1_100)]
    known = items(known=1, again=2, new=2)
    assert audit.lost_orders(answers, 1, known) == ["again", "lost"], (
        "an order is lost when the region that took over does not know it, or knows it only as entered again"
    )


def test_a_lost_order_older_than_the_lag_is_lost_too_early() -> None:
    answers = [accepted("early", EAST, 1, 100), accepted("late", EAST, 1, 700), accepted("late", EAST, 1, 900)]
    found = audit.lost_too_early(answers, ["early", "late"], lost_at=1_000, lag_milliseconds=500)
    assert found == ["early"], "what was confirmed within the lag before the loss may be lost, and nothing before"


def test_unconfirmed_orders_count_as_unknown() -> None:
    old = items(known=1, lost=1, unconfirmed=1, replicated=2)
    assert audit.unknown_orders(old, 1, items(known=1)) == ["lost", "unconfirmed"]


def test_two_different_answers_to_one_order_are_a_duplicate() -> None:
    once = [accepted("a", EAST, 1, 1), accepted("a", EAST, 1, 1)]
    assert audit.duplicates(once, []) == []
    twice = [*once, accepted("a", WEST, 2, 1_100)]
    assert audit.duplicates(twice, []) == ["a"]
    assert audit.duplicates(twice, ["a"]) == [], "what was lost is counted there, and may be entered again"


def test_lost_records_older_than_the_lag_are_lost_too_early() -> None:
    filed = [WrittenRecord("early", EAST, 100), WrittenRecord("late", EAST, 700), WrittenRecord("arrived", EAST, 90)]
    lost = audit.lost_objects(filed, {"arrived"})
    assert lost == ["early", "late"]
    assert audit.objects_lost_too_early(filed, lost, lost_at=1_000, lag_milliseconds=500) == ["early"]
    assert audit.objects_lost_too_early(filed, lost, lost_at=None, lag_milliseconds=500) == [], "nothing was lost"
