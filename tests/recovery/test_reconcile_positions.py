"""A late write of an older epoch that replaces a position is named before orders return to the region."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions import position_item
from functions.position_item import MalformedMarkerError, Marker
from recovery.plan import Verb
from recovery.report import Report
from tests.functions.aws import POSITIONS
from tests.recovery.test_kills import ready_for
from tests.recovery.world import EAST, WEST, World, world_on_moto

TAKEOVER = 2
"""The epoch of the recovery region."""


def write(world: World, instrument: str, epoch: int, *, marked: bool = True, account: str = "ACC-1") -> None:
    """An engine writes a position, and its marker first; both regions have them."""
    marker = Marker(account, instrument, epoch)
    for region in (EAST, WEST):
        if marked:
            world.dynamodb[region].put_item(TableName=POSITIONS, Item=position_item.to_attributes(marker))
        item = {**marker.position, "quantity": {"N": "5"}, "write_epoch": {"N": str(epoch)}}
        world.dynamodb[region].put_item(TableName=POSITIONS, Item=item)


def named(report: Report) -> list[tuple[str, int, int]]:
    assert report.outcome == "done"
    entries = report.step("reconcile-positions").facts["named"]
    return [(entry["instrument"], entry["written_under"], entry["overwrote"]) for entry in entries]


@pytest.fixture
def moto() -> Iterator[World]:
    with world_on_moto() as world:
        world.unhurried = True
        yield world


@pytest.mark.parametrize("verb", [Verb.FAILBACK, Verb.REJOIN])
def test_a_position_whose_epoch_went_backwards_is_named(verb: Verb) -> None:
    """The old engine wrote after the takeover had; last-writer-wins kept its position. Others are not named."""
    world, later = ready_for(verb), TAKEOVER if verb is Verb.FAILBACK else TAKEOVER + 1
    for instrument in ("KEPT", "OLD", "BACK"):
        write(world, instrument, later - 1)
    write(world, "KEPT", later)
    write(world, "BACK", later)
    write(world, "BACK", later - 1)
    assert named(world.operations().begin(verb)) == [("BACK", later - 1, later)]


def test_a_failover_to_the_primary_names_what_no_failback_has_named() -> None:
    """The recovery region wrote the position, the returned primary overwrote it, and the recovery region is lost."""
    world = ready_for(Verb.FAILOVER_TO_PRIMARY)
    write(world, "BACK", TAKEOVER)
    write(world, "BACK", TAKEOVER - 1)
    assert named(world.operations().begin(Verb.FAILOVER_TO_PRIMARY)) == [("BACK", TAKEOVER - 1, TAKEOVER)]


def test_a_marker_without_its_position_is_no_overwritten_position() -> None:
    """An engine that died between the two writes left nothing that could be wrong."""
    world = ready_for(Verb.FAILBACK)
    for region in (EAST, WEST):
        marker = position_item.to_attributes(Marker("ACC-1", "NEW", TAKEOVER))
        world.dynamodb[region].put_item(TableName=POSITIONS, Item=marker)
    assert named(world.operations().begin(Verb.FAILBACK)) == []


def test_more_positions_than_are_in_memory_at_a_time_are_read(moto: World) -> None:
    """The expressions are those that DynamoDB parses."""
    moto.order("A")
    moto.operations().begin(Verb.FAILOVER)
    moto.give_back_the_primary()
    for number in range(130):
        write(moto, f"I-{number:03}", TAKEOVER)
    write(moto, "I-007", TAKEOVER - 1)
    write(moto, "I-127", TAKEOVER - 1)
    assert named(moto.operations().begin(Verb.FAILBACK)) == [("I-007", 1, 2), ("I-127", 1, 2)]


def test_a_marker_is_read_as_it_was_written() -> None:
    """Instruments may hold the separator; other items are refused with their key."""
    marker = Marker("ACC-1", "BTC#PERP", 12)
    attributes = position_item.to_attributes(marker)
    assert position_item.from_attributes(attributes) == marker
    for wrong in ({**attributes, "instrument": {"S": "BTC"}}, {**attributes, "write_epoch": {"N": "7"}}):
        with pytest.raises(MalformedMarkerError, match="ACC-1"):
            position_item.from_attributes(wrong)
