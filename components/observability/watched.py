"""What of a stack is watched."""

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


class Logging(Protocol):
    """A function with a log of its own; `function` has the name that CloudWatch knows it by."""

    function: aws.lambda_.Function
    log_group: aws.cloudwatch.LogGroup


@dataclass(frozen=True)
class Watched:
    """The layers of one stack whose metrics are watched, drawn and counted; `primary_file_system` is None in the
    primary, and `trail` wherever the trail is not kept."""

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
    def serves(self) -> bool:
        """Whether orders come to this region: the primary, or a recovery region that has taken over."""
        return self.settings.is_primary or self.settings.general.active

    @property
    def logging(self) -> Mapping[str, Logging]:
        """Every function of the stack, by the last part of its name."""
        functions, standby = self.functions, self.recovery.standby
        found: dict[str, Logging] = {
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
    def acting(self) -> list[pulumi.Output[str]]:
        """Names of the alarms that stand beside what acts on them: the fleet, drills, observers, the failover."""
        standby = self.recovery.standby
        alarms = [self.engines.fleet.volatility, self.recovery.drills.stop]
        if standby:
            alarms += [*standby.observers.alarms, standby.observers.blind, *standby.failover.alarms]
        composites = [standby.observers.quorum, standby.observers.stopped] if standby else []
        return [*(alarm.name for alarm in alarms), *(alarm.alarm_name for alarm in composites)]

    @property
    def databases(self) -> Mapping[str, aws.rds.Instance]:
        """Instances by what they are called in the names of alarms."""
        database = self.stores.database
        return {"database": database.instance, **({"database-reader": database.reader} if database.reader else {})}

    @property
    def last_resorts(self) -> Iterator[tuple[str, Queue]]:
        """Queues that are the end of the line, with what they hold; that of recovery has an alarm of its own."""
        queues = self.events.queues
        yield "quarantine", queues.quarantine
        yield "quarantine-ordered", queues.ordered_quarantine
        yield "undelivered-events", queues.undelivered_events
        yield "undelivered-notifications", queues.undelivered_notifications
        yield "failed-invocations", self.functions.failed

    @property
    def working_queues(self) -> Iterator[tuple[str, Queue]]:
        """Queues with consumers and a dead-letter queue, by the last part of their names."""
        queues = self.events.queues
        for venue, queue in queues.execution.items():
            yield f"execution-{venue.lower()}", queue
        for class_, queue in queues.post_trade.items():
            yield f"post-trade-{class_}", queue
        yield "account-events", queues.account_events
        yield "trade-reports", queues.trade_reports
        yield "replays", queues.replays
