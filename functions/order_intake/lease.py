"""The right to accept orders, as its holder lives by it.

The lease is one item of a table that is strongly consistent over three regions (`functions.control_item`). The holder
extends it on traffic, by a write on the condition that holder and epoch are still its own. A region cut off from the
other two can extend nothing, and so stops by itself: nobody has to reach it.

Why no two regions accept at one time
  Let m be `margin`, the most by which the clocks of any two machines differ; Amazon Time Sync keeps them within a
  millisecond or so. Let v be the `valid_until` that a takeover found when it ended an epoch.
  1. Nobody under the old epoch was ever granted more than v: under one epoch `valid_until` only grows (the write is
     conditional on that too), and after the takeover the condition on the epoch fails.
  2. An order counts as accepted by what happens *after* its write: the answer has arrived and the clock still reads
     less than v - m (`confirms`). By any other clock it is then before v.
  3. The new holder accepts nothing before its own clock reads `valid_from`, which is v.
  Neither a process that stood still between its look at the clock and its write nor a slow network breaks this: the
  look that counts comes last.

What a late write can do
  A time-out bounds how long the function waits, not when the table applies a request that is under way. So a write
  may be applied after the lease has lapsed. It cannot be stopped at the table: an update expression knows no clock,
  and the fencing item cannot be checked in the same transaction, for strongly consistent tables take part in none.
  It does not have to be: such an order was confirmed to nobody and is in no stream, it is an entry of the outbox
  (`functions.outbox`) which carries its `epoch` and `accepted_until`. Only the holder of the lease publishes, so the
  entry is published, under the new epoch, by the runbook, which names it, or by the client's repeat. The same is true
  of a late put to the stream: the record carries `publish_until`, and Kinesis stamps the arrival itself, so consumers
  tell it (`functions.order_record.late`).

Sizes
  `may_accept` asks that the lease outlasts the calls of one order by the margin, so that answers which come within
  their time-outs always confirm. Patroni asks loop_wait + 2 * retry_timeout <= ttl. Here the lease is looked at on
  traffic, half of it is the loop, and what follows has to fit into the other half: two tries to extend it, the calls
  of an order, and the margin (`LeaseSettings`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from functions.clock import Clock
from functions.control_item import ControlItem
from functions.environment import Environment, SettingError

# One order makes two calls before it is confirmed: the write to the table and the put to the stream.
CALLS_OF_AN_ORDER = 2
_TRIES_TO_EXTEND = 2


@dataclass(frozen=True)
class LeaseSettings:
    """All in milliseconds. Raises SettingError where the parts do not fit into the lease."""

    lease: int
    margin: int
    write_timeout: int
    recheck: int

    def __post_init__(self) -> None:
        needed = self.margin + (_TRIES_TO_EXTEND + CALLS_OF_AN_ORDER) * self.write_timeout
        if 2 * needed > self.lease:
            raise SettingError(
                f"LEASE_SECONDS = {self.lease / 1000:g} is too short: half of it must hold MARGIN_SECONDS = "
                f"{self.margin / 1000:g}, {_TRIES_TO_EXTEND} tries to extend and {CALLS_OF_AN_ORDER} calls of an order "
                f"of WRITE_TIMEOUT_SECONDS = {self.write_timeout / 1000:g} each; "
                f"make it {2 * needed / 1000:g} or more, or those smaller"
            )
        if 2 * self.recheck > self.lease:
            raise SettingError(
                f"RECHECK_SECONDS = {self.recheck / 1000:g} is over half of LEASE_SECONDS = {self.lease / 1000:g}: "
                "a lease would lapse before it is looked at again; make it smaller"
            )

    @classmethod
    def from_environment(cls, environment: Environment) -> LeaseSettings:
        """From LEASE_SECONDS, MARGIN_SECONDS, WRITE_TIMEOUT_SECONDS and RECHECK_SECONDS; raises SettingError."""
        return cls(
            lease=environment.milliseconds("LEASE_SECONDS", 6),
            margin=environment.milliseconds("MARGIN_SECONDS", 0.5),
            write_timeout=environment.milliseconds("WRITE_TIMEOUT_SECONDS", 0.5),
            recheck=environment.milliseconds("RECHECK_SECONDS", 0.2),
        )


class LeaseStoreUnavailableError(Exception):
    """The control table could not be asked, or did not say what became of the request."""


class LeaseStore(Protocol):
    """The control table; both calls are strongly consistent and raise LeaseStoreUnavailableError."""

    def read(self) -> ControlItem | None:
        """What is stored now."""
        ...

    def extend(self, lease: ControlItem) -> ControlItem | None:
        """Stores the lease's `valid_until` if holder and epoch are still those of `lease` and it was less.

        What is stored afterwards, whether this call wrote it or not.
        """
        ...


class Refusal(StrEnum):
    """Why no order can be accepted now."""

    NOT_HOLDER = "another region accepts orders"
    NOT_YET = "this region takes over, and waits until the lease before it has ended"
    LAPSED = "this region could not extend its lease"
    UNREACHABLE = "the control table does not answer"

    @property
    def is_elsewhere(self) -> bool:
        """Whether another region may accept the order; a region that takes over accepts it itself in a moment."""
        return self is not Refusal.NOT_YET


@dataclass(frozen=True)
class Grant:
    """The right to accept one order, up to `accepted_until` by this machine's clock."""

    region: str
    epoch: int
    accepted_until: int
    valid_until: int


