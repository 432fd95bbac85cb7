"""Failure detection: four observers of the primary, and the quorum alarm that counts their votes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import pulumi
import pulumi_aws as aws

from components.compute.function import Background, Function, FunctionArgs
from components.data.table_schemas import TableName
from components.data.tables import Tables
from components.events.queue import Queue
from components.layer import Layer
from components.observability.aws_metrics import DATABASE_LAG
from components.observability.replica_lag import seconds_behind
from components.recovery.scheduled_task import ScheduledTask, ScheduledTaskArgs
from components.recovery.traffic import SEEN_ADDRESS, UNSEEN_ADDRESS
from components.security.keys import DataClass, Keys
from components.security.policies import Statement
from components.settings import Settings
from components.settings.consistency.recovery import OBSERVED_EVERY_SECONDS
from functions import metrics
from functions.metrics import Metric
from recovery.budget import SILENT_REGION_SECONDS

_MEMORY_MB = 512
# Seconds: three sequential observations, a cold start, and three tries of two calls of the canary.
_TIMEOUT_SECONDS = 50
# Minutes without any observation before operators are notified.
_BLIND_MINUTES = 5


@dataclass(frozen=True)
class ObserversArgs:
    """`health_url` is the primary's health check, `standby_url` this region's own API; `verdict_name` is the DNS name
    with the health checkers' result; `replica` is the identifier of the database's replica in this region; `failed` is
    the queue for failed invocations; `operations` is the operators' topic."""

    settings: Settings
    keys: Keys
    tables: Tables
    health_url: pulumi.Input[str]
    standby_url: pulumi.Input[str]
    verdict_name: str
    replica: str
    failed: Queue
    operations: pulumi.Input[str]


