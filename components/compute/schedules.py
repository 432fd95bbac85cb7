"""Schedules of the functions that run periodically."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.compute.function import Function, use_key
from components.events.queue import Queue
from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings


@dataclass(frozen=True)
class SchedulesArgs:
    """`failed` is the dead-letter queue of the scheduler."""

    settings: Settings
    keys: Keys
    redrive: Function
    integrity: Function
    failed: Queue


class Schedules(Layer):
    """The redrive runs in both regions, because failed trades stay in the region where they failed and the lease holder
    publishes the outbox.

    Only the recovery region schedules the comparison, because it is up when the primary is lost. In the primary,
    operators can invoke the function.
    """

    def __init__(self, name: str, args: SchedulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("compute:Schedules", name, opts)
        self._args = args
        settings, functions = args.settings, args.settings.functions
        self._group = aws.scheduler.ScheduleGroup("functions", name=settings.name("functions"), opts=self.child)
        self._permissions = self._role()
        self._schedule("redrive", args.redrive, f"rate({_every(functions.redrive_interval_minutes, 'minute')})")
        self._schedule(
            "integrity",
            args.integrity,
            f"rate({_every(functions.integrity_interval_hours, 'hour')})",
            enabled=not settings.is_primary,
        )
        self.register_outputs({"group": self._group.name})

    def _role(self) -> aws.iam.RolePolicy:
        args, settings = self._args, self._args.settings
        name = settings.name("schedules")
        region, account = settings.region.name, settings.general.account_id
        group = f"arn:aws:scheduler:{region}:{account}:schedule-group/{settings.name('functions')}"
        self.role = aws.iam.Role(
            "schedules",
            name=name,
            description="Invokes the functions that run on a schedule",
            assume_role_policy=trust_of_service(
                "scheduler.amazonaws.com",
                account,
                {"ArnEquals": {"aws:SourceArn": group}},
            ),
            opts=self.child,
        )
        return aws.iam.RolePolicy(
            "schedules",
            name=name,
            role=self.role.id,
            policy=policy_document(
                Statement(
                    "InvokeFunctions",
                    ["lambda:InvokeFunction"],
                    [f"{function.arn}:*" for function in (args.redrive, args.integrity)],
                ),
                Statement("KeepWhatFailed", ["sqs:SendMessage"], [args.failed.queue.arn]),
                use_key(settings, args.keys, "KeepWhatFailedEncrypted", DataClass.STREAMS, "sqs"),
            ),
            opts=self.child,
        )

    def _schedule(self, name: str, function: Function, rate: str, *, enabled: bool = True) -> None:
        aws.scheduler.Schedule(
            name,
            name=self._args.settings.name(name),
            group_name=self._group.name,
            description=f"Runs {function.name}",
            schedule_expression=rate,
            state="ENABLED" if enabled else "DISABLED",
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=function.alias.arn,
                role_arn=self.role.arn,
                input="{}",
                # The next run processes the items that a missed run left.
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_retry_attempts=0, maximum_event_age_in_seconds=60
                ),
                dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(arn=self._args.failed.queue.arn),
            ),
            opts=self.after(self._permissions),
        )


def _every(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
