"""Notifications of events that AWS services publish."""

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
    """One rule on the account's default bus: `name` is the last part of its name, `description` what happened, and
    `pattern` the matching events (EventBridge User Guide, "Event patterns")."""

    name: str
    description: str
    pattern: Mapping[str, Any]


def notify_operators(settings: Settings, events: Events, notice: Notice, opts: pulumi.ResourceOptions) -> None:
    """Send matching events to the operators' topic, as tickets. Undeliverable events go to the dead-letter queue of the
    platform's bus."""
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
