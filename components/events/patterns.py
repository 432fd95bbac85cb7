"""Event patterns of the bus, as pure data.

An event's source begins with the platform's prefix (`trading.order-intake`), its detail type is an `EventType`, and its
detail carries `venue` and `instrumentClass`. A replayed event carries `replay-name` and matches only the rule for
replays: events that are replayed to rebuild a state must never be executed, reported or paged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

Pattern = Mapping[str, Any]
"""An event pattern of EventBridge."""


class EventType(StrEnum):
    """The detail types that the bus routes."""

    ORDER_ACCEPTED = "OrderAccepted"
    ORDER_REJECTED = "OrderRejected"
    EXECUTION = "Execution"
    RISK_BREACH = "RiskBreach"
    OPERATIONS_NOTICE = "OperationsNotice"


_LIVE: Pattern = {"replay-name": [{"exists": False}]}


def platform_events(prefix: str) -> Pattern:
    """Every event of the platform, replayed or not."""
    return {"source": [{"prefix": f"{prefix}."}]}


def of_type(prefix: str, *types: EventType) -> Pattern:
    """Live events of some types."""
    return {**platform_events(prefix), **_LIVE, "detail-type": [type_.value for type_ in types]}


def orders_of_venue(prefix: str, venue: str) -> Pattern:
    """Accepted orders of one venue."""
    return {**of_type(prefix, EventType.ORDER_ACCEPTED), "detail": {"venue": [venue]}}


def executions_of_class(prefix: str, instrument_class: str) -> Pattern:
    """Executions of one instrument class."""
    return {**of_type(prefix, EventType.EXECUTION), "detail": {"instrumentClass": [instrument_class]}}


def unknown(prefix: str, type_: EventType, key: str, known: Sequence[str]) -> Pattern:
    """Events of a type whose detail has no known value of `key`, or no value: no other rule matches them."""
    detail = {"$or": [{key: [{"anything-but": list(known)}]}, {key: [{"exists": False}]}]}
    return {**of_type(prefix, type_), "detail": detail}


def replayed(prefix: str) -> Pattern:
    """Events that are replayed from the archive."""
    return {**platform_events(prefix), "replay-name": [{"exists": True}]}
