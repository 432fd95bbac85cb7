"""Settings of the security layer."""

from __future__ import annotations

from pydantic import Field

from components.settings.section import Section


class SecuritySettings(Section):
    """Keys, roles, retention of evidence, and when hosts may be patched."""

    create_service_linked_roles: bool = Field(
        True,
        description="Whether the primary makes the service-linked roles of Auto Scaling and Config; "
        "false in an account that has them.",
    )
