"""Entering and cancelling orders, under the lease.

The order's item is written once, on the condition that its key is new: that write is what makes a repeat harmless. The
idempotency utility of Powertools would keep its records in a table of its own, two more writes for each order, apart
from the order they speak of, and expire them by a TTL, which strongly consistent tables do not have.

Between regions the condition holds as far as the orders table is consistent. With last-writer-wins tables, an order
whose item had not been copied when the other region took over is unknown there, and its repeat is accepted anew. With
strongly consistent tables it is found. That is what the setting buys, at a cross-region round trip for each write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions import order_item, order_record, order_trace
from functions.clock import Clock, timestamp
from functions.epoch_notes import NoteReader
from functions.order_intake.answers import Answer, ProblemError
from functions.order_intake.engines import Engines, is_immediate
from functions.order_intake.lease import Grant, LeaseKeeper, Refusal
from functions.order_intake.orders_table import OrdersTable, OutcomeUnknownError, StoreUnavailableError
from functions.order_item import Item, Stamp
from functions.outbox import Outbox, StreamUnavailableError


@dataclass(frozen=True)
class Outcome:
    """An answer, whether what was accepted is left to the outbox, and what the operators should know."""

    answer: Answer
    deferred: bool = False
    detail: str | None = None


class Intake:
    """Accepts orders and requests to cancel them; raises ProblemError for everything else."""

    def __init__(
        self,
        keeper: LeaseKeeper,
        orders: OrdersTable,
        outbox: Outbox,
        clock: Clock,
        engines: Engines,
        republished: NoteReader,
    ) -> None:
        self._keeper = keeper
        self._republished = republished
        self._engines = engines
        self._orders = orders
        self._outbox = outbox
        self._clock = clock

    def enter(self, account_id: str, order: Mapping[str, str]) -> Outcome:
        """201 in the stream, 202 in the outbox; a repeat is answered as the first time."""
        grant = self._grant()
        item: Item = order_item.entered(account_id, order, self._stamp(grant))
        if is_immediate(order) and not self._engines.stand(grant.epoch):
            self._refuse_new(item)
        earlier = self._written(lambda: self._orders.insert(item), grant)
        if earlier is not None:
            if earlier["fingerprint"] != item["fingerprint"]:
                raise ProblemError(
                    "conflicting_order",
                    f"client_order_id: {order['client_order_id']} is taken by another order; choose a new one",
                )
            item = earlier
        in_stream = self._publish(item, grant)
        acceptance = {
            "client_order_id": item["client_order_id"],
            "accepted_at": timestamp(item["accepted_at"]),
            "region": item["region"],
            "epoch": item["epoch"],
        }
        return Outcome(Answer(201 if in_stream else 202, acceptance), deferred=not in_stream)

    def is_repeat(self, account_id: str, order: Mapping[str, str]) -> bool:
        """Whether the same order is stored: it is live then, whatever the rules of this version say of it."""
        stored = self._orders.get(order_item.order_id(account_id, order["client_order_id"]))
        return stored is not None and stored["fingerprint"] == order_item.fingerprint(account_id, order)

    def _refuse_new(self, item: Item) -> None:
        """Refuses an order that is not stored; a repeat of one that was accepted is answered as the first time."""
        if self._orders.get(item["order_id"]) is None:
            raise ProblemError(
                "no_engine",
                "no engine of this region trades yet; enter a limit order for the day, or repeat the request later",
            )

    def cancel(self, account_id: str, client_order_id: str) -> Outcome:
        """202 when the request is stored; a repeat is answered as the first time."""
        grant = self._grant()
        identity = order_item.order_id(account_id, client_order_id)
        requested, item = self._written(lambda: self._orders.request_cancel(identity, self._stamp(grant)), grant)
        if item is None:
            raise ProblemError("not_found", f"client_order_id: the account has no order {client_order_id}")
        if not requested and "cancel_requested_at" not in item:
            raise ProblemError("not_cancellable", f"client_order_id: {client_order_id} is {item['status']} already")
        # Before the answer and after the order: an item of its own survives what overwrites the order.
        self._written(lambda: self._orders.keep_cancellation(item), grant)
        in_stream = self._publish(item, grant)
        body = {"client_order_id": client_order_id, "cancel_requested_at": timestamp(item["cancel_requested_at"])}
        return Outcome(Answer(202, body), deferred=not in_stream)

    def accepting(self) -> Grant | Refusal:
        """Whether an order would be accepted now."""
        return self._keeper.grant()

    def _grant(self) -> Grant:
        grant = self._keeper.grant()
        if isinstance(grant, Refusal):
            raise ProblemError(
                "not_accepting",
                f"{grant.value}; repeat the request, it may be answered elsewhere",
                self._keeper.trouble,
                elsewhere=grant.is_elsewhere,
            )
        return grant

    def _stamp(self, grant: Grant) -> Stamp:
        return Stamp(self._clock(), grant.region, grant.epoch, grant.accepted_until, order_trace.sampled())

    def _written(self, write: Any, grant: Grant) -> Any:
        """What the write gave, if it was answered while the grant held."""
        try:
            written = write()
        except OutcomeUnknownError as error:
            raise _outcome_unknown(str(error)) from error
        except StoreUnavailableError as error:
            raise unavailable(error) from error
        if not self._keeper.confirms(grant):
            raise _outcome_unknown("the write was answered after its grant had ended")
        return written

    def _publish(self, item: Item, grant: Grant) -> bool:
        """Puts what is not in the stream yet; whether all of it is, for certain, under the grant.

        What waits for a name is left to the runbook.
        """
        if order_record.waits_for_a_name(item, grant.epoch, self._republished):
            return False
        publication = order_record.Publication(grant.region, grant.epoch, grant.valid_until)
        for version in order_record.unpublished(item):
            if not self._keeper.lasts(grant):
                return False
            try:
                self._outbox.put(order_record.record(item, version, publication))
            except StreamUnavailableError:
                return False
            if not self._keeper.confirms(grant):
                return False
        if item["published"] < item["version"]:
            self._outbox.mark(item["order_id"], item["version"], epoch=grant.epoch)
        return True


def unavailable(error: StoreUnavailableError) -> ProblemError:
    """The answer where a table could not be used and nothing was written."""
    if error.may_pass:
        return ProblemError("unavailable", "the store does not take requests now; repeat the request", str(error))
    return ProblemError("internal_error", "the store refuses requests; the operators are told", str(error))


def _outcome_unknown(detail: str) -> ProblemError:
    message = "the store did not answer in time; repeat the request with the same client_order_id"
    return ProblemError("outcome_unknown", message, detail)
