"""The right to accept orders changes hands."""

from __future__ import annotations

from functions.control_item import ControlItem
from recovery import lease
from recovery.context import Context
from recovery.errors import StepFailedError
from recovery.journal import Facts
from recovery.steps.step import Stage, Step, Wait
from recovery.takeover import NOBODY, take_over

# The holder extends its lease a few times in a second at most, and each of them can come between read and write.
_TRIES = 20


def stored(context: Context) -> ControlItem | None:
    return lease.read(context.control, context.configuration.tables.control)


class _Taking(Step):
    """One conditional write: the old holder can extend nothing from then on."""

    at_once = True

    def holder(self, context: Context) -> str:
        raise NotImplementedError

    def observe(self, context: Context) -> Facts:
        found = stored(context)
        if found is None:
            return {"holder": None, "epoch": 0, "accepted_until": 0}
        until = found.valid_from if found.holder == NOBODY else found.valid_until
        return {"holder": found.holder, "epoch": found.epoch, "accepted_until": until}

    def done(self, context: Context, intended: Facts) -> bool:
        return self._taken(context, stored(context), intended)

    def _taken(self, context: Context, found: ControlItem | None, intended: Facts) -> bool:
        if found is None or found.epoch == intended["epoch"]:
            return False
        if found.holder == self.holder(context) and found.epoch == intended["epoch"] + 1:
            return True
        raise StepFailedError(
            f"the lease went to {found.holder} under epoch {found.epoch} meanwhile, which this run did not do; "
            "`status` says who did, then `abort` this run"
        )

    def act(self, context: Context, intended: Facts) -> None:
        table = context.configuration.tables.control
        for _ in range(_TRIES):
            found, now = stored(context), context.waiter.clock()
            if (found.epoch if found else 0) != intended["epoch"]:
                # A write whose answer was lost was made all the same; whose it was is decided by `done`.
                if self._taken(context, found, intended):
                    return
                continue
            takeover = take_over(found, self.holder(context), now, context.configuration.timing.lease)
            if lease.write(context.control, table, takeover):
                return
        raise StepFailedError(f"the lease in {table} changed at each of {_TRIES} tries; find out who writes it")

    def verify(self, context: Context, intended: Facts) -> Facts:
        found = stored(context)
        if found is None or not self._taken(context, found, intended):
            raise StepFailedError(f"the lease is not held by {self.holder(context)}; `resume`")
        return {
            "old_holder": intended["holder"],
            "old_epoch": intended["epoch"],
            "accepted_until": intended["accepted_until"],
            "holder": found.holder,
            "epoch": found.epoch,
            "valid_from": found.valid_from,
        }


class TakeLease(_Taking):
    """For the region that takes over."""

    name = "take-lease"
    does = "raise the epoch: the old region can extend its right to accept orders no more"
    stage = Stage.GAP

    def holder(self, context: Context) -> str:
        return context.target.region


class Quiesce(_Taking):
    """For nobody: no region accepts until everything that was accepted has arrived."""

    name = "quiesce"
    does = "take the lease away from both regions: no order is accepted until all that were have arrived"
    stage = Stage.GAP

    def holder(self, context: Context) -> str:
        return NOBODY


class AwaitLease(Wait):
    """An old holder that was not asked may go on until the lease it was granted has ended."""

    name = "await-lease"
    does = "wait out the lease that the old region may still hold"
    stage = Stage.GAP
    needs = (TakeLease.name,)
    taken_by: type[_Taking] = TakeLease

    def observe(self, context: Context) -> Facts:
        left = context.result(self.taken_by.name)["valid_from"] - context.waiter.clock()
        return {"milliseconds": max(0, left)}

    def verify(self, context: Context, intended: Facts) -> Facts:
        context.waiter.until_clock_reads(context.result(self.taken_by.name)["valid_from"])
        return {"waited_milliseconds": intended["milliseconds"]}


class AwaitQuiet(AwaitLease):
    """The same, of a region that is to fall silent before its orders are counted."""

    name = "await-quiet"
    does = "wait out the lease that the region which is left may still hold"
    needs = (Quiesce.name,)
    taken_by = Quiesce
