"""The operations of the Trading API, by method and resource as API Gateway names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from functions import order_item
from functions.clock import timestamp
from functions.order_intake import requests
from functions.order_intake.answers import Answer, ProblemError
from functions.order_intake.intake import Intake, Outcome, unavailable
from functions.order_intake.lease import Grant, Refusal
from functions.order_intake.orders_table import OrdersTable, PositionsTable, StoreUnavailableError

Event = Mapping[str, Any]
_SHOWN_FIELDS = ("client_order_id", "status", *order_item.ORDER_FIELDS)


class Application:
    """Routes an event to its operation; every problem becomes an answer."""

    def __init__(
        self, intake: Intake, orders: OrdersTable, positions: PositionsTable, *, region: str, account_claim: str
    ) -> None:
        self._intake = intake
        self._orders = orders
        self._positions = positions
        self._region = region
        self._claim = account_claim
        self.operations: Mapping[tuple[str, str], Callable[[Event], Outcome]] = {
            ("POST", "/orders"): self._enter,
            ("GET", "/orders"): self._list,
            ("GET", "/orders/{client_order_id}"): self._get,
            ("DELETE", "/orders/{client_order_id}"): self._cancel,
            ("GET", "/positions"): self._list_positions,
            ("GET", "/health"): self._health,
        }

    def answer(self, event: Event) -> Outcome:
        """Never raises for what a caller or a store does."""
        try:
            operation = self.operations.get((event.get("httpMethod", ""), event.get("resource", "")))
            if operation is None:
                raise ProblemError("not_found", f"{event.get('httpMethod')} {event.get('resource')}: no such operation")
            return operation(event)
        except StoreUnavailableError as error:
            return _refused(unavailable(error))
        except ProblemError as problem:
            return _refused(problem)

    def _enter(self, event: Event) -> Outcome:
        account, order = requests.account_id(event, self._claim), requests.order(event)
        try:
            requests.check_rules(order)
        except ProblemError:
            # It costs a read for each refused order, and none for any other.
            if not self._intake.is_repeat(account, order):
                raise
        return self._intake.enter(account, order)

    def _cancel(self, event: Event) -> Outcome:
        return self._intake.cancel(requests.account_id(event, self._claim), requests.client_order_id(event))

    def _get(self, event: Event) -> Outcome:
        account, name = requests.account_id(event, self._claim), requests.client_order_id(event)
        item = self._orders.get(order_item.order_id(account, name))
        if item is None:
            raise ProblemError("not_found", f"client_order_id: the account has no order {name}")
        return Outcome(Answer(200, _state(item)))

    def _list(self, event: Event) -> Outcome:
        account = requests.account_id(event, self._claim)
        limit, after = requests.orders_page(event)
        items, following = self._orders.of_account(account, limit, after)
        body: dict[str, Any] = {"orders": [_state(item) for item in items]}
        if following:
            body["next_token"] = requests.orders_token(following)
        return Outcome(Answer(200, body))

    def _list_positions(self, event: Event) -> Outcome:
        account = requests.account_id(event, self._claim)
        limit, after = requests.positions_page(event)
        positions, following = self._positions.of_account(account, limit, after)
        body: dict[str, Any] = {"positions": positions}
        if following:
            body["next_token"] = requests.positions_token(following)
        return Outcome(Answer(200, body))

    def _health(self, _event: Event) -> Outcome:
        """Whether this region can do its part: a standby is healthy, a holder that cannot keep its lease is not.

        A load balancer, the health checkers and the observers see the status alone, so a region that refuses every
        order must not answer 200.
        """
        right = self._intake.accepting()
        if right in (Refusal.LAPSED, Refusal.UNREACHABLE):
            raise ProblemError("not_accepting", f"{self._region} accepts no orders: {right}", elsewhere=True)
        accepting = isinstance(right, Grant)
        body: dict[str, Any] = {"status": "ok", "region": self._region, "accepting": accepting}
        if isinstance(right, Grant):
            body["epoch"] = right.epoch
        return Outcome(Answer(200, body))


def _refused(problem: ProblemError) -> Outcome:
    return Outcome(problem.answer(), detail=problem.detail)


def _state(item: order_item.Item) -> dict[str, Any]:
    state = {key: item[key] for key in _SHOWN_FIELDS if key in item}
    state["accepted_at"] = timestamp(item["accepted_at"])
    if "cancel_requested_at" in item:
        state["cancel_requested_at"] = timestamp(item["cancel_requested_at"])
    return state
