"""Resources that only the recovery region has: traffic switch, observers, failover function, scale-out build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.data.tables import Tables
from components.delivery.build_network import BuildNetwork
from components.edge.api import STAGE
from components.events.access import Sender, arn
from components.events.queue import Queue, QueueArgs, QueueKind
from components.layer import Layer
from components.network.firewall import WebFirewall
from components.recovery.configuration import RunConfiguration
from components.recovery.drills import drill_expression
from components.recovery.failover import Failover, FailoverArgs
from components.recovery.failover_access import FailoverAccess
from components.recovery.observers import Observers, ObserversArgs
from components.recovery.scale_out import ScaleOut, ScaleOutArgs
from components.recovery.scheduled_task import ScheduledTask, ScheduledTaskArgs
from components.recovery.switch_endpoint import SwitchEndpoint, SwitchEndpointArgs
from components.recovery.traffic import Target, Traffic, TrafficArgs
from components.security.keys import DataClass, Keys
from components.security.policies import Statement
from components.security.secrets import Secret
from components.settings import Role, Settings


@dataclass(frozen=True)
class StandbyArgs:
    """`primary` and `here` are the two regions' Trading APIs. `files` are the file systems' ids by role, and
    `files_arn` is the ARN of this region's. `secret` is the database's, `replica` its instance in this region,
    `operations` the topic's ARN, and `place` the network placement of the build that calls the cluster."""

    settings: Settings
    keys: Keys
    tables: Tables
    firewall: WebFirewall
    zone_id: pulumi.Input[str]
    primary: Target
    here: Target
    files: dict[Role, pulumi.Input[str]]
    files_arn: pulumi.Input[str]
    secret: Secret
    replica: str
    operations: pulumi.Input[str]
    place: BuildNetwork


class Standby(Layer):
    """The traffic switch and DNS records, the observers and their quorum, the failover function, and the scale-out
    build."""

    configuration: dict[str, Any]
    """Configuration of a runbook run, exported as `recovery`."""

    def __init__(self, name: str, args: StandbyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:Standby", name, opts)
        self._args = args
        self._settings = args.settings
        self.endpoint = SwitchEndpoint(
            "switch-endpoint",
            SwitchEndpointArgs(args.settings, args.keys, args.tables, args.firewall),
            self.child,
        )
        self.traffic = Traffic(
            "traffic",
            TrafficArgs(args.settings, args.zone_id, args.primary, args.here, self.endpoint),
            self.child,
        )
        self.failed = self._failed()
        self.observers = self._observers()
        self.scale_out = ScaleOut("scale-out", ScaleOutArgs(args.settings, args.keys, args.place), self.child)
        self.configuration = RunConfiguration(
            args.settings,
            args.tables,
            args.files,
            args.secret.name,
            self.traffic,
            self.endpoint,
            self.scale_out,
        ).output()
        self.failover = self._failover()
        self._drill()
        self.register_outputs({"switch": self.endpoint.url, "failover": self.failover.function.alias.arn})

    def _failed(self) -> Queue:
        """Queue of events and invocations that failed in EventBridge or Lambda. It is separate, because its first
        message raises an alarm."""
        settings = self._settings
        rule = arn(settings, "events", f"rule/{settings.name('primary-lost')}")
        return Queue(
            "failed-recovery",
            QueueArgs(
                settings,
                self._args.keys.arn(DataClass.STREAMS),
                QueueKind.STANDARD_WITHOUT_DLQ,
                senders=[Sender("FromQuorum", "events", rule)],
            ),
            self.child,
        )

    def _observers(self) -> Observers:
        args = self._args
        return Observers(
            "observers",
            ObserversArgs(
                args.settings,
                args.keys,
                args.tables,
                health_url=pulumi.Output.concat("https://", args.primary.health_host, args.primary.health_path),
                standby_url=pulumi.Output.concat("https://", args.here.health_host, f"/{STAGE}"),
                verdict_name=self.traffic.verdict_name,
                replica=args.replica,
                failed=self.failed,
                operations=args.operations,
            ),
            self.child,
        )

    def _failover(self) -> Failover:
        args = self._args
        access = FailoverAccess(
            args.settings,
            args.keys,
            args.tables,
            self.traffic,
            self.scale_out,
            secret=args.secret.arn_pattern,
            files=args.files_arn,
            operations=args.operations,
        )
        return Failover(
            "failover",
            FailoverArgs(
                args.settings,
                args.keys,
                quorum=self.observers.quorum,
                configuration=self.configuration,
                statements=access.statements(),
                failed=self.failed,
                operations=args.operations,
            ),
            self.child,
        )

    def _drill(self) -> None:
        """Schedule of a readiness check, which compares both regions and checks that this one could take over. It moves
        no traffic."""
        function = self.failover.function
        ScheduledTask(
            "readiness-drill",
            ScheduledTaskArgs(
                self._settings,
                "Checks each month whether this region could take over",
                drill_expression(self._settings),
                target=function.alias.arn,
                input='{"drill":true}',
                statement=Statement("BeginTheDrill", ["lambda:InvokeFunction"], [f"{function.arn}:*"]),
                zone=self._settings.market.market_time_zone,
            ),
            self.child,
        )
