"""What a drill proves about orders and records: who accepted what, when, under which epoch, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from functions.order_item import Item
from rehearsal.drill.orders import Acceptance


@dataclass(frozen=True)
class Handover:
    """The right to accept orders went to `holder` under `epoch`, which begins at `valid_from` (milliseconds since
    1970, the new holder's clock)."""

    holder: str
    epoch: int
    valid_from: int


@dataclass(frozen=True)
class Findings:
    """`lost` are confirmed orders that the region which took over did not know; `unnamed` of them were not named when
    the primary was back, `misnamed` were named although they were known. `duplicates` are orders that were confirmed
    with two different answers; `unpublished` are in no stream; `lost_too_early` are the lost ones that had had the
    time to arrive."""

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
    """Confirmed, and in neither region's table at the end."""
    unaccounted: tuple[str, ...] = ()
    """Confirmed before the takeover, not received by a consumer in the region that took over, and not named."""
    twice: tuple[str, ...] = ()
    """Received by consumers of both regions."""
    traded_twice: tuple[str, ...] = ()
    """Taken by engines of both regions."""
    twice_unnamed: tuple[str, ...] = ()
    """Received or taken in both, and named by no report."""
    cancelled: int = 0
    undone: tuple[str, ...] = ()
    """A request to cancel was acknowledged, and the order is open without it, or was traded and is not named."""


@dataclass(frozen=True)
class Filed:
    """A record whose writing the region's bucket confirmed; `answered_at` is the client's clock, in milliseconds since
    1970."""

    key: str
    region: str
    answered_at: int


@dataclass(frozen=True)
class ObjectFindings:
    """Of the records `written`, `lost` had been confirmed in the primary's bucket and were not in the other one at the
    takeover; `lost_too_early` of them had had the time to arrive. `missing` are, at the end, not in both buckets, and
    `differing` of those `compared` are not the same in both."""

    written: int = 0
    lost: tuple[str, ...] = ()
    lost_too_early: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    compared: int = 0
    differing: tuple[str, ...] = ()


def unaccounted(
    acceptances: Iterable[Acceptance], old_epoch: int, received: Collection[str], named: Collection[str]
) -> list[str]:
    """Orders that some client was told are accepted, under the old epoch, of which nobody knows: what counts is what a
    consumer in the region that took over receives, and what the reports name."""
    confirmed = {one.order_id for one in acceptances if one.epoch <= old_epoch}
    return sorted(confirmed - set(received) - set(named))


def undone(cancelled: Iterable[str], at_the_end: Mapping[str, Item], named: Collection[str]) -> list[str]:
    """Orders whose request to cancel was acknowledged, whose item knows nothing of it, and that no report names."""
    return sorted(
        order
        for order in cancelled
        if order not in named and "cancel_requested_at" not in at_the_end.get(order, {"cancel_requested_at": 0})
    )


def writers_per_epoch(acceptances: Iterable[Acceptance]) -> dict[int, set[str]]:
    """The regions that accepted under each epoch."""
    writers: dict[int, set[str]] = defaultdict(set)
    for acceptance in acceptances:
        writers[acceptance.epoch].add(acceptance.region)
    return dict(writers)


def accepted_outside(acceptances: Iterable[Acceptance], handovers: Sequence[Handover]) -> list[str]:
    """Orders that were accepted by whom the lease did not belong to at the time, each with its region and epoch.

    A takeover's lease begins when the one before it has ended: an order under an older epoch that was accepted at that
    moment or later was accepted while another region might accept too, and so was one by a region that never had the
    epoch.
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
    """Orders that were confirmed as two different ones. One that was lost, and that its client entered again, is new to
    the region that took over: that is what last-writer-wins tables cost, and it is counted among the lost."""
    answers: dict[str, set[tuple[str, int, int]]] = defaultdict(set)
    for acceptance in acceptances:
        answers[acceptance.order_id].add((acceptance.region, acceptance.epoch, acceptance.accepted_at))
    known = set(lost)
    return sorted(order for order, given in answers.items() if len(given) > 1 and order not in known)


def lost_orders(acceptances: Iterable[Acceptance], old_epoch: int, known: Mapping[str, Item]) -> list[str]:
    """Orders confirmed under the old epoch that the region which took over does not know as such; `known` is its table
    while the old region is gone. One that its client entered there again is in that table, under the new epoch."""
    confirmed = {one.order_id for one in acceptances if one.epoch == old_epoch}
    return sorted(order for order in confirmed if order not in known or known[order]["epoch"] != old_epoch)


def lost_too_early(
    acceptances: Iterable[Acceptance], lost: Iterable[str], lost_at: int, lag_milliseconds: float
) -> list[str]:
    """Lost orders that were confirmed longer than the lag before the primary was lost (milliseconds since 1970): an
    order is written before it is confirmed, so these had been replicated."""
    answered = ((one.order_id, one.answered_at) for one in acceptances)
    return _too_early(answered, lost, lost_at, lag_milliseconds)


def lost_objects(filed: Iterable[Filed], known: Collection[str]) -> list[str]:
    """Records of the primary's bucket that the one of the region which took over does not have; `known` are its keys
    while the primary is gone."""
    return sorted(one.key for one in filed if one.key not in known)


def objects_lost_too_early(
    filed: Iterable[Filed], lost: Iterable[str], lost_at: int | None, lag_milliseconds: float
) -> list[str]:
    """Lost records that were confirmed longer than the lag before the primary was lost; none where it was not."""
    if lost_at is None:
        return []
    return _too_early(((one.key, one.answered_at) for one in filed), lost, lost_at, lag_milliseconds)


def _too_early(
    answered: Iterable[tuple[str, int]], lost: Iterable[str], lost_at: int, lag_milliseconds: float
) -> list[str]:
    first: dict[str, int] = {}
    for name, at in answered:
        first[name] = min(at, first.get(name, at))
    return sorted(name for name in lost if first[name] + lag_milliseconds < lost_at)


def unknown_orders(old: Mapping[str, Item], old_epoch: int, known: Mapping[str, Item]) -> list[str]:
    """Orders of the old region's table, confirmed or not, that the region which took over did not have."""
    return sorted(order for order, item in old.items() if item["epoch"] == old_epoch and order not in known)
