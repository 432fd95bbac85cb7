"""The metrics that the functions publish: alarms and dashboards take their names from here.

Each is published in the embedded metric format with the one dimension `service`, the function's name; the region is
that of the metric. Functions publish by `publish`, so that no name is written twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NAMESPACE = "TradingPlatform"
DIMENSION = "service"

ORDER_INTAKE = "order_intake"
REDRIVE = "redrive"
INTEGRITY = "integrity"
OBSERVER = "observer"
FAILOVER = "failover"
MARKET_HOURS = "market_hours"

# Seconds. A high-resolution metric can raise an alarm after 10 s, any other after 60 (CloudWatch User Guide).
HIGH_RESOLUTION = 1
STANDARD_RESOLUTION = 60


@dataclass(frozen=True)
class Metric:
    """One metric of one function; `unit` is CloudWatch's, `resolution` is in seconds."""

    service: str
    name: str
    unit: str
    description: str
    resolution: int = STANDARD_RESOLUTION
    namespace: str = NAMESPACE

    @property
    def dimensions(self) -> dict[str, str]:
        """The dimensions under which CloudWatch knows it."""
        return {DIMENSION: self.service}


def _intake(name: str, unit: str, description: str, resolution: int = HIGH_RESOLUTION) -> Metric:
    return Metric(ORDER_INTAKE, name, unit, description, resolution)


ORDER_LATENCY = _intake(
    "OrderLatency", "Milliseconds", "From the request's arrival at the function to its answer, orders only."
)
ORDERS_ACCEPTED = _intake("OrdersAccepted", "Count", "Orders answered with 201 or 202, repeats included.")
ORDERS_REFUSED = _intake("OrdersRefused", "Count", "Orders that were wrong: invalid, conflicting, not cancellable.")
ORDERS_NOT_ACCEPTING = _intake("OrdersNotAccepting", "Count", "Orders refused because the region holds no lease.")
ORDERS_UNAVAILABLE = _intake(
    "OrdersUnavailable", "Count", "Orders refused because a store did not answer or throttled."
)
ORDERS_OUTCOME_UNKNOWN = _intake("OrdersOutcomeUnknown", "Count", "Orders whose write may or may not have been made.")
ORDERS_DEFERRED = _intake(
    "OrdersDeferred", "Count", "Accepted orders left to the outbox: the stream did not take them."
)

MESSAGES_REDRIVEN = Metric(
    REDRIVE, "MessagesRedriven", "Count", "Messages moved from a dead-letter queue to its source."
)
MESSAGES_QUARANTINED = Metric(
    REDRIVE, "MessagesQuarantined", "Count", "Messages that failed too often and were set aside."
)
MESSAGES_NOT_MOVED = Metric(
    REDRIVE, "MessagesNotMoved", "Count", "Messages that could not be moved and stay where they are."
)
REDRIVE_INCOMPLETE = Metric(REDRIVE, "RedriveIncomplete", "Count", "Queues or outboxes that could not be worked on.")
OUTBOX_PUBLISHED = Metric(REDRIVE, "OutboxPublished", "Count", "Orders published from the outbox.")
OUTBOX_NOT_PUBLISHED = Metric(
    REDRIVE, "OutboxNotPublished", "Count", "Orders of the outbox that the stream did not take."
)
OUTBOX_HELD = Metric(
    REDRIVE, "OutboxHeld", "Count", "Orders of an older epoch that wait for a decision of the trading desk."
)
OUTBOX_OLDEST_AGE = Metric(
    REDRIVE, "OutboxOldestAge", "Seconds", "Age of the oldest accepted order that is not in the stream."
)

DIFFERENCES = Metric(INTEGRITY, "Differences", "Count", "Keys that differ between the regions for longer than the lag.")
ENTRIES_COMPARED = Metric(INTEGRITY, "EntriesCompared", "Count", "Items and objects of the primary that were compared.")
COMPARISONS_FAILED = Metric(INTEGRITY, "ComparisonsFailed", "Count", "Comparisons that could not be finished.")

PRIMARY_UNANSWERED = Metric(OBSERVER, "PrimaryUnanswered", "Count", "1 if the primary's API did not answer from here.")
PRIMARY_UNSEEN = Metric(
    OBSERVER, "PrimaryUnseen", "Count", "1 if the health checkers around the world do not reach the primary's API."
)
LEASE_STALE_FOR = Metric(
    OBSERVER, "LeaseStaleFor", "Seconds", "Time since the primary's lease ended without being extended; 0 otherwise."
)
STANDBY_UNANSWERED = Metric(
    OBSERVER, "StandbyUnanswered", "Count", "1 if the recovery region's own API did not answer as a client needs it."
)
OBSERVATIONS = Metric(OBSERVER, "Observations", "Count", "Observations that were made, whatever they showed.")
OBSERVATIONS_FAILED = Metric(OBSERVER, "ObservationsFailed", "Count", "Observations that could not be made.")

FAILOVERS_ASKED_FOR = Metric(FAILOVER, "FailoversAskedFor", "Count", "Quorums of observers that people were told of.")
FAILOVERS_RUN = Metric(FAILOVER, "FailoversRun", "Count", "Failovers that were run without a person.")
FAILOVERS_STOPPED = Metric(FAILOVER, "FailoversStopped", "Count", "Failovers that ended before orders were accepted.")

FLOOR_PLANNED = Metric(
    MARKET_HOURS, "FloorPlanned", "Count", "Runs that planned the floor of the engines' fleet for the coming days."
)
CALENDAR_DAYS_LEFT = Metric(
    MARKET_HOURS, "CalendarDaysLeft", "Count", "Days until the first trading calendar of marketCalendars ends."
)

ALL: tuple[Metric, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))


def publish(sink: Any, metric: Metric, value: float) -> None:
    """Adds a value to a Powertools `Metrics` whose namespace and service are the metric's."""
    sink.add_metric(name=metric.name, unit=metric.unit, value=value, resolution=metric.resolution)
