"""The region that took over grows, and works off what waited."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from functions import order_item
from recovery.context import Context
from recovery.errors import StepFailedError
from recovery.journal import Facts
from recovery.scale_out import DONE
from recovery.steps.engines import note_engines
from recovery.steps.lease import TakeLease
from recovery.steps.step import Stage, Step
from recovery.steps.stores import AwaitDatabase, AwaitFiles
from recovery.steps.traffic import ProveOrder

_MINUTE = 60_000
_POLL = 10_000
_SHRINKS_WITHIN = 10 * _MINUTE
_DRAINED_WITHIN = 12 * 60 * _MINUTE
"""A backlog drains at the stream's rate; how long it takes depends on how long the stream was away."""


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

        found = context.waiter.until(grown, what=f"growth {started}", within=120 * _MINUTE, every=_POLL)
        # A deployment waits for the engines that it starts.
        note_engines(context)
        return found


class DrainBacklog(Step):
    """Orders that were accepted and are in no stream yet; the redrive publishes them, and moves failed trades too."""

    name = "drain-backlog"
    does = "publish what was accepted and not yet published"
    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def observe(self, context: Context) -> Facts:
        # Orders of older epochs were published again, or are named for the trading desk.
        return {"accepted_before": context.waiter.clock(), "epoch": context.result(TakeLease.name)["epoch"]}

    def done(self, context: Context, intended: Facts) -> bool:
        return _waiting(context, intended) == 0

    def act(self, context: Context, intended: Facts) -> None:
        try:
            # It also runs each minute by itself; an invocation too many waits its turn.
            context.clients.here("lambda").invoke(FunctionName=context.target.redrive, InvocationType="Event")
        except (BotoCoreError, ClientError) as error:
            raise StepFailedError(f"{context.target.redrive} cannot be invoked: {error}; then `resume`") from error

    def verify(self, context: Context, intended: Facts) -> Facts:
        fewest, shrank_at = _waiting(context, intended), context.waiter.clock()

        def drained() -> Facts | None:
            nonlocal fewest, shrank_at
            left = _waiting(context, intended)
            if left < fewest:
                fewest, shrank_at = left, context.waiter.clock()
                context.turn_page(f"{left} orders are not published yet")
            if left and context.waiter.clock() - shrank_at > _SHRINKS_WITHIN:
                raise StepFailedError(
                    f"{left} orders are not published, and for {_SHRINKS_WITHIN // _MINUTE} minutes none was; see the "
                    f"log of {context.target.redrive}, then `resume`"
                )
            return {"accepted_before": intended["accepted_before"], "waiting": 0} if not left else None

        return context.waiter.until(drained, what="the outbox to empty", within=_DRAINED_WITHIN, every=_POLL)


def _waiting(context: Context, intended: Facts) -> int:
    """Orders of the target's outbox that were accepted before a moment, under the new epoch."""
    pages = context.clients.here("dynamodb").get_paginator("query")
    try:
        return sum(
            page["Count"]
            for shard in order_item.outbox_shards()
            for page in pages.paginate(
                TableName=context.configuration.tables.orders,
                IndexName=order_item.OUTBOX_INDEX,
                KeyConditionExpression="outbox = :shard AND accepted_at < :before",
                FilterExpression="epoch >= :epoch",
                ExpressionAttributeValues={
                    ":shard": {"S": shard},
                    ":before": {"N": str(intended["accepted_before"])},
                    ":epoch": {"N": str(intended["epoch"])},
                },
                Select="COUNT",
            )
        )
    except (BotoCoreError, ClientError) as error:
        raise StepFailedError(f"the outbox cannot be counted: {error}; then `resume`") from error


class StandBy(Step):
    """The region that is left gives up what it had grown to, and replicates from the other again.

    The resources that it released when it took over still exist; an update that shrinks it adopts them first
    (`runbook.retained_resources`).
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
