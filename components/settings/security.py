"""Settings of the security layer."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import Field, field_validator

from components.settings.data import LOG_DAYS
from components.settings.market import Clock, Weekday
from components.settings.names import KeyName, SamlProviderArn
from components.settings.section import LONGEST_DAYS, Section, Texts

# PCI DSS 4.0, 10.5.1: audit history is kept for twelve months.
_AUDIT_DAYS = 365
# IAM User Guide, "IAM and AWS STS quotas": a trust policy has 2,048 characters. The deployer's trusts
# pipelines, too: a test measures it.
MOST_PRINCIPAL_CHARACTERS = 900
SHORTEST_PATCH_HOURS = 2
_PRINCIPAL = re.compile(r"arn:aws:iam::\d{12}:(root|(user|role)/[\w+=,.@/-]+)", re.ASCII)


class Severity(StrEnum):
    """Severities of patches, the least first."""

    LOW = "Low"
    MEDIUM = "Medium"
    IMPORTANT = "Important"
    CRITICAL = "Critical"


class SecuritySettings(Section):
    """Keys, secrets, roles, retention of evidence, and when hosts may be patched."""

    account_baseline: bool = Field(
        True,
        description="Whether the stacks manage what an account has one of: Config recorder, GuardDuty, Security Hub, "
        "Inspector, password policy, defaults of S3, EBS and EC2; false where a landing zone manages them.",
    )
    config_global_in_both_regions: bool = Field(
        False,
        description="Whether the recovery region's Config recorder records IAM's resources too, which the primary's "
        "records and which are paid for by each recorder.",
    )
    create_autoscaling_role: bool = Field(
        True,
        description="Whether the primary makes the service-linked role of Auto Scaling; false in an account that has "
        "it: aws iam get-role --role-name AWSServiceRoleForAutoScaling.",
    )
    create_config_role: bool = Field(
        True,
        description="Whether the primary makes the service-linked role of Config; false in an account that has it: "
        "aws iam get-role --role-name AWSServiceRoleForConfig.",
    )
    trail_retention_days: int = Field(
        2192,
        description="How long the audit trail is locked, in days: six years of SEC 17a-4(a) by default.",
        ge=_AUDIT_DAYS,
        le=LONGEST_DAYS,
    )
    trail_log_days: int = Field(365, description="How long the audit trail stays in CloudWatch Logs, in days.")
    trail_order_path: bool = Field(
        False,
        description="Whether the audit trail also records each access to the order tables and each call of order "
        "intake, priced by event: a second record of every order.",
    )
    log_retention_days: int = Field(
        1096,
        description="How long flow logs and Config's history stay in S3, in days.",
        ge=_AUDIT_DAYS,
        le=LONGEST_DAYS,
    )
    access_log_retention_days: int = Field(
        400,
        description="How long access logs of buckets and load balancers stay in S3, in days.",
        ge=_AUDIT_DAYS,
        le=LONGEST_DAYS,
    )
    secret_rotation_days: int = Field(
        30, description="Days after which secrets are rotated: 90 at most (FSBP SecretsManager.4).", ge=1, le=90
    )
    secrets_replica_key: KeyName = Field(
        "",
        description="Key of the secrets' replicas in the recovery region, as alias/NAME or ARN; empty for AWS's own, "
        "which is there before the recovery region is first brought up.",
    )
    trusted_principals: Texts = Field(
        (),
        description="ARNs of users and roles that may take the human roles, with MFA; none for whoever the "
        "account's own policies allow.",
    )
    saml_provider_arn: SamlProviderArn = Field(
        "",
        description="ARN of the identity provider through which people take the human roles instead, by SAML.",
    )
    human_session_hours: int = Field(
        4, description="How long a session of a human role lasts, in hours (IAM: 1 to 12).", ge=1, le=12
    )
    patch_day: Weekday = Field(Weekday.SUN, description="Day on which hosts are patched: MON to SUN.")
    patch_start: Clock = Field("06:00", description="When patching begins, in the markets' time zone: HH:MM.")
    patch_hours: int = Field(
        3,
        description="How long patching may last, in hours; no new host is begun in the last one.",
        ge=SHORTEST_PATCH_HOURS,
        le=24,
    )
    patch_approval_days: int = Field(
        7, description="Days between a patch's release and its approval (PCI DSS 6.3.3: a month at most).", ge=0, le=30
    )
    patch_severity: Severity = Field(
        Severity.MEDIUM, description="Least severity of the security patches that hosts get."
    )

    @field_validator("trail_log_days")
    @classmethod
    def _log_retention_exists(cls, days: int) -> int:
        if days not in LOG_DAYS:
            allowed = ", ".join(str(choice) for choice in LOG_DAYS)
            raise ValueError(f"is not a retention of a year or more that CloudWatch has; choose one of {allowed}")
        return days

    @field_validator("trusted_principals")
    @classmethod
    def _users_and_roles(cls, arns: tuple[str, ...]) -> tuple[str, ...]:
        for arn in arns:
            if not _PRINCIPAL.fullmatch(arn):
                raise ValueError(f"{arn!r} names no user, role or account; write arn:aws:iam::ACCOUNT:role/NAME")
        characters = sum(len(arn) + len('"",') for arn in arns)
        if characters > MOST_PRINCIPAL_CHARACTERS:
            raise ValueError(
                f"has {characters} characters of ARNs, and a role's trust policy takes {MOST_PRINCIPAL_CHARACTERS} "
                "beside the rest; name roles that several people take"
            )
        return arns
