"""Reaction to a quorum of observers that do not reach the primary: notify operators, or run the failover."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.compute.function import Background, Function, FunctionArgs
from components.events.queue import Queue
from components.layer import Layer
from components.observability.aws_metrics import FUNCTION_ERRORS, MESSAGES_WAITING
from components.security.keys import Keys
from components.security.policies import Statement
from components.settings import Settings

# Seconds: the longest timeout that Lambda allows (AWS Lambda Developer Guide, "Lambda quotas"). The run needs no
# longer, because the database is promoted in the background and scale-out is a build.
_TIMEOUT_SECONDS = 900
_MEMORY_MB = 1769
# Seconds. The function checks an older quorum again before it acts, so that a late event does no harm.
_LATEST_SECONDS = 600
_RETRIES = 2


@dataclass(frozen=True)
class FailoverArgs:
    """`quorum` is the alarm that starts the function; `configuration` is that of a run, `statements` are its
    permissions; `failed` is the queue for undelivered events and failed invocations; `operations` is the operators'
    topic."""

    settings: Settings
    keys: Keys
    quorum: aws.cloudwatch.CompositeAlarm
    configuration: pulumi.Input[Mapping[str, Any]]
    statements: Sequence[Statement]
    failed: Queue
    operations: pulumi.Input[str]


class Failover(Layer):
    """The function that the quorum alarm starts. Without `automaticFailover` it sends operators the evidence and the
    command to run. With it, it runs the runbook's steps, under the same lock and into the same journal."""

    function: Function
    alarms: list[aws.cloudwatch.MetricAlarm]

    def __init__(self, name: str, args: FailoverArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:Failover", name, opts)
        self._args = args
        self._settings = args.settings
        self.function = self._function()
        self._rule()
        self.alarms = self._watch()
        self.register_outputs({"function": self.function.alias.arn})

    def _function(self) -> Function:
        args, settings = self._args, self._settings
        return Function(
            "failover",
            FunctionArgs(
                settings=settings,
                keys=args.keys,
                package="failover",
                description="Starts or proposes a failover when a quorum of observers does not reach the primary",
                environment={
                    "AUTOMATIC": json.dumps(settings.recovery.automatic_failover),
                    "QUORUM_ALARM": args.quorum.alarm_name,
                    "OPERATIONS_TOPIC": args.operations,
                    "RECOVERY": pulumi.Output.json_dumps(args.configuration, separators=(",", ":")),
                },
                statements=args.statements,
                timeout=_TIMEOUT_SECONDS,
                memory=_MEMORY_MB,
                concurrency=1,
                failed=args.failed,
                # Outside the VPC: the function calls services of both regions and must not depend on this VPC's
                # endpoints.
                placement=None,
                background=Background(retries=_RETRIES, max_age=_LATEST_SECONDS),
            ),
            self.child,
        )

    def _rule(self) -> None:
        rule = aws.cloudwatch.EventRule(
            "primary-lost",
            name=self._settings.name("primary-lost"),
            description="A quorum of observers does not reach the primary",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.cloudwatch"],
                    "detail-type": ["CloudWatch Alarm State Change"],
                    "resources": [self._args.quorum.arn],
                    "detail": {"state": {"value": ["ALARM"]}},
                }
            ),
            opts=self.child,
        )
        permission = self.function.admit("failover-primary-lost", "events", rule.arn)
        aws.cloudwatch.EventTarget(
            "primary-lost",
            rule=rule.name,
            target_id="failover",
            arn=self.function.alias.arn,
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=_LATEST_SECONDS, maximum_retry_attempts=_RETRIES
            ),
            dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=self._args.failed.queue.arn),
            opts=self.after(permission),
        )

    def _watch(self) -> list[aws.cloudwatch.MetricAlarm]:
        """Alarms for a failover function that fails or is not invoked."""
        common: dict[str, Any] = {
            "statistic": "Sum",
            "period": 60,
            "evaluation_periods": 1,
            "comparison_operator": "GreaterThanOrEqualToThreshold",
            "threshold": 1,
            "treat_missing_data": "notBreaching",
            "alarm_actions": [self._args.operations],
            "opts": self.child,
        }
        errors = aws.cloudwatch.MetricAlarm(
            "failover-errors",
            name=self._settings.name("failover-errors"),
            alarm_description="The failover function failed: run the runbook manually.",
            namespace=FUNCTION_ERRORS.namespace,
            metric_name=FUNCTION_ERRORS.name,
            dimensions=FUNCTION_ERRORS.under(self.function.name),
            **common,
        )
        undelivered = aws.cloudwatch.MetricAlarm(
            "failover-undelivered",
            name=self._settings.name("failover-undelivered"),
            alarm_description="An event of the failover rule was not delivered: run the runbook manually.",
            namespace=MESSAGES_WAITING.namespace,
            metric_name=MESSAGES_WAITING.name,
            dimensions=MESSAGES_WAITING.under(self._args.failed.queue.name),
            **common,
        )
        return [errors, undelivered]
