"""The event bus and its rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.events.access import bus_name, bus_rules
from components.events.patterns import (
    EventType,
    Pattern,
    executions_of_class,
    of_type,
    orders_of_venue,
    platform_events,
    replayed,
    unknown,
)
from components.events.queues import Queues
from components.events.topics import Topics
from components.layer import Layer
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings

# EventBridge User Guide, "Retrying event delivery": the maximum age and number of attempts.
MAX_AGE_SECONDS = 24 * 3600
MAX_ATTEMPTS = 185
# All events except orders, which the archive of the order stream already keeps. At the order rate, each further rule
# would use the account's invocation quota (18,750 a second, EventBridge User Guide, "Quotas").
_LOGGED = (EventType.ORDER_REJECTED, EventType.EXECUTION, EventType.RISK_BREACH, EventType.OPERATIONS_NOTICE)


@dataclass(frozen=True)
class RoutingArgs:
    """`key_arn` and `log_key_arn` are the keys of the classes STREAMS and LOGS; `record` is the delivery stream that
    archives routed events."""

    settings: Settings
    key_arn: pulumi.Input[str]
    log_key_arn: pulumi.Input[str]
    queues: Queues
    topics: Topics
    record: aws.kinesis.FirehoseDeliveryStream


@dataclass(frozen=True)
class Target:
    """Target of a rule; `max_age` in seconds."""

    name: str
    arn: pulumi.Input[str]
    role_arn: pulumi.Input[str] | None = None
    max_age: int = MAX_AGE_SECONDS


class Routing(Layer):
    """An accepted order matches exactly one rule: that of its venue, or the one that quarantines orders of an unknown
    venue. Undeliverable events go to a dead-letter queue. The bus archives all events for replay."""

    bus: aws.cloudwatch.EventBus
    archive: aws.cloudwatch.EventArchive
    rules: dict[str, aws.cloudwatch.EventRule]

    def __init__(self, name: str, args: RoutingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("events:Routing", name, opts)
        self._args = args
        self._prefix = args.settings.general.name_prefix
        self.rules = {}
        self.bus = self._bus()
        self.archive = aws.cloudwatch.EventArchive(
            "events",
            name=bus_name(args.settings),
            event_source_arn=self.bus.arn,
            event_pattern=pulumi.Output.json_dumps(platform_events(self._prefix)),
            retention_days=args.settings.streams.event_archive_days,
            kms_key_identifier=args.key_arn,
            opts=self.stateful,
        )
        self._route_orders()
        self._route_executions()
        self._route_notifications()
        self._route_records()
        self._route_replays()
        self.register_outputs({"busArn": self.bus.arn, "archiveArn": self.archive.arn})

    def _bus(self) -> aws.cloudwatch.EventBus:
        settings = self._args.settings
        bus = aws.cloudwatch.EventBus(
            "events",
            name=bus_name(settings),
            kms_key_identifier=self._args.key_arn,
            dead_letter_config={"arn": self._args.queues.undelivered_events.queue.arn},
            opts=self.child,
        )
        account = settings.general.account_id
        aws.cloudwatch.EventBusPolicy(
            "events",
            event_bus_name=bus.name,
            policy=policy_document(
                Statement(
                    "PutOwnEvents",
                    ["events:PutEvents"],
                    [bus.arn],
                    principals={"AWS": f"arn:aws:iam::{account}:root"},
                    conditions={"StringLike": {"events:source": f"{self._prefix}.*"}},
                )
            ),
            opts=self.child,
        )
        return bus

    def _route_orders(self) -> None:
        streams, queues = self._args.settings.streams, self._args.queues
        for venue, queue in queues.execution.items():
            # The market has moved on after minutes: an order beyond its maximum age goes to the dead-letter queue and
            # is not executed.
            target = Target("execution", queue.queue.arn, max_age=streams.order_event_max_age)
            self._rule(f"orders-{venue.lower()}", orders_of_venue(self._prefix, venue), target)
        pattern = unknown(self._prefix, EventType.ORDER_ACCEPTED, "venue", streams.venues)
        self._rule("orders-without-venue", pattern, Target("quarantine", queues.quarantine.queue.arn))

    def _route_executions(self) -> None:
        streams, queues = self._args.settings.streams, self._args.queues
        for class_, queue in queues.post_trade.items():
            pattern = executions_of_class(self._prefix, class_)
            self._rule(f"executions-{class_}", pattern, Target("post-trade", queue.queue.arn))
        pattern = unknown(self._prefix, EventType.EXECUTION, "instrumentClass", streams.instrument_classes)
        self._rule("executions-without-class", pattern, Target("quarantine", queues.quarantine.queue.arn))

    def _route_notifications(self) -> None:
        topics = self._args.topics
        for name, type_, topic in (
            ("executions", EventType.EXECUTION, topics.executions),
            ("risk", EventType.RISK_BREACH, topics.risk),
            ("operations", EventType.OPERATIONS_NOTICE, topics.operations),
        ):
            self._rule(f"notify-{name}", of_type(self._prefix, type_), Target("topic", topic.arn))

    def _route_records(self) -> None:
        record = self._args.record
        self._rule(
            "record",
            of_type(self._prefix, *_LOGGED),
            Target("logs", self._log_group().arn),
            Target("archive", record.arn, role_arn=self._record_role(record).arn),
        )

    def _route_replays(self) -> None:
        self._rule("replays", replayed(self._prefix), Target("replays", self._args.queues.replays.queue.arn))

    def _rule(self, name: str, pattern: Pattern, *targets: Target) -> None:
        rule = aws.cloudwatch.EventRule(
            name,
            name=self._args.settings.name(name),
            event_bus_name=self.bus.name,
            event_pattern=pulumi.Output.json_dumps(pattern),
            opts=self.child,
        )
        self.rules[name] = rule
        for target in targets:
            aws.cloudwatch.EventTarget(
                f"{name}-{target.name}",
                rule=rule.name,
                event_bus_name=self.bus.name,
                target_id=target.name,
                arn=target.arn,
                role_arn=target.role_arn,
                dead_letter_config={"arn": self._args.queues.undelivered_events.queue.arn},
                retry_policy={
                    "maximum_event_age_in_seconds": target.max_age,
                    "maximum_retry_attempts": MAX_ATTEMPTS,
                },
                opts=self.child,
            )

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        settings = self._args.settings
        group = aws.cloudwatch.LogGroup(
            "events",
            # EventBridge writes only to log groups with this prefix.
            name=f"/aws/events/{bus_name(settings)}",
            kms_key_id=self._args.log_key_arn,
            retention_in_days=settings.streams.event_log_retention_days,
            opts=self.child,
        )
        aws.cloudwatch.LogResourcePolicy(
            "events",
            policy_name=bus_name(settings),
            policy_document=policy_document(
                *_log_writer_statements("FromRules", "events", settings, group),
                *_log_writer_statements("FromLogDelivery", "delivery.logs", settings, group),
            ),
            opts=self.child,
        )
        return group

    def _record_role(self, record: aws.kinesis.FirehoseDeliveryStream) -> aws.iam.Role:
        settings = self._args.settings
        role = aws.iam.Role(
            "record-events",
            name=settings.name("record-events"),
            assume_role_policy=trust_of_service(
                "events.amazonaws.com",
                settings.general.account_id,
                {"ArnLike": {"aws:SourceArn": bus_rules(settings).source_arn}},
            ),
            opts=self.child,
        )
        aws.iam.RolePolicy(
            "record-events",
            name="put-records",
            role=role.name,
            policy=policy_document(
                Statement("PutRecords", ["firehose:PutRecord", "firehose:PutRecordBatch"], [record.arn])
            ),
            opts=self.child,
        )
        return role


def _log_writer_statements(
    sid: str, service: str, settings: Settings, group: aws.cloudwatch.LogGroup
) -> Iterator[Statement]:
    """Statements that let EventBridge write logs (EventBridge User Guide, "Using resource-based policies", CloudWatch
    Logs permissions). The one for log streams has no condition; the one for log events admits only the account's
    rules."""
    streams = [pulumi.Output.concat(group.arn, ":*")]
    principal = {"Service": f"{service}.amazonaws.com"}
    yield Statement(f"{sid}MakeStreams", ["logs:CreateLogStream"], streams, principals=principal)
    yield Statement(
        f"{sid}PutEvents",
        ["logs:PutLogEvents"],
        streams,
        principals=principal,
        conditions={"ArnLike": {"aws:SourceArn": bus_rules(settings).source_arn}},
    )
