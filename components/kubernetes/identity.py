"""Roles of pods, by EKS Pod Identity: one for each service account that calls AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.kubernetes.cluster import cluster_arn
from components.layer import Layer
from components.security.policies import Statement, policy_document
from components.settings import Settings


@dataclass(frozen=True)
class PodRoleArgs:
    """`cluster` is the cluster's name; `managed` are ARNs of AWS's managed policies."""

    settings: Settings
    cluster: pulumi.Input[str]
    namespace: str
    service_account: str
    description: str
    statements: Sequence[Statement] = ()
    managed: Sequence[str] = ()


class PodRole(Layer):
    """A role that only one service account of this account's cluster can assume."""

    association: aws.eks.PodIdentityAssociation

    def __init__(self, name: str, args: PodRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:PodRole", name, opts)
        physical = args.settings.name(name)
        self.role = aws.iam.Role(
            name,
            name=physical,
            description=args.description,
            assume_role_policy=policy_document(_pod_identity_trust(args.settings)),
            opts=self.child,
        )
        granted: list[pulumi.Resource] = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy.rsplit('/', 1)[-1]}", role=self.role.name, policy_arn=policy, opts=self.child
            )
            for policy in args.managed
        ]
        if args.statements:
            granted.append(
                aws.iam.RolePolicy(
                    name,
                    name=physical,
                    role=self.role.id,
                    policy=policy_document(*args.statements),
                    opts=self.child,
                )
            )
        self.association = aws.eks.PodIdentityAssociation(
            name,
            cluster_name=args.cluster,
            namespace=args.namespace,
            service_account=args.service_account,
            role_arn=self.role.arn,
            opts=self.after(*granted),
        )
        self.register_outputs({"roleArn": self.role.arn})


def _pod_identity_trust(settings: Settings) -> Statement:
    """Trust policy of the role (Amazon EKS User Guide, "Create IAM role with trust policy required by EKS Pod
    Identity")."""
    return Statement(
        "AssumeRole",
        ["sts:AssumeRole", "sts:TagSession"],
        principals={"Service": "pods.eks.amazonaws.com"},
        conditions={
            "StringEquals": {"aws:SourceAccount": settings.general.account_id},
            "ArnEquals": {"aws:SourceArn": cluster_arn(settings)},
        },
    )
