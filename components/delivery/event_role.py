"""The role with which EventBridge starts a pipeline or a build."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings


@dataclass(frozen=True)
class EventRoleArgs:
    """`purpose` is the last part of the name; the role allows one action on one resource."""

    settings: Settings
    purpose: str
    action: str
    target_arn: pulumi.Input[str]


class EventRole(Layer):
    """A role that EventBridge assumes for this account's rules."""

    role: aws.iam.Role

    def __init__(self, name: str, args: EventRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery:EventRole", name, opts)
        self.role = aws.iam.Role(
            name,
            name=args.settings.name(args.purpose),
            description="EventBridge starts what follows a change of the program",
            assume_role_policy=trust_of_service("events.amazonaws.com", args.settings.general.account_id),
            opts=self.child,
        )
        aws.iam.RolePolicy(
            name,
            name=args.settings.name(args.purpose),
            role=self.role.id,
            policy=policy_document(Statement("Start", [args.action], [args.target_arn])),
            opts=self.child,
        )
        self.register_outputs({"role": self.role.arn})