def extension_due(lease: ControlItem, now: int, settings: LeaseSettings) -> bool:
    """Whether less than half of the lease is left."""
    return 2 * (lease.valid_until - now) < settings.lease


def extended(lease: ControlItem, now: int, settings: LeaseSettings) -> ControlItem:
    """The lease from now on; `now` is read before the write is sent."""
    return replace(lease, valid_until=now + settings.lease)


def may_accept(lease: ControlItem, now: int, settings: LeaseSettings, calls: int = CALLS_OF_AN_ORDER) -> bool:
    """Whether `calls` calls that start now end, within their time-outs, inside the lease less the margin."""
    return lease.valid_from <= now and now + calls * settings.write_timeout <= lease.valid_until - settings.margin


def confirms(grant: Grant, now: int) -> bool:
    """Whether a write that was answered by now was made under the grant. Look at the clock after the answer."""
    return now < grant.accepted_until


class LeaseKeeper:
    """What one process knows of its region's lease, asked for each order."""

    def __init__(self, region: str, store: LeaseStore, clock: Clock, settings: LeaseSettings) -> None:
        self._region = region
        self._store = store
        self._clock = clock
        self._settings = settings
        self._lease: ControlItem | None = None
        self._quiet_until = 0
        self._refusal = Refusal.NOT_HOLDER
        self.trouble: str | None = None
        """What the control table said when it was last asked in vain, for the log."""

    def grant(self) -> Grant | Refusal:
        """The right to accept one order now, extending the lease first where that is due."""
        now = self._clock()
        if self._due(now) and now >= self._quiet_until:
            self._refresh(now)
            now = self._clock()
        lease = self._lease
        if lease is None:
            return self._refusal
        if may_accept(lease, now, self._settings):
            until = lease.valid_until - self._settings.margin
            return Grant(lease.holder, lease.epoch, until, lease.valid_until)
        return Refusal.NOT_YET if now < lease.valid_from else Refusal.LAPSED

    def lasts(self, grant: Grant, calls: int = 1) -> bool:
        """Whether there is time for more calls under a grant that was given before."""
        return self._clock() + calls * self._settings.write_timeout <= grant.accepted_until

    def confirms(self, grant: Grant) -> bool:
        """Whether what was answered just now was done under the grant."""
        return confirms(grant, self._clock())

    def _due(self, now: int) -> bool:
        return self._lease is None or extension_due(self._lease, now, self._settings)

    def _refresh(self, now: int) -> None:
        """Asks the table. Without an answer the lease known so far stays what it is: good until it ends."""
        try:
            if self._lease is None:
                self._take(self._store.read())
            if self._lease is not None and extension_due(self._lease, now, self._settings):
                self._take(self._store.extend(extended(self._lease, now, self._settings)))
            self.trouble = None
        except LeaseStoreUnavailableError as error:
            self.trouble = str(error)
            self._refusal = Refusal.UNREACHABLE
            self._quiet_until = self._clock() + self._settings.recheck

    def _take(self, stored: ControlItem | None) -> None:
        if stored is not None and stored.holder == self._region:
            self._lease = stored
            return
        # Whoever is told that the lease has gone stops at once, though it might go on until it ends.
        self._lease = None
        self._refusal = Refusal.NOT_HOLDER
        self._quiet_until = self._clock() + self._settings.recheck
