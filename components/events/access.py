"""Who may use a queue or a topic: statements of their resource policies, and the ARNs that these name."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.security.policies import Statement
from components.settings import Settings


@dataclass(frozen=True)
class Sender:
    """A service of AWS that writes by itself, and the ARN (with wildcards) of what it may write for."""

    sid: str
    service: str
    source_arn: str | None = None


def arn(settings: Settings, service: str, resource: str) -> str:
    """An ARN in this stack's region and account, for what must be named before it exists."""
    return f"arn:aws:{service}:{settings.region.name}:{settings.general.account_id}:{resource}"


def bus_name(settings: Settings) -> str:
    """Name of the event bus, which policies of its targets name before it exists."""
    return settings.name("events")


def bus_rules(settings: Settings, sid: str = "FromEventBus") -> Sender:
    """The rules of the event bus."""
    return Sender(sid, "events", arn(settings, "events", f"rule/{bus_name(settings)}/*"))


def own_rules(settings: Settings, sid: str = "FromRules") -> Sender:
    """This stack's rules on the account's default bus, which services of AWS report to."""
    return Sender(sid, "events", arn(settings, "events", f"rule/{settings.name('*')}"))


def allow(settings: Settings, sender: Sender, action: str, resource: pulumi.Input[str]) -> Statement:
    """Lets a service write on behalf of this account alone."""
    source = {"ArnLike": {"aws:SourceArn": sender.source_arn}} if sender.source_arn else {}
    return Statement(
        sender.sid,
        [action],
        [resource],
        principals={"Service": f"{sender.service}.amazonaws.com"},
        conditions={"StringEquals": {"aws:SourceAccount": settings.general.account_id}, **source},
    )


def rules_may_tell(topic: pulumi.Input[str]) -> Statement:
    """Lets rules of EventBridge publish to a topic. Without a condition, since EventBridge brings no key that one could
    ask for (EventBridge User Guide, "Using resource-based policies", Amazon SNS permissions)."""
    return Statement("FromRules", ["sns:Publish"], [topic], principals={"Service": "events.amazonaws.com"})


def deny_without_tls(action: str, resource: pulumi.Input[str]) -> Statement:
    """Denies everyone a request that does not come by TLS."""
    return Statement(
        "DenyUnencryptedTransport",
        [action],
        [resource],
        effect="Deny",
        principals="*",
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
