"""How the right to accept orders changes hands.

The new holder makes one conditional write: its item, on the condition that the stored one is still exactly the one it
read (`condition`). From then on the old holder can extend nothing, and what it was granted ends at the `valid_until`
that was read. An old holder that did not answer may go on accepting until then, so the new lease begins there; the
wait is written into the item as `valid_from`, so that every process of the new holder keeps it.

A lease may be given to nobody, so that no region accepts while what was accepted arrives. Who takes it from nobody
waits until it began, which is when the lease before it had ended, and no longer.

A lease whose end lies in the new holder's past needs no wait: its clock and the old holder's differ by no more than
the margin which the old holder keeps to the end of its lease.
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.control_item import ControlItem

NOBODY = "nobody"
"""Holder of a lease under which no region accepts: between the two sides of a switchover."""


@dataclass(frozen=True)
class Takeover:
    """`item` is to be written if, and only if, `condition` is still what is stored (None: nothing is)."""

    condition: ControlItem | None
    item: ControlItem

    def wait_milliseconds(self, now: int) -> int:
        """How long the new holder has yet to wait before it accepts its first order."""
        return max(0, self.item.valid_from - now)


def take_over(stored: ControlItem | None, new_holder: str, now: int, lease_milliseconds: int) -> Takeover:
    """The write that makes `new_holder` the holder, whoever holds the lease by `stored`.

    `now` is the new holder's clock. If the condition fails, somebody else wrote: read again, and decide anew whether
    the old holder should lose the lease at all.
    """
    if stored is None:
        return Takeover(None, ControlItem(new_holder, 1, now, now + lease_milliseconds))
    free_from = max(now, stored.valid_from if stored.holder == NOBODY else stored.valid_until)
    return Takeover(stored, ControlItem(new_holder, stored.epoch + 1, free_from, free_from + lease_milliseconds))
