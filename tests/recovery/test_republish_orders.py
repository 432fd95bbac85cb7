"""Every order that a takeover publishes again has its name, whatever is killed or lost on the way.

Engines take an order as soon as it is published. An order that is taken is on no list any more.
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from functions import epoch_notes
from functions.order_intake.lease import Grant
from recovery import named_orders
from recovery.errors import RecoveryError
from recovery.plan import Verb
from recovery.steps.republish import RepublishOrders, RestoreCancellations
from tests.functions.aws import CONTROL, ORDERS
from tests.recovery.clients import KilledError
from tests.recovery.test_kills import ready_for, resumed_or_begun
from tests.recovery.world import EAST, WEST, World


def engines_take_at_once(world: World) -> None:
    """An engine of the recovery region takes each order in the moment in which it is published."""
    stream = world.streams[WEST]
    put = stream.put_records

    def put_and_take(**arguments: Any) -> Any:
        before = len(stream.records)
        answer = put(**arguments)
        for body in stream.records[before:]:
            world.dynamodb[WEST].update_item(
                TableName=ORDERS,
                Key={"order_id": {"S": body["order_id"]}},
                UpdateExpression="SET #status = :filled REMOVE outbox",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":filled": {"S": "FILLED"}},
            )
        return answer

    stream.put_records = put_and_take  # pyright: ignore[reportAttributeAccessIssue]


def named(world: World, step: str) -> dict[str, str]:
    """What became of each order that a step of the last run names."""
    run = world.journal().tail().run
    assert run is not None
    parts = run.results()[step]["parts"]
    entries = named_orders.read(world.dynamodb[WEST], CONTROL, run.id, step, parts)
    return {entry["order_id"]: entry["became"] for entry in entries}


def broken_off(verb: Verb, prepare: Any, step: str) -> None:
    """Kill a run, or lose an answer, at each of its effects; after `resume` the step has named the same orders."""
    world = ready_for(verb)
    prepare(world)
    report = world.operations().begin(verb)
    assert report.outcome == "done", report
    expected, calls = named(world, step), len(world.killer.calls)
    assert expected, "the step has something to name"
    for call in range(1, calls + 1):
        for lost in (None, ReadTimeoutError(endpoint_url="https://lambda.example")):
            world = ready_for(verb)
            prepare(world)
            world.killer.at(call, after=True, error=lost)
            report: Any = None
            with contextlib.suppress(KilledError, RecoveryError):
                report = world.operations().begin(verb)
            if report is None or report.outcome != "done":
                resumed_or_begun(world, verb)
            assert named(world, step) == expected, f"effect {call} of {calls}, answer lost: {lost is not None}"


def test_a_takeover_names_every_order_that_it_publishes_again() -> None:
    """Before, the redrive published a page before it was named: a lost answer left its orders without a name."""
    broken_off(Verb.FAILOVER, engines_take_at_once, RepublishOrders.name)


def overwrite_a_cancellation(world: World) -> None:
    """The recovery region accepted a cancellation, which a late write of the primary has overwritten."""
    order = world.order("D")
    key = {"order_id": {"S": order}}
    before = world.dynamodb[WEST].get_item(TableName=ORDERS, Key=key)["Item"]
    grant = world.applications[WEST]._intake.accepting()  # pyright: ignore[reportPrivateUsage]
    assert isinstance(grant, Grant)
    cancel = {"client_order_id": order.rpartition("#")[2]}
    world.applications[WEST]._intake.cancel("ACC-1", **cancel)  # pyright: ignore[reportPrivateUsage]
    for region in (EAST, WEST):
        world.dynamodb[region].put_item(TableName=ORDERS, Item=before)
    replicate_at_once(world)


def replicate_at_once(world: World) -> None:
    """A write of the recovery region arrives in the primary's region."""
    table = world.dynamodb[WEST]
    update = table.update_item

    def update_both(**arguments: Any) -> Any:
        answer = update(**arguments)
        if arguments["TableName"] == ORDERS:
            world.replicate(WEST, EAST)
        return answer

    table.update_item = update_both


def test_a_failback_names_every_order_whose_cancellation_it_restores() -> None:
    """Before, a restored order was on no list any more when its page was asked for again."""
    broken_off(Verb.FAILBACK, overwrite_a_cancellation, RestoreCancellations.name)


@pytest.mark.parametrize("verb", [Verb.FAILOVER, Verb.SWITCHOVER, Verb.FAILBACK, Verb.FAILOVER_TO_PRIMARY])
def test_order_intake_learns_that_open_orders_have_their_names(verb: Verb) -> None:
    """From then on it publishes a cancellation of an order of an older epoch at once."""
    world = ready_for(verb)
    assert world.operations().begin(verb).outcome == "done"
    noted = epoch_notes.read(world.dynamodb[WEST], CONTROL, epoch_notes.Note.REPUBLISHED)
    assert noted == world.lease().epoch