class Observers(Layer):
    """A single observer is sometimes wrong: the path between the regions, a resolver or a replication can fail alone. A
    false failover of a stateful tier costs more than a minute of waiting.

    An observer without data has no vote, and an alarm notifies operators that it has no data.
    """

    alarms: list[aws.cloudwatch.MetricAlarm]
    blind: aws.cloudwatch.MetricAlarm
    quorum: aws.cloudwatch.CompositeAlarm

    def __init__(self, name: str, args: ObserversArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:Observers", name, opts)
        self._args = args
        self._settings = args.settings
        self.function = self._function()
        self._every_minute()
        recovery = args.settings.recovery
        self._lease_stale = self._vote("lease-stale", metrics.LEASE_STALE_FOR, recovery.lease_stale_seconds)
        self._unanswered = self._vote("primary-unanswered", metrics.PRIMARY_UNANSWERED, 1)
        self._unseen = self._vote("primary-unseen", metrics.PRIMARY_UNSEEN, 1)
        self.alarms = [
            self._unanswered,
            self._unseen,
            self._lease_stale,
            self._replica_behind(),
        ]
        self.blind = self._no_observations_alarm()
        self.stopped = self._no_orders_alarm()
        self.quorum = self._quorum_alarm()
        self.register_outputs({"quorum": self.quorum.arn})

    def _function(self) -> Function:
        args, settings = self._args, self._settings
        return Function(
            "observer",
            FunctionArgs(
                settings=settings,
                keys=args.keys,
                package="observer",
                description="Checks the primary from the recovery region",
                environment={
                    "PRIMARY_REGION": settings.general.primary_region,
                    "PRIMARY_HEALTH_URL": args.health_url,
                    "CHECKERS_NAME": args.verdict_name,
                    "SEEN_ADDRESS": SEEN_ADDRESS,
                    "UNSEEN_ADDRESS": UNSEEN_ADDRESS,
                    "CONTROL_TABLE": args.tables.name(TableName.CONTROL),
                    "STANDBY_API_URL": args.standby_url,
                    "CALL_SECONDS": f"{SILENT_REGION_SECONDS:g}",
                },
                statements=[
                    Statement("ReadTheLease", ["dynamodb:GetItem"], [args.tables.arn(TableName.CONTROL)]),
                    Statement(
                        "ReadItEncrypted",
                        ["kms:Decrypt"],
                        [args.keys.arn(DataClass.TABLES)],
                        conditions={
                            "StringEquals": {"kms:ViaService": f"dynamodb.{settings.region.name}.amazonaws.com"}
                        },
                    ),
                ],
                timeout=_TIMEOUT_SECONDS,
                memory=_MEMORY_MB,
                concurrency=1,
                failed=args.failed,
                # Outside the VPC: the function reaches the primary through the internet, like a client.
                placement=None,
                background=Background(retries=0, max_age=OBSERVED_EVERY_SECONDS),
            ),
            self.child,
        )

    def _every_minute(self) -> None:
        ScheduledTask(
            "observer",
            ScheduledTaskArgs(
                self._settings,
                "Checks the primary once a minute",
                "rate(1 minute)",
                target=self.function.alias.arn,
                input="{}",
                statement=Statement("InvokeTheObserver", ["lambda:InvokeFunction"], [f"{self.function.arn}:*"]),
            ),
            self.child,
        )

    def _vote(self, name: str, metric: Metric, threshold: float) -> aws.cloudwatch.MetricAlarm:
        return self._alarm(
            name,
            metric.description,
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=metric.dimensions,
            statistic="Minimum",
            period=OBSERVED_EVERY_SECONDS,
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=threshold,
        )

    def _replica_behind(self) -> aws.cloudwatch.MetricAlarm:
        limit = self._settings.recovery.replica_lag_seconds
        lag = aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=DATABASE_LAG.namespace,
            metric_name=DATABASE_LAG.name,
            dimensions=DATABASE_LAG.under(self._args.replica),
            stat="Maximum",
            period=OBSERVED_EVERY_SECONDS,
        )
        return self._alarm(
            "replica-behind",
            f"Replication to the database's replica has stopped or is {limit} s behind.",
            metric_queries=[
                aws.cloudwatch.MetricAlarmMetricQueryArgs(id="lag", metric=lag, return_data=False),
                aws.cloudwatch.MetricAlarmMetricQueryArgs(
                    id="behind",
                    expression=seconds_behind("lag", limit),
                    label="Seconds behind",
                    return_data=True,
                ),
            ],
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=limit,
        )

    def _alarm(self, name: str, description: str, **arguments: object) -> aws.cloudwatch.MetricAlarm:
        observations = self._settings.recovery.failover_observations
        return aws.cloudwatch.MetricAlarm(
            name,
            name=self._settings.name(name),
            alarm_description=description,
            evaluation_periods=observations,
            datapoints_to_alarm=observations,
            # An observer without data has no vote.
            treat_missing_data="notBreaching",
            opts=self.child,
            **arguments,  # type: ignore[arg-type]
        )

    def _no_observations_alarm(self) -> aws.cloudwatch.MetricAlarm:
        metric = metrics.OBSERVATIONS
        return aws.cloudwatch.MetricAlarm(
            "observers-blind",
            name=self._settings.name("observers-blind"),
            alarm_description="No observer in the recovery region has data: the primary's loss would go undetected.",
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=metric.dimensions,
            statistic="Sum",
            period=OBSERVED_EVERY_SECONDS,
            evaluation_periods=_BLIND_MINUTES,
            comparison_operator="LessThanThreshold",
            threshold=1,
            treat_missing_data="breaching",
            alarm_actions=[self._args.operations],
            ok_actions=[self._args.operations],
            opts=self.child,
        )

    def _no_orders_alarm(self) -> aws.cloudwatch.CompositeAlarm:
        """A composite alarm that pages without a quorum.

        Without a lease no order is accepted, even if the region is up. A table that executes calls after their time-out
        extends the lease for a holder that does not learn of it: then the two observers of order intake vote alone.
        """
        return aws.cloudwatch.CompositeAlarm(
            "orders-stopped",
            alarm_name=self._settings.name("orders-stopped"),
            alarm_description="No region accepts orders: the primary does not extend its lease, or two observers find "
            "that its order intake does not accept. Consider a failover.",
            alarm_rule=pulumi.Output.all(self._lease_stale.name, self._unanswered.name, self._unseen.name).apply(
                lambda names: f'ALARM("{names[0]}") OR {quorum_rule(names[1:], 2)}'
            ),
            alarm_actions=[self._args.operations],
            ok_actions=[self._args.operations],
            opts=self.child,
        )

    def _quorum_alarm(self) -> aws.cloudwatch.CompositeAlarm:
        needed = self._settings.recovery.failover_quorum
        return aws.cloudwatch.CompositeAlarm(
            "primary-lost",
            alarm_name=self._settings.name("primary-lost"),
            alarm_description=f"{needed} of {len(self.alarms)} observers miss the primary: decide about a failover.",
            alarm_rule=pulumi.Output.all(*(alarm.name for alarm in self.alarms)).apply(
                lambda names: quorum_rule(names, needed)
            ),
            alarm_actions=[self._args.operations],
            ok_actions=[self._args.operations],
            opts=self.child,
        )


def quorum_rule(alarms: Sequence[str], needed: int) -> str:
    """Return an alarm rule that is true if at least `needed` of the alarms are in ALARM."""
    return " OR ".join(
        "(" + " AND ".join(f'ALARM("{alarm}")' for alarm in chosen) + ")" for chosen in combinations(alarms, needed)
    )
