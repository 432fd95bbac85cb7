"""Higher minimum of the engine fleet in trading hours: a function that plans scheduled actions, and its schedule."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.compute.function import Background, Function, FunctionArgs
from components.events.queue import Queue
from components.latency.fleet import fleet_of
from components.latency.market_spans import calendars_end, raised_spans
from components.layer import Layer
from components.recovery.scheduled_task import ScheduledTask, ScheduledTaskArgs
from components.security.keys import Keys
from components.security.policies import Statement
from components.settings import Settings
from functions.market_hours.plan import HOURS_PATH, Hours

EVERY_MINUTES = 5
"""Interval of the function. It plans days ahead; a change of settings during a session takes effect within this
interval."""
_MEMORY_MB = 256
# Seconds. A first run makes some 30 sequential calls of at most 2 s, with a few retries.
_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class MarketHoursArgs:
    """`failed` is the queue for invocations that failed all attempts."""

    settings: Settings
    keys: Keys
    failed: Queue


class MarketHours(Layer):
    """A higher minimum size from before the opening to after the close of each session, with holidays and early closes.

    It sets the minimum and not the desired count. The order rate policy would lower a desired count before the opening,
    and a fleet that is larger than the count would lose busy engines. A group grows to a higher minimum by itself
    (Amazon EC2 Auto Scaling User Guide, "Scheduled scaling"). After the close the fleet shrinks with its order rate.

    The function writes scheduled actions for the coming fortnight, which Auto Scaling runs without the function.
    Actions that the program declares would have to lie in the future at each update (Auto Scaling API Reference,
    PutScheduledUpdateGroupAction, `StartTime`).
    """

    function: Function

    def __init__(self, name: str, args: MarketHoursArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("latency:MarketHours", name, opts)
        settings = args.settings
        self.function = Function(
            "market-hours",
            FunctionArgs(
                settings=settings,
                keys=args.keys,
                package="market_hours",
                description="Plans the floor of the engines' fleet by trading calendars",
                environment={
                    "GROUP": fleet_of(settings).group,
                    "RAISED": str(settings.sizes.elastic_engines_open),
                    "LOWERED": str(settings.sizes.elastic_engines_min),
                },
                files={HOURS_PATH: Hours(raised_spans(settings), calendars_end(settings)).as_json()},
                statements=_statements(settings),
                timeout=_TIMEOUT_SECONDS,
                memory=_MEMORY_MB,
                concurrency=1,
                failed=args.failed,
                # Outside the VPC: the function calls only Auto Scaling's API, for which a standby region has no
                # endpoint.
                placement=None,
                # The next run plans the days that a failed run left.
                background=Background(retries=0, max_age=60 * EVERY_MINUTES),
            ),
            self.child,
        )
        ScheduledTask(
            "market-hours",
            ScheduledTaskArgs(
                settings,
                "Plans the floor of the engines' fleet",
                f"rate({EVERY_MINUTES} minutes)",
                target=self.function.alias.arn,
                input="{}",
                statement=Statement("InvokeMarketHours", ["lambda:InvokeFunction"], [f"{self.function.arn}:*"]),
            ),
            self.child,
        )
        self.register_outputs({"function": self.function.alias.arn})


def _statements(settings: Settings) -> list[Statement]:
    """Permissions for scheduled actions of the one group that change its minimum and no other size.

    Service Authorization Reference, "Amazon EC2 Auto Scaling": a request without a maximum has no key `MaxSize`.
    """
    region, account = settings.region.name, settings.general.account_id
    group = f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{fleet_of(settings).group}"
    return [
        Statement(
            "PlanTheFloor",
            ["autoscaling:PutScheduledUpdateGroupAction"],
            [group],
            conditions={"Null": {"autoscaling:MaxSize": "true"}},
        ),
        Statement("RemoveWhatIsNotPlanned", ["autoscaling:DeleteScheduledAction"], [group]),
        # These actions do not support resource-level permissions.
        Statement(
            "ReadTheGroup",
            ["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeScheduledActions"],
            ["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": region}},
        ),
    ]
