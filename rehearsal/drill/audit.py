"""Audit of a drill: compares confirmed orders and records with both regions' data and with the reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from functions.order_item import Item
from rehearsal.drill.orders import Acceptance


@dataclass(frozen=True)
class Handover:
    """The lease to accept orders passed to `holder` under `epoch`. It starts at `valid_from` (milliseconds since 1970,
    the new holder's clock)."""

    holder: str
    epoch: int
    valid_from: int


@dataclass(frozen=True)
class Findings:
    """Findings about orders.

    `lost`: confirmed orders that the new region did not know. `unnamed`: lost orders that no report named after the
    primary returned. `misnamed`: orders that a report named although the new region knew them. `duplicates`: orders
    that were confirmed with two different answers. `unpublished`: orders in no stream. `lost_too_early`: lost orders
    that were older than the replication lag.
    """

    accepted: int
    lost: tuple[str, ...] = ()
    lost_too_early: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    misnamed: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    max_writers_per_epoch: int = 1
    at_one_time: tuple[str, ...] = ()
    unpublished: tuple[str, ...] = ()
    missing: tuple[str, ...] = field(default=())
    """Confirmed orders that are in neither region's table at the end."""
    unaccounted: tuple[str, ...] = ()
    """Orders confirmed before the takeover that no consumer in the new region received and no report names."""
    twice: tuple[str, ...] = ()
    """Orders that consumers of both regions received."""
    traded_twice: tuple[str, ...] = ()
    """Orders that engines of both regions took."""
    twice_unnamed: tuple[str, ...] = ()
    """Orders that both regions received or took, and that no report names."""
    cancelled: int = 0
    undone: tuple[str, ...] = ()
    """Orders with an acknowledged cancel request that are open without it, or that were traded and are in no report."""


@dataclass(frozen=True)
class WrittenRecord:
    """A record whose write the region's bucket confirmed. `answered_at` is the client's clock, in milliseconds since
    1970."""

    key: str
    region: str
    answered_at: int


@dataclass(frozen=True)
class ObjectFindings:
    """Findings about records.

    `written`: all records. `lost`: records confirmed in the primary's bucket that the other bucket lacked at the
    takeover. `lost_too_early`: lost records that were older than the replication lag. `missing`: records that are not
    in both buckets at the end. `differing`: records that differ between the buckets, out of those `compared`.
    """

    written: int = 0
    lost: tuple[str, ...] = ()
    lost_too_early: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    compared: int = 0
    differing: tuple[str, ...] = ()


def unaccounted(
    acceptances: Iterable[Acceptance], old_epoch: int, received: Collection[str], named: Collection[str]
) -> list[str]:
    """Return orders confirmed under the old epoch that are neither received by a consumer in the new region nor in a
    report."""
    confirmed = {one.order_id for one in acceptances if one.epoch <= old_epoch}
    return sorted(confirmed - set(received) - set(named))


def undone(cancelled: Iterable[str], at_the_end: Mapping[str, Item], named: Collection[str]) -> list[str]:
    """Return orders whose cancel request was acknowledged, whose item does not have it, and that no report names."""
    return sorted(
        order
        for order in cancelled
        if order not in named and "cancel_requested_at" not in at_the_end.get(order, {"cancel_requested_at": 0})
    )


def writers_per_epoch(acceptances: Iterable[Acceptance]) -> dict[int, set[str]]:
    """Return the regions that accepted orders under each epoch."""
    writers: dict[int, set[str]] = defaultdict(set)
    for acceptance in acceptances:
        writers[acceptance.epoch].add(acceptance.region)
    return dict(writers)


def accepted_outside(acceptances: Iterable[Acceptance], handovers: Sequence[Handover]) -> list[str]:
    """Return orders that a region accepted without the lease, each with its region and epoch.

    The lease of a takeover begins when the previous lease has ended. From that moment another region may accept orders,
    so an order under an older epoch is wrong. An order by a region that never held the epoch is wrong too.
    """
    holders = {handover.epoch: handover.holder for handover in handovers}
    found = []
    for acceptance in acceptances:
        ends = [handover.valid_from for handover in handovers if handover.epoch > acceptance.epoch]
        over = bool(ends) and acceptance.accepted_at >= min(ends)
        early = any(
            handover.epoch == acceptance.epoch and acceptance.accepted_at < handover.valid_from
            for handover in handovers
        )
        stranger = holders.get(acceptance.epoch, acceptance.region) != acceptance.region
        if over or early or stranger:
            found.append(f"{acceptance.order_id} in {acceptance.region} under epoch {acceptance.epoch}")
    return sorted(set(found))


def duplicates(acceptances: Iterable[Acceptance], lost: Iterable[str]) -> list[str]:
    """Return orders that were confirmed with two different answers, without the lost orders.

    A lost order that its client enters again is new to the new region. Last-writer-wins tables have this cost, and the
    findings count such an order as lost.
    """
    answers: dict[str, set[tuple[str, int, int]]] = defaultdict(set)
    for acceptance in acceptances:
        answers[acceptance.order_id].add((acceptance.region, acceptance.epoch, acceptance.accepted_at))
    known = set(lost)
    return sorted(order for order, given in answers.items() if len(given) > 1 and order not in known)


def lost_orders(acceptances: Iterable[Acceptance], old_epoch: int, known: Mapping[str, Item]) -> list[str]:
    """Return orders confirmed under the old epoch that the new region does not have under it.

    `known` is the table of the new region while the old region is lost. An order that its client entered again is in
    that table under the new epoch.
    """
    confirmed = {one.order_id for one in acceptances if one.epoch == old_epoch}
    return sorted(order for order in confirmed if order not in known or known[order]["epoch"] != old_epoch)


def lost_too_early(
    acceptances: Iterable[Acceptance], lost: Iterable[str], lost_at: int, lag_milliseconds: float
) -> list[str]:
    """Return lost orders whose confirmation is older than the lag before the loss (milliseconds since 1970).

    Order intake writes an order before it confirms it, so these orders had been replicated.
    """
    answered = ((one.order_id, one.answered_at) for one in acceptances)
    return _too_early(answered, lost, lost_at, lag_milliseconds)


def lost_objects(records: Iterable[WrittenRecord], known: Collection[str]) -> list[str]:
    """Return records of the primary's bucket that the new region's bucket lacks; `known` holds its keys during the
    loss."""
    return sorted(one.key for one in records if one.key not in known)


def objects_lost_too_early(
    records: Iterable[WrittenRecord], lost: Iterable[str], lost_at: int | None, lag_milliseconds: float
) -> list[str]:
    """Return lost records whose confirmation is older than the lag before the loss; none without a loss."""
    if lost_at is None:
        return []
    return _too_early(((one.key, one.answered_at) for one in records), lost, lost_at, lag_milliseconds)


def _too_early(
    answered: Iterable[tuple[str, int]], lost: Iterable[str], lost_at: int, lag_milliseconds: float
) -> list[str]:
    first: dict[str, int] = {}
    for name, at in answered:
        first[name] = min(at, first.get(name, at))
    return sorted(name for name in lost if first[name] + lag_milliseconds < lost_at)


def unknown_orders(old: Mapping[str, Item], old_epoch: int, known: Mapping[str, Item]) -> list[str]:
    """Return orders of the old region's table, confirmed or not, that the new region did not have."""
    return sorted(order for order, item in old.items() if item["epoch"] == old_epoch and order not in known)
