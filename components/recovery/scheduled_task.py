"""One EventBridge schedule with a role that allows only its target."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings


@dataclass(frozen=True)
class ScheduledTaskArgs:
    """`expression` is a schedule expression in the time zone `zone`; `target` is an ARN that receives `input`, and
    `statement` is the permission to call it. A missed run is skipped: the next run replaces it."""

    settings: Settings
    description: str
    expression: str
    target: pulumi.Input[str]
    input: pulumi.Input[str]
    statement: Statement
    zone: str = "UTC"
    enabled: bool = True


class ScheduledTask(Layer):
    """A schedule in a group of its own, so that only this schedule can use the role."""

    def __init__(self, name: str, args: ScheduledTaskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:Timetable", name, opts)
        settings, physical = args.settings, args.settings.name(name)
        region, account = settings.region.name, settings.general.account_id
        group = aws.scheduler.ScheduleGroup(name, name=physical, opts=self.child)
        role = aws.iam.Role(
            f"{name}-schedule",
            name=f"{physical}-schedule",
            description=args.description,
            assume_role_policy=trust_of_service(
                "scheduler.amazonaws.com",
                account,
                {"ArnEquals": {"aws:SourceArn": f"arn:aws:scheduler:{region}:{account}:schedule-group/{physical}"}},
            ),
            opts=self.child,
        )
        permissions = aws.iam.RolePolicy(
            f"{name}-schedule",
            name=f"{physical}-schedule",
            role=role.id,
            policy=policy_document(args.statement),
            opts=self.child,
        )
        aws.scheduler.Schedule(
            name,
            name=physical,
            group_name=group.name,
            description=args.description,
            schedule_expression=args.expression,
            schedule_expression_timezone=args.zone,
            state="ENABLED" if args.enabled else "DISABLED",
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=args.target,
                role_arn=role.arn,
                input=args.input,
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_retry_attempts=0, maximum_event_age_in_seconds=60
                ),
            ),
            opts=self.after(permissions),
        )
        self.register_outputs({"group": group.name})
