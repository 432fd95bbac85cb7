"""Resources of a stack that alarms, dashboards and log metrics refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_aws as aws

from components.compute.ecs import Services
from components.compute.functions import Functions
from components.data.stores import Stores
from components.edge.api import TradingApi
from components.edge.balancers import Balancers
from components.events.events import Events
from components.events.queue import Queue
from components.latency.engines import Engines
from components.latency.market_hours import MarketHours
from components.network.network import Network
from components.recovery.recovery import Recovery
from components.security.rotation import Rotation
from components.security.trail import Trail
from components.settings import Settings


class FunctionWithLogs(Protocol):
    """A function with a log group. `function.name` is its name in CloudWatch's metrics."""

    function: aws.lambda_.Function
    log_group: aws.cloudwatch.LogGroup


@dataclass(frozen=True)
class MonitoredLayers:
    """The layers of one stack with metrics. `primary_file_system` is None in the primary; `trail` is None in stacks
    without the trail."""

    settings: Settings
    network: Network
    stores: Stores
    events: Events
    balancers: Balancers
    engines: Engines
    market_hours: MarketHours
    services: Services
    functions: Functions
    api: TradingApi
    rotation: Rotation
    recovery: Recovery
    trail: Trail | None
    primary_file_system: pulumi.Input[str] | None = None

    @property
    def is_active(self) -> bool:
        """Whether this region accepts orders: the primary, or a recovery region that has taken over."""
        return self.settings.is_primary or self.settings.general.active

    @property
    def functions_with_logs(self) -> Mapping[str, FunctionWithLogs]:
        """All functions of the stack, by the last part of their names."""
        functions, standby = self.functions, self.recovery.standby
        found: dict[str, FunctionWithLogs] = {
            "order-intake": functions.order_intake,
            "authorizer": functions.authorizer,
            "redrive": functions.redrive,
            "integrity": functions.integrity,
            "rotation": self.rotation,
            "market-hours": self.market_hours.function,
        }
        if standby:
            found |= {"observer": standby.observers.function, "failover": standby.failover.function}
        return found

    @property
    def action_alarms(self) -> list[pulumi.Output[str]]:
        """Names of alarms that other layers declare because they act on them: scaling, drills, observers, failover."""
        standby = self.recovery.standby
        alarms = [self.engines.fleet.volatility, self.recovery.drills.stop]
        if standby:
            alarms += [*standby.observers.alarms, standby.observers.blind, *standby.failover.alarms]
        composites = [standby.observers.quorum, standby.observers.stopped] if standby else []
        return [*(alarm.name for alarm in alarms), *(alarm.alarm_name for alarm in composites)]

    @property
    def databases(self) -> Mapping[str, aws.rds.Instance]:
        """Database instances by their names in alarms."""
        database = self.stores.database
        return {"database": database.instance, **({"database-reader": database.reader} if database.reader else {})}

    @property
    def unconsumed_queues(self) -> Iterator[tuple[str, Queue]]:
        """Queues without a consumer, by the last part of their names. The recovery layer's queue has an alarm of its
        own."""
        queues = self.events.queues
        yield "quarantine", queues.quarantine
        yield "quarantine-ordered", queues.ordered_quarantine
        yield "undelivered-events", queues.undelivered_events
        yield "undelivered-notifications", queues.undelivered_notifications
        yield "failed-invocations", self.functions.failed

    @property
    def consumed_queues(self) -> Iterator[tuple[str, Queue]]:
        """Queues with consumers and a dead-letter queue, by the last part of their names."""
        queues = self.events.queues
        for venue, queue in queues.execution.items():
            yield f"execution-{venue.lower()}", queue
        for class_, queue in queues.post_trade.items():
            yield f"post-trade-{class_}", queue
        yield "account-events", queues.account_events
        yield "trade-reports", queues.trade_reports
        yield "replays", queues.replays
