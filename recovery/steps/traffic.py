"""Order intake opens, traffic turns, and an accepted order proves it."""

from __future__ import annotations

from recovery.budget import ASKED_EVERY_MILLISECONDS
from recovery.context import Context
from recovery.errors import StepFailedError
from recovery.intake import Accepted, IntakeError, IntakeWakingError, canary
from recovery.journal import Facts
from recovery.steps.lease import AwaitLease, TakeLease
from recovery.steps.step import Stage, Step, Wait
from recovery.switch import Position, SilentEndpointError, SwitchError

_OPENS_WITHIN = 15_000
# A function that became inactive gets its network back first. AWS publishes no time; a minute is usual.
_WAKES_WITHIN = 180_000
_ASKED_EVERY = ASKED_EVERY_MILLISECONDS
_TURNS_WITHIN = 20_000


class OpenIntake(Wait):
    """Order intake opens by itself when it reads that its region holds the lease; asking makes it look."""

    name = "open-intake"
    does = "see that order intake of the new region accepts under the new epoch"
    stage = Stage.GAP
    needs = (TakeLease.name, AwaitLease.name)

    def verify(self, context: Context, intended: Facts) -> Facts:
        epoch = _epoch(context)
        intake = context.intake(context.target)
        error: IntakeError | None = None

        def open_now() -> Facts | None:
            nonlocal error
            try:
                found = intake.health()
            except IntakeError as failed:
                error = failed
                return None
            error = None
            if found.accepting and found.epoch is not None and found.epoch >= epoch:
                return {"region": found.region, "epoch": found.epoch}
            return None

        what = f"order intake of {context.target.region} under epoch {epoch}"
        end = context.waiter.clock() + _WAKES_WITHIN
        while True:
            try:
                return context.waiter.until(open_now, what=what, within=_OPENS_WITHIN, every=_ASKED_EVERY)
            except StepFailedError as late:
                if isinstance(error, IntakeWakingError) and context.waiter.clock() < end:
                    context.announce(f"{error}; asking again")
                    continue
                reason = f" ({error})" if error else ""
                raise StepFailedError(f"{late}{reason}") from late


class TurnTraffic(Step):
    """The switch stands in the data plane of the region that takes over, and obeys no epoch that has ended.

    It is turned before the old lease has ended: until then both regions refuse, or the old one still accepts for
    clients that are connected to it.
    """

    name = "turn-traffic"
    does = "turn the traffic switch, in the data plane"
    stage = Stage.GAP
    needs = (TakeLease.name,)
    at_once = True

    def observe(self, context: Context) -> Facts:
        return {"was": _asked(context)}

    def done(self, context: Context, intended: Facts) -> bool:
        try:
            return context.parts.switch.turned(_position(context), _epoch(context))
        except SwitchError as error:
            raise _switch_failed(error) from error

    def act(self, context: Context, intended: Facts) -> None:
        try:
            context.parts.switch.turn(_position(context), _epoch(context))
        except SwitchError as error:
            raise _switch_failed(error) from error

    def verify(self, context: Context, intended: Facts) -> Facts:
        def turned() -> Facts | None:
            try:
                whole = self.done(context, intended) and context.parts.switch.verify()
            except SilentEndpointError as error:
                # It is turned. Clients follow the region that accepts orders while the endpoint gives no answer.
                return {"leads_to": _position(context), "endpoint": str(error)}
            except SwitchError as error:
                raise _switch_failed(error) from error
            return {"leads_to": _position(context)} if whole else None

        return context.waiter.until(turned, what="the traffic switch", within=_TURNS_WITHIN, every=_ASKED_EVERY)


class ProveOrder(Step):
    """The recovery time ends with it. A repeat enters the same order again, which is answered as the first time."""

    name = "prove-order"
    does = "have one order accepted by the new region"
    stage = Stage.GAP
    needs = (TurnTraffic.name, OpenIntake.name)

    def done(self, context: Context, intended: Facts) -> bool:
        return False

    def act(self, context: Context, intended: Facts) -> None:
        self._entered(context)

    def verify(self, context: Context, intended: Facts) -> Facts:
        """Enters it once more: the answer is that of the first time, so the order is stored."""
        epoch, found = _epoch(context), self._entered(context)
        if found.region != context.target.region or found.epoch < epoch:
            raise StepFailedError(
                f"the first order was accepted in {found.region} under epoch {found.epoch}, not in "
                f"{context.target.region} under {epoch}; `status` says who holds the lease"
            )
        return {"client_order_id": found.client_order_id, "epoch": found.epoch, "accepted_at": found.accepted_at}

    def _entered(self, context: Context) -> Accepted:
        order = canary(f"canary-{_epoch(context)}-{context.run}"[:36])
        intake = context.intake(context.target)

        def accepted() -> Accepted | None:
            try:
                return intake.enter(context.configuration.canary_account, order)
            except IntakeError as error:
                raise StepFailedError(f"the first order was not accepted: {error}; then `resume`") from error

        what = f"the first accepted order in {context.target.region}"
        return context.waiter.until(accepted, what=what, within=_OPENS_WITHIN, every=_ASKED_EVERY)


def _epoch(context: Context) -> int:
    return context.result(TakeLease.name)["epoch"]


def _position(context: Context) -> Position:
    return "primary" if context.target == context.configuration.primary else "standby"


def _asked(context: Context) -> Position:
    try:
        return context.parts.switch.state()
    except SwitchError as error:
        raise _switch_failed(error) from error


def _switch_failed(error: SwitchError) -> StepFailedError:
    return StepFailedError(f"the traffic switch did not answer as asked: {error}; then `resume`")
