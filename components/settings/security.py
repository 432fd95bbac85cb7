"""Settings of the security layer."""

from __future__ import annotations

from pydantic import Field

from components.settings.section import Section

# PCI DSS 4.0, 10.5.1: audit history is kept for twelve months.
_AUDIT_DAYS = 365


class SecuritySettings(Section):
    """Keys, roles, retention of evidence, and when hosts may be patched."""

    create_service_linked_roles: bool = Field(
        True,
        description="Whether the primary makes the service-linked roles of Auto Scaling and Config; "
        "false in an account that has them.",
    )
    trail_retention_days: int = Field(
        2192,
        description="How long the audit trail is locked, in days: six years of SEC 17a-4(a) by default.",
        ge=_AUDIT_DAYS,
    )
    log_retention_days: int = Field(
        1096, description="How long flow logs and Config's history stay in S3, in days.", ge=_AUDIT_DAYS
    )
    access_log_retention_days: int = Field(
        400, description="How long access logs of buckets and load balancers stay in S3, in days.", ge=_AUDIT_DAYS
    )
