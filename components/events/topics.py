"""SNS topics for operators, risk and other systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import pulumi
import pulumi_aws as aws

from components.events.access import Sender, allow, allow_rules_to_publish, arn, deny_without_tls
from components.events.queue import Queue
from components.layer import Layer
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings


@dataclass(frozen=True)
class TopicsArgs:
    """`key_arn` and `log_key_arn` are the keys of the classes STREAMS and LOGS. `trade_reports` is the queue that
    receives every execution; `undelivered` receives notifications that a subscriber did not accept."""

    settings: Settings
    key_arn: pulumi.Input[str]
    log_key_arn: pulumi.Input[str]
    trade_reports: Queue
    undelivered: Queue


class Topics(Layer):
    """Executions, for systems that follow trades; risk and operations, for people. Failed deliveries are logged, and
    notifications that SNS gives up go to a dead-letter queue."""

    executions: aws.sns.Topic
    risk: aws.sns.Topic
    operations: aws.sns.Topic

    def __init__(self, name: str, args: TopicsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("events:Topics", name, opts)
        self._args = args
        settings = args.settings
        self._feedback_role = self._delivery_status_role()
        self.executions = self._topic("executions")
        self.risk = self._topic("risk", _alarms(settings))
        self.operations = self._topic("operations", [*_alarms(settings), *_account(settings)])
        self._subscribe_queue("executions", self.executions, args.trade_reports)
        for topic_name, topic in (("risk", self.risk), ("operations", self.operations)):
            self._subscribe_people(topic_name, topic)
        if not (settings.streams.operations_emails or settings.streams.operations_endpoints):
            pulumi.log.warn(
                "operationsEmails and operationsEndpoints are empty: alarms reach nobody; set one of them",
                self,
            )
        self.register_outputs(
            {
                "executionsArn": self.executions.arn,
                "riskArn": self.risk.arn,
                "operationsArn": self.operations.arn,
            }
        )

    def _topic(self, name: str, senders: Sequence[Sender] = ()) -> aws.sns.Topic:
        settings, role = self._args.settings, self._feedback_role.arn
        sample = settings.streams.delivery_log_sample
        topic = aws.sns.Topic(
            name,
            name=settings.name(name),
            kms_master_key_id=self._args.key_arn,
            # SNS Developer Guide, "Verifying the signatures of messages": version 2 signs with SHA-256.
            signature_version=2,
            tracing_config="Active",
            sqs_success_feedback_role_arn=role,
            sqs_success_feedback_sample_rate=sample,
            sqs_failure_feedback_role_arn=role,
            lambda_success_feedback_role_arn=role,
            lambda_success_feedback_sample_rate=sample,
            lambda_failure_feedback_role_arn=role,
            http_success_feedback_role_arn=role,
            http_success_feedback_sample_rate=sample,
            http_failure_feedback_role_arn=role,
            opts=self.after(*self._delivery_logs(name)),
        )
        aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=policy_document(
                deny_without_tls("sns:Publish", topic.arn),
                allow_rules_to_publish(topic.arn),
                *(allow(settings, sender, "sns:Publish", topic.arn) for sender in senders),
            ),
            opts=self.child,
        )
        return topic

    def _delivery_logs(self, topic: str) -> list[aws.cloudwatch.LogGroup]:
        """Create the log groups of delivery status. Otherwise SNS creates them without encryption or retention."""
        streams = self._args.settings.streams
        return [
            aws.cloudwatch.LogGroup(
                f"sns-{topic}{suffix.lower().replace('/', '-')}",
                name=f"{_log_group(self._args.settings, self._args.settings.name(topic))}{suffix}",
                kms_key_id=self._args.log_key_arn,
                retention_in_days=streams.event_log_retention_days,
                opts=self.child,
            )
            for suffix in ("", "/Failure")
        ]

    def _delivery_status_role(self) -> aws.iam.Role:
        settings = self._args.settings
        role = aws.iam.Role(
            "sns-delivery-status",
            name=settings.name("sns-delivery-status"),
            assume_role_policy=trust_of_service("sns.amazonaws.com", settings.general.account_id),
            opts=self.child,
        )
        groups = _log_group(settings, settings.name("*"))
        aws.iam.RolePolicy(
            "sns-delivery-status",
            name="write-delivery-status",
            role=role.name,
            policy=policy_document(
                Statement(
                    "WriteDeliveryStatus",
                    # SNS Developer Guide, "Prerequisites for message delivery status": SNS also needs to create the
                    # group.
                    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                    [arn(settings, "logs", f"log-group:{groups}:*")],
                )
            ),
            opts=self.child,
        )
        return role

    def _subscribe_queue(self, name: str, topic: aws.sns.Topic, queue: Queue) -> None:
        aws.sns.TopicSubscription(
            f"{name}-queue",
            topic=topic.arn,
            protocol="sqs",
            endpoint=queue.queue.arn,
            raw_message_delivery=True,
            redrive_policy=self._redrive(),
            opts=self.child,
        )

    def _subscribe_people(self, name: str, topic: aws.sns.Topic) -> None:
        streams = self._args.settings.streams
        contacts = [("email", email) for email in streams.operations_emails]
        contacts += [("https", endpoint) for endpoint in streams.operations_endpoints]
        for protocol, endpoint in contacts:
            aws.sns.TopicSubscription(
                # Named after the contact, so that removing one contact leaves the other subscriptions confirmed.
                f"{name}-{protocol}-{sha256(endpoint.encode()).hexdigest()[:8]}",
                topic=topic.arn,
                protocol=protocol,
                endpoint=endpoint,
                redrive_policy=self._redrive(),
                opts=self.child,
            )

    def _redrive(self) -> pulumi.Output[str]:
        return pulumi.Output.json_dumps({"deadLetterTargetArn": self._args.undelivered.queue.arn})


def _log_group(settings: Settings, topic: str) -> str:
    """Name of a log group of delivery status; SNS fixes the names (SNS Developer Guide, "Prerequisites for delivery
    status logging")."""
    return f"sns/{settings.region.name}/{settings.general.account_id}/{topic}"


def _alarms(settings: Settings) -> list[Sender]:
    return [Sender("FromAlarms", "cloudwatch", arn(settings, "cloudwatch", "alarm:*"))]


def _account(settings: Settings) -> list[Sender]:
    """AWS services that publish account events: costs and backups."""
    account = settings.general.account_id
    return [
        Sender("FromBudgets", "budgets", f"arn:aws:budgets::{account}:*"),
        Sender("FromCostAnomalies", "costalerts"),
        Sender("FromBackup", "backup"),
    ]
