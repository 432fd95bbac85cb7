"""What services of AWS report by themselves, handed to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.events.events import Events
from components.events.routing import MAX_AGE_SECONDS, MAX_ATTEMPTS
from components.settings import Settings


@dataclass(frozen=True)
class Notice:
    """One rule on the account's default bus: `name` is the last part of its name, `description` what has happened, and
    `pattern` what it takes (EventBridge User Guide, "Event patterns")."""

    name: str
    description: str
    pattern: Mapping[str, Any]


def tell(settings: Settings, events: Events, notice: Notice, opts: pulumi.ResourceOptions) -> None:
    """Tells the people on call of what a notice takes, as a ticket. What the topic does not take is kept with what the
    rules of the platform's own bus could not deliver."""
    rule = aws.cloudwatch.EventRule(
        notice.name,
        name=settings.name(notice.name),
        description=notice.description,
        event_pattern=pulumi.Output.json_dumps(notice.pattern),
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        notice.name,
        rule=rule.name,
        target_id="operations",
        arn=events.topics.operations.arn,
        dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(
            arn=events.queues.undelivered_events.queue.arn
        ),
        retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
            maximum_event_age_in_seconds=MAX_AGE_SECONDS, maximum_retry_attempts=MAX_ATTEMPTS
        ),
        opts=opts,
    )
