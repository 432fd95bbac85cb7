"""Permission boundaries: the maximum permissions of every role, independent of its policies."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.policies import Statement, policy_document
from components.security.services import PLATFORM_SERVICES
from components.settings import Settings

# Global services have their control plane in this region.
GLOBAL_REGION = "us-east-1"

# Actions that destroy evidence or the means to read it. No role of the platform has them. The account's administrators
# do, and the trail records their use.
_EVIDENCE = [
    "backup:DeleteBackupVaultLockConfiguration",
    "cloudtrail:DeleteTrail",
    "cloudtrail:StopLogging",
    "config:DeleteConfigurationRecorder",
    "config:DeleteDeliveryChannel",
    "config:StopConfigurationRecorder",
    "guardduty:DeleteDetector",
    "guardduty:DisassociateFromAdministratorAccount",
    "kms:DisableKey",
    "kms:ScheduleKeyDeletion",
    "s3:BypassGovernanceRetention",
    "s3:PutAccountPublicAccessBlock",
    "securityhub:DisableSecurityHub",
]

_ROLE_READS = ["iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy", "iam:GenerateServiceLastAccessedDetails"]
_ROLE_CHANGES = [
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
]
ROLE_UPKEEP = [
    "iam:AddRoleToInstanceProfile",
    "iam:CreateInstanceProfile",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeleteInstanceProfile",
    "iam:DeleteOpenIDConnectProvider",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:DeleteRole",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:TagInstanceProfile",
    "iam:TagOpenIDConnectProvider",
    "iam:TagPolicy",
    "iam:TagRole",
    "iam:UntagPolicy",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateOpenIDConnectProviderThumbprint",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
]


def platform_regions(settings: Settings) -> list[str]:
    """The primary and the recovery region."""
    return [settings.general.primary_region, settings.general.dr_region]


def permitted_regions(settings: Settings) -> list[str]:
    """All regions in which roles can act: both regions, the witness, and the region of global services."""
    return sorted({*platform_regions(settings), settings.general.witness_region, GLOBAL_REGION})


@dataclass(frozen=True)
class BoundariesArgs:
    """`settings` provide names, account and regions."""

    settings: Settings


class Boundaries(Layer):
    """One boundary for human roles, one for workload roles."""

    def __init__(self, name: str, args: BoundariesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:Boundaries", name, opts)
        self._settings = args.settings
        self._account = args.settings.general.account_id
        self.workloads = self._policy("boundary-workloads", "Most that a role of a workload can do", self._workloads())
        self.people = self._policy("boundary-people", "Most that a role of a person can do", self._people())
        self.register_outputs({"workloads": self.workloads.arn, "people": self.people.arn})

    def bind(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        """Add the workload boundary to each role without a boundary. This is a transformation of `ResourceOptions`."""
        if args.type_ != "aws:iam/role:Role" or args.props.get("permissions_boundary") is not None:
            return None
        return pulumi.ResourceTransformationResult(
            {**args.props, "permissions_boundary": self.workloads.arn}, args.opts
        )

    def _policy(self, purpose: str, description: str, statements: list[Statement]) -> aws.iam.Policy:
        return aws.iam.Policy(
            purpose,
            name=self._settings.name(purpose),
            description=description,
            policy=policy_document(*statements),
            opts=self.child,
        )

    def _services(self) -> Statement:
        return Statement(
            "ServicesOfThePlatform",
            [f"{service}:*" for service in PLATFORM_SERVICES],
            ["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": permitted_regions(self._settings)}},
        )

    def _own_arn(self, kind: str) -> str:
        return f"arn:aws:iam::{self._account}:{kind}/{self._settings.general.name_prefix}-*"

    def _common(self) -> list[Statement]:
        return [
            self._services(),
            Statement("OwnRoles", ["iam:PassRole", "sts:AssumeRole", "sts:TagSession"], [self._own_arn("role")]),
            Statement("WhoAmI", ["sts:GetCallerIdentity", "sts:AssumeRoleWithWebIdentity"], ["*"]),
            Statement("ReadRoles", _ROLE_READS, ["*"]),
            Statement(
                "ServiceLinkedRoles",
                ["iam:CreateServiceLinkedRole", "iam:PassRole"],
                [f"arn:aws:iam::{self._account}:role/aws-service-role/*"],
            ),
            Statement("KeepEvidence", _EVIDENCE, ["*"], effect="Deny"),
        ]

    def _workloads(self) -> list[Statement]:
        return self._common()

    def _people(self) -> list[Statement]:
        boundaries = [f"arn:aws:iam::{self._account}:policy/{self._settings.general.name_prefix}-*-boundary-*"]
        return [
            *self._common(),
            Statement("ChangeRoles", [*_ROLE_CHANGES, *ROLE_UPKEEP], self.own_identities(self._settings)),
            Statement(
                "KeepBoundaries",
                [
                    "iam:CreatePolicyVersion",
                    "iam:DeletePolicy",
                    "iam:DeletePolicyVersion",
                    "iam:SetDefaultPolicyVersion",
                ],
                boundaries,
                effect="Deny",
            ),
            Statement("KeepBound", ["iam:DeleteRolePermissionsBoundary"], ["*"], effect="Deny"),
        ]

    @staticmethod
    def own_identities(settings: Settings) -> list[str]:
        """ARN patterns of the platform's own roles, policies, profiles and identity providers."""
        account, prefix = settings.general.account_id, settings.general.name_prefix
        kinds = ("role", "policy", "instance-profile")
        return [f"arn:aws:iam::{account}:{kind}/{prefix}-*" for kind in kinds] + [
            f"arn:aws:iam::{account}:oidc-provider/*"
        ]

    def deployer_role_changes(self) -> list[Statement]:
        """Permissions of a deployer on roles: only on roles with a boundary, so that it cannot create a role that
        exceeds one."""
        return [
            Statement(
                "ChangeBoundedRoles",
                _ROLE_CHANGES,
                [self._own_arn("role")],
                conditions={"StringEquals": {"iam:PermissionsBoundary": [self.workloads.arn, self.people.arn]}},
            ),
            Statement("KeepUpRoles", ROLE_UPKEEP, self.own_identities(self._settings)),
            Statement("ReadRoles", _ROLE_READS, ["*"]),
        ]
