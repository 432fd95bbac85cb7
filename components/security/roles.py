"""IAM roles of people."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.boundaries import Boundaries
from components.security.github import github_trust
from components.security.human_permissions import HumanPermissions
from components.security.keys import Keys
from components.security.policies import Statement, policy_document
from components.settings import Role, Settings

# AWS's managed policy for read access to the security settings of every service.
_SECURITY_AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
_SAML_AUDIENCE = "https://signin.aws.amazon.com/saml"
# Seconds: a role cannot be assumed if MFA was longer ago than one working hour.
_MFA_AGE_SECONDS = 3600
# The only workload role that can deploy: the pipeline's.
PIPELINE_ROLE = "deploy"


@dataclass(frozen=True)
class HumanRolesArgs:
    """`boundaries` apply to every role, including the deployer's."""

    settings: Settings
    keys: Keys
    boundaries: Boundaries


class HumanRoles(Layer):
    """Roles of trader, operator, auditor and deployer of one stack. People assume them for a session."""

    def __init__(self, name: str, args: HumanRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:HumanRoles", name, opts)
        self._args = args
        people = HumanPermissions(args.settings, args.keys, args.boundaries)
        trust = [_mfa_trust(args.settings)]
        self.trader = self._role("trader", trust, people.trader())
        self.operator = self._role("operator", trust, people.operator())
        self.auditor = self._role("auditor", trust, people.auditor())
        aws.iam.RolePolicyAttachment(
            "auditor-security-audit", role=self.auditor.name, policy_arn=_SECURITY_AUDIT, opts=self.child
        )
        self.deployer = self._role("deployer", [*trust, *_pipeline_trust(args.settings)], people.deployer())
        self.register_outputs({"deployer": self.deployer.arn})

    def _role(self, purpose: str, trust: list[Statement], permissions: list[Statement]) -> aws.iam.Role:
        settings = self._args.settings
        role = aws.iam.Role(
            purpose,
            name=settings.name(purpose),
            description=f"Role of people: {purpose}",
            assume_role_policy=policy_document(*trust),
            permissions_boundary=self._args.boundaries.people.arn,
            max_session_duration=settings.security.human_session_hours * 3600,
            opts=self.child,
        )
        aws.iam.RolePolicy(
            purpose,
            name=settings.name(purpose),
            role=role.id,
            policy=policy_document(*permissions),
            opts=self.child,
        )
        return role


def _mfa_trust(settings: Settings) -> Statement:
    """Trust by SAML if an identity provider is set, because it enforces MFA itself; otherwise by assuming the role with
    MFA."""
    security = settings.security
    if security.saml_provider_arn:
        return Statement(
            "PeopleBySaml",
            ["sts:AssumeRoleWithSAML"],
            principals={"Federated": security.saml_provider_arn},
            conditions={"StringEquals": {"SAML:aud": _SAML_AUDIENCE}},
        )
    account = f"arn:aws:iam::{settings.general.account_id}:root"
    return Statement(
        "PeopleWithMfa",
        ["sts:AssumeRole"],
        principals={"AWS": list(security.trusted_principals) or account},
        conditions={
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
            "NumericLessThan": {"aws:MultiFactorAuthAge": str(_MFA_AGE_SECONDS)},
        },
    )


def _pipeline_trust(settings: Settings) -> list[Statement]:
    """Trust for pipelines that deploy, which cannot use MFA. The platform's own pipeline runs in the primary and is
    trusted by its role's name. GitHub is trusted by its environment, which requires reviewers before a job starts."""
    account = settings.general.account_id
    pipeline = Statement(
        "Pipeline",
        ["sts:AssumeRole"],
        principals={"AWS": f"arn:aws:iam::{account}:root"},
        conditions={
            "ArnEquals": {
                "aws:PrincipalArn": f"arn:aws:iam::{account}:role/{settings.name_in(Role.PRIMARY, PIPELINE_ROLE)}"
            }
        },
    )
    if not settings.delivery.github_repository:
        return [pipeline]
    return [pipeline, github_trust(settings, "GitHub", [f"environment:{settings.delivery.github_environment}"])]
