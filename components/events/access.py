"""Resource policies of queues and topics: senders, statements and ARNs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.security.policies import Statement
from components.settings import Settings


@dataclass(frozen=True)
class Sender:
    """An AWS service that sends to a queue or topic, and the ARN (with wildcards) of the source for which it sends."""

    sid: str
    service: str
    source_arn: str | None = None


def arn(settings: Settings, service: str, resource: str) -> str:
    """ARN in this stack's region and account, for resources that are named before they exist."""
    return f"arn:aws:{service}:{settings.region.name}:{settings.general.account_id}:{resource}"


def bus_name(settings: Settings) -> str:
    """Name of the event bus, which the policies of its targets name before the bus exists."""
    return settings.name("events")


def bus_rules(settings: Settings, sid: str = "FromEventBus") -> Sender:
    """The rules of the event bus."""
    return Sender(sid, "events", arn(settings, "events", f"rule/{bus_name(settings)}/*"))


def own_rules(settings: Settings, sid: str = "FromRules") -> Sender:
    """This stack's rules on the account's default bus, to which AWS services publish."""
    return Sender(sid, "events", arn(settings, "events", f"rule/{settings.name('*')}"))


def allow(settings: Settings, sender: Sender, action: str, resource: pulumi.Input[str]) -> Statement:
    """Allow a service to send on behalf of this account only."""
    source = {"ArnLike": {"aws:SourceArn": sender.source_arn}} if sender.source_arn else {}
    return Statement(
        sender.sid,
        [action],
        [resource],
        principals={"Service": f"{sender.service}.amazonaws.com"},
        conditions={"StringEquals": {"aws:SourceAccount": settings.general.account_id}, **source},
    )


def allow_rules_to_publish(topic: pulumi.Input[str]) -> Statement:
    """Allow EventBridge rules to publish to a topic. The statement has no condition, because EventBridge sends no
    condition key (EventBridge User Guide, "Using resource-based policies", Amazon SNS permissions)."""
    return Statement("FromRules", ["sns:Publish"], [topic], principals={"Service": "events.amazonaws.com"})


def deny_without_tls(action: str, resource: pulumi.Input[str]) -> Statement:
    """Deny all requests without TLS."""
    return Statement(
        "DenyUnencryptedTransport",
        [action],
        [resource],
        effect="Deny",
        principals="*",
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
