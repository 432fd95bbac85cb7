"""Notifications of deployments that wait for approval or have failed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import pulumi
import pulumi_aws as aws

from components.events.access import allow_rules_to_publish, deny_without_tls
from components.layer import Layer
from components.security.policies import policy_document
from components.settings import Settings


@dataclass(frozen=True)
class ApprovalArgs:
    """`key_arn` is the key of the class STREAMS."""

    settings: Settings
    key_arn: pulumi.Input[str]


class Approval(Layer):
    """A topic of its own, because approvers and on-call operators can be different people."""

    topic: aws.sns.Topic

    def __init__(self, name: str, args: ApprovalArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery:Approval", name, opts)
        settings = args.settings
        approvers = settings.delivery.approver_emails or settings.streams.operations_emails
        if not approvers:
            pulumi.log.warn(
                "approverEmails and operationsEmails are empty: nobody is notified of waiting deployments; set one",
                self,
            )
        self.topic = aws.sns.Topic(
            "approvals",
            name=settings.name("approvals"),
            kms_master_key_id=args.key_arn,
            # SNS Developer Guide, "Verifying the signatures of messages": version 2 signs with SHA-256.
            signature_version=2,
            opts=self.child,
        )
        self.policy = aws.sns.TopicPolicy(
            "approvals",
            arn=self.topic.arn,
            policy=policy_document(
                deny_without_tls("sns:Publish", self.topic.arn),
                allow_rules_to_publish(self.topic.arn),
            ),
            opts=self.child,
        )
        for email in approvers:
            aws.sns.TopicSubscription(
                # Named after the contact, so that removing one contact leaves the other subscriptions confirmed.
                f"approvals-{sha256(email.encode()).hexdigest()[:8]}",
                topic=self.topic.arn,
                protocol="email",
                endpoint=email,
                opts=self.child,
            )
        self.register_outputs({"topic": self.topic.arn})
