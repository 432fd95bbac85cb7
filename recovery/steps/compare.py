"""Both regions hold the same orders and positions.

Orders are compared by what was written since the last comparison that found both regions equal, whatever the tables
hold (`functions.integrity.mark`). The scheduled comparison moves the same mark.

Positions are compared whole: there are as many as accounts hold instruments, however long the platform has run.
"""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from functions.integrity import mark
from functions.integrity.compare import Comparer, Comparison, Limits, OutOfTimeError, SideUnavailableError
from functions.integrity.tables import TableSide
from recovery.context import Context
from recovery.errors import RegionLostError, StepFailedError
from recovery.journal import Facts
from recovery.steps.lease import AwaitQuiet
from recovery.steps.step import Stage, Wait

_MINUTE = 60_000
_POLL = 500
# As fine as the scheduled comparison (`functions.integrity.handler`).
_SEGMENT_DEPTH = 12
_MOST_LISTED = 10_000


class CompareOrders(Wait):
    """Before anything is stopped: differences that are older than the lag would hold up a switchover in its gap."""

    name = "compare-orders"
    does = "compare orders and positions of both regions while orders flow"
    stage = Stage.BEFORE

    def verify(self, context: Context, intended: Facts) -> Facts:
        began, since = context.waiter.clock(), last_equal(context)
        found = _compared(context, since)
        different = {table: result.differences for table, result in found.items() if result.differences}
        if different:
            raise StepFailedError(
                f"the regions differ: {_some(different)}; see why the tables do not replicate before orders are stopped"
            )
        until = mark.after(since, began, context.configuration.timing.replication_lag)
        note_equal(context, until)
        return {**_summary(found), "since": since, "until": until}


class CatchUp(Wait):
    """With orders stopped, both regions come to hold the same, to the last order."""

    name = "catch-up"
    does = "wait until every order and position has arrived"
    stage = Stage.GAP
    needs = (AwaitQuiet.name,)

    def verify(self, context: Context, intended: Facts) -> Facts:
        since, last = context.result(CompareOrders.name)["until"], dict[str, Comparison]()

        def equal() -> Facts | None:
            last.update(_compared(context, since))
            whole = all(not result.segments_differing for result in last.values())
            return _summary(last) if whole else None

        try:
            return context.waiter.until(equal, what="replication of the last orders", within=2 * _MINUTE, every=_POLL)
        except StepFailedError as error:
            different = {table: result.differences for table, result in last.items()}
            raise StepFailedError(
                f"{error}; still different: {_some(different)}. `abort` gives the lease back to {context.source.region}"
            ) from error


def last_equal(context: Context) -> int:
    """What was written before this moment is the same in both regions; 0 where nothing is known."""
    tables = context.configuration.tables
    try:
        return mark.read(context.control, tables.control, tables.orders)
    except (BotoCoreError, ClientError) as error:
        raise _mark_failed(error) from error


def note_equal(context: Context, until: int) -> None:
    tables = context.configuration.tables
    try:
        mark.advance(context.control, tables.control, tables.orders, until)
    except (BotoCoreError, ClientError) as error:
        raise _mark_failed(error) from error


def _compared(context: Context, since: int) -> dict[str, Comparison]:
    configuration = context.configuration
    limits = Limits(_SEGMENT_DEPTH, configuration.timing.replication_lag, _MOST_LISTED)
    clock, sleep = context.waiter.clock, context.waiter.sleep
    end = clock() + 30 * _MINUTE
    comparer = Comparer(
        clock, lambda seconds: sleep(round(seconds * 1000)), lambda seconds: clock() + seconds * 1000 > end
    )
    found: dict[str, Comparison] = {}
    for table, moment in ((configuration.tables.orders, since), (configuration.tables.positions, None)):
        source = TableSide(context.clients.remote("dynamodb"), context.source.region, table, moment)
        target = TableSide(context.clients.here("dynamodb"), context.target.region, table, moment)
        try:
            found[table] = comparer.run(source, target, limits)
        except (SideUnavailableError, OutOfTimeError, RegionLostError) as error:
            raise StepFailedError(
                f"table {table} cannot be compared: {error}; a switchover needs both regions, `failover` does not"
            ) from error
        context.turn_page(f"{table}: {found[table].replica_entries} items compared")
    return found


def _summary(found: dict[str, Comparison]) -> Facts:
    return {"entries": {table: one.replica_entries for table, one in found.items()}}


def _some(different: dict[str, dict[str, str]]) -> str:
    parts = [
        f"{table} {len(keys)} ({', '.join(f'{key} {kind}' for key, kind in sorted(keys.items())[:3])})"
        for table, keys in different.items()
    ]
    return "; ".join(parts)


def _mark_failed(error: Exception) -> StepFailedError:
    return StepFailedError(f"the mark of the last comparison cannot be read or written: {error}; then `resume`")
