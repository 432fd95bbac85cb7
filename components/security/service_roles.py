"""Service-linked roles that key policies and services refer to, and that AWS does not always create automatically."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings

_AUTO_SCALING = ("autoscaling", "AWSServiceRoleForAutoScaling")
_CONFIG = ("config", "AWSServiceRoleForConfig")


@dataclass(frozen=True)
class ServiceRolesArgs:
    """`settings` decide whether this stack creates the roles or finds them in the account."""

    settings: Settings


class ServiceRoles(Layer):
    """An account has one such role for each service, so the primary creates them and the recovery region refers to them
    by name."""

    def __init__(self, name: str, args: ServiceRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:ServiceRoles", name, opts)
        self._settings = args.settings
        security = args.settings.security
        self.autoscaling = self._role(*_AUTO_SCALING, made=security.create_autoscaling_role)
        self.config = self._role(*_CONFIG, made=security.create_config_role)
        self.register_outputs({"autoscaling": self.autoscaling, "config": self.config})

    def _role(self, service: str, role_name: str, *, made: bool) -> pulumi.Input[str]:
        settings = self._settings
        if settings.is_primary and made:
            role = aws.iam.ServiceLinkedRole(service, aws_service_name=f"{service}.amazonaws.com", opts=self.child)
            return role.arn
        account = settings.general.account_id
        return f"arn:aws:iam::{account}:role/aws-service-role/{service}.amazonaws.com/{role_name}"
