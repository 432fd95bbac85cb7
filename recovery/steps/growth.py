"""The region that took over grows, and works off what waited."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from functions import order_item
from recovery.context import Context
from recovery.errors import StepFailedError
from recovery.journal import Facts
from recovery.scale_out import DONE
from recovery.steps.step import Stage, Step
from recovery.steps.stores import AwaitDatabase, AwaitFiles
from recovery.steps.traffic import ProveOrder

_MINUTE = 60_000
_POLL = 10_000


class ScaleOutStep(Step):
    """A deployment of the recovery stack at the primary's sizes: the control plane's work, in its own time."""

    name = "scale-out"
    does = "bring the new region to the size of the old one"
    stage = Stage.AFTER
    # A deployment changes the database and the files, which can be changed only once they stand by themselves.
    needs = (AwaitDatabase.name, AwaitFiles.name)

    def done(self, context: Context, intended: Facts) -> bool:
        return False

    def act(self, context: Context, intended: Facts) -> None:
        context.started[self.name] = context.parts.grow.start(context.run, context.announce)

    def verify(self, context: Context, intended: Facts) -> Facts:
        grow, started = context.parts.grow, context.started[self.name]

        def grown() -> Facts | None:
            return {"by": started} if grow.state(started) == DONE else None

        return context.waiter.until(grown, what=f"growth {started}", within=120 * _MINUTE, every=_POLL)


class DrainBacklog(Step):
    """Orders that were accepted and are in no stream yet; the redrive publishes them, and moves failed trades too."""

    name = "drain-backlog"
    does = "publish what was accepted and not yet published"
    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def observe(self, context: Context) -> Facts:
        return {"accepted_before": context.waiter.clock()}

    def done(self, context: Context, intended: Facts) -> bool:
        return _waiting(context, intended["accepted_before"]) == 0

    def act(self, context: Context, intended: Facts) -> None:
        try:
            # It also runs each minute by itself; an invocation too many waits its turn.
            context.clients.here("lambda").invoke(FunctionName=context.target.redrive, InvocationType="Event")
        except (BotoCoreError, ClientError) as error:
            raise StepFailedError(f"{context.target.redrive} cannot be invoked: {error}; then `resume`") from error

    def verify(self, context: Context, intended: Facts) -> Facts:
        before = intended["accepted_before"]

        def drained() -> Facts | None:
            return {"accepted_before": before, "waiting": 0} if _waiting(context, before) == 0 else None

        return context.waiter.until(drained, what="the outbox to empty", within=60 * _MINUTE, every=_POLL)


def _waiting(context: Context, before: int) -> int:
    """Orders of the target's outbox that were accepted before a moment. The index holds the outbox and no more."""
    pages = context.clients.here("dynamodb").get_paginator("scan")
    try:
        return sum(
            page["Count"]
            for page in pages.paginate(
                TableName=context.configuration.tables.orders,
                IndexName=order_item.OUTBOX_INDEX,
                FilterExpression="accepted_at < :before",
                ExpressionAttributeValues={":before": {"N": str(before)}},
                Select="COUNT",
            )
        )
    except (BotoCoreError, ClientError) as error:
        raise StepFailedError(f"the outbox cannot be counted: {error}; then `resume`") from error


class StandBy(Step):
    """The region that is left gives up what it had grown to, and replicates from the other again.

    What it had let go of when it took over is still there; whoever shrinks it adopts that first (`runbook.retained`).
    """

    name = "stand-by"
    does = "bring the region that is left back to a pilot light, adopting what it had let go of"
    stage = Stage.AFTER
    needs = (AwaitDatabase.name, AwaitFiles.name)

    def done(self, context: Context, intended: Facts) -> bool:
        return context.parts.shrink is None

    def act(self, context: Context, intended: Facts) -> None:
        if context.parts.shrink is not None:
            context.started[self.name] = context.parts.shrink.start(context.run, context.announce)

    def verify(self, context: Context, intended: Facts) -> Facts:
        shrink = context.parts.shrink
        if shrink is None:
            return {"note": "left at full size: nothing that shrinks it was given; bring it up with active: false"}
        started = context.started[self.name]

        def small() -> Facts | None:
            return {"by": started} if shrink.state(started) == DONE else None

        return context.waiter.until(small, what=f"{started}", within=120 * _MINUTE, every=_POLL)
