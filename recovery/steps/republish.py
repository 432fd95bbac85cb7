"""Every order of an older epoch that no engine has taken is published again, or named for the trading desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import epoch_notes
from recovery import known_orders
from recovery.configuration import Site
from recovery.context import Context
from recovery.errors import StepFailedError
from recovery.steps.lease import TakeLease
from recovery.steps.pages import RedrivePages
from recovery.steps.step import Stage
from recovery.steps.traffic import ProveOrder


class RepublishOrders(RedrivePages):
    """The old region published orders to a stream that may be lost. Engines drop a copy by its idempotency key."""

    name = "republish-orders"
    does = "publish open orders of older epochs again, and name those that wait for the trading desk"
    stage = Stage.AFTER
    needs = (ProveOrder.name,)
    event = "republish"
    kinds = ("held", "malformed", "republished")
    action = "publish"
    worked_on = "republished"

    def site(self, context: Context) -> Site:
        return context.target

    def at_the_end(self, context: Context) -> None:
        """From here on a cancellation of an order of an older epoch is published at once: the order has its name."""
        epoch, table = context.result(TakeLease.name)["epoch"], context.configuration.tables.control
        epoch_notes.write(context.control, table, epoch_notes.Note.REPUBLISHED, epoch, context.waiter.clock())


class RestoreCancellations(RedrivePages):
    """A process of the old region that stood still may overwrite orders once the regions see each other again."""

    name = "restore-cancellations"
    does = "restore and name cancellations that a late write has overwritten; name those that came too late"
    stage = Stage.BEFORE
    event = "restore_cancellations"
    kinds = ("restored", "too_late")
    action = "restore"
    worked_on = "restored"

    def site(self, context: Context) -> Site:
        return context.source

    def details(self, context: Context) -> Mapping[str, Any]:
        """Cancellations since the orders that the last takeover may have split."""
        try:
            known = known_orders.latest(context.control, context.configuration.tables.control)
        except (BotoCoreError, ClientError) as error:
            raise StepFailedError(f"the last takeover's list cannot be read: {error}; then `resume`") from error
        return {"since": known.since if known else 0}


class RestoreCancellationsHere(RestoreCancellations):
    """The same in a region that holds the lease again after it had lost it."""

    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def site(self, context: Context) -> Site:
        return context.target
