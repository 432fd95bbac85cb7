"""EBS snapshots, and their copies in the recovery region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.data.tags import SNAPSHOTTED
from components.layer import Layer
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings

_SERVICE_POLICY = "arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"

# UTC: before the pre-open in New York, whose orders arrive from 08:00 on.
_FIRST_SNAPSHOT = "03:00"
_COPIED_SNAPSHOT = "04:00"


@dataclass(frozen=True)
class SnapshotsArgs:
    """`volume_key_arns` are the keys of the class COMPUTE of the volumes: this region's, and in the recovery region the
    primary's too. `copy_key_arn` is this region's key of the class DATABASE, for copies. `primary_side` is the
    primary's provider, None in the primary and once the recovery region is active."""

    settings: Settings
    volume_key_arns: Sequence[pulumi.Input[str]]
    copy_key_arn: pulumi.Input[str]
    primary_side: pulumi.ProviderResource | None = None


class Snapshots(Layer):
    """Snapshots of tagged volumes every few hours, in their region. The recovery stack has a policy of its own in the
    primary's region, which copies a daily snapshot to the recovery region under that region's key."""

    def __init__(self, name: str, args: SnapshotsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:Snapshots", name, opts)
        self._args = args
        self._settings = args.settings
        self.role = self._role()
        self.policy = self._policy("snapshots", "Snapshots of tagged volumes", self._local(), self.after(self.grants))
        if args.primary_side:
            self._policy(
                "snapshots-to-recovery",
                "Snapshots of tagged volumes copied to the recovery region",
                self._copied(),
                self.in_primary_region(args.primary_side, self.grants),
            )
        self.register_outputs({"roleArn": self.role.arn})

    def _policy(
        self, name: str, description: str, schedule: dict[str, Any], opts: pulumi.ResourceOptions
    ) -> aws.dlm.LifecyclePolicy:
        details: Any = {
            "policy_type": "EBS_SNAPSHOT_MANAGEMENT",
            "resource_types": ["VOLUME"],
            "target_tags": dict(SNAPSHOTTED),
            "schedules": [{"copy_tags": True, **schedule}],
        }
        return aws.dlm.LifecyclePolicy(
            name,
            description=description,
            execution_role_arn=self.role.arn,
            state="ENABLED",
            policy_details=details,
            tags={"Name": self._settings.name(name)},
            opts=opts,
        )

    def _local(self) -> dict[str, Any]:
        data = self._settings.data
        return {
            "name": "local",
            "create_rule": {"interval": data.snapshot_hours, "interval_unit": "HOURS", "times": _FIRST_SNAPSHOT},
            "retain_rule": {"interval": data.snapshot_days, "interval_unit": "DAYS"},
        }

    def _copied(self) -> dict[str, Any]:
        return {
            "name": "copied",
            "create_rule": {"interval": 24, "interval_unit": "HOURS", "times": _COPIED_SNAPSHOT},
            # The original is needed only until it is copied; the local schedule has its own snapshots.
            "retain_rule": {"interval": 1, "interval_unit": "DAYS"},
            "cross_region_copy_rules": [
                {
                    "target": self._settings.general.dr_region,
                    "encrypted": True,
                    "cmk_arn": self._args.copy_key_arn,
                    "copy_tags": True,
                    "retain_rule": {"interval": self._settings.data.snapshot_copy_days, "interval_unit": "DAYS"},
                }
            ],
        }

    def _role(self) -> aws.iam.Role:
        role = aws.iam.Role(
            "snapshots",
            name=self._settings.name("snapshots"),
            description="Data Lifecycle Manager takes, copies and removes snapshots",
            assume_role_policy=trust_of_service("dlm.amazonaws.com", self._settings.general.account_id),
            opts=self.child,
        )
        aws.iam.RolePolicyAttachment("snapshots", role=role.name, policy_arn=_SERVICE_POLICY, opts=self.child)
        keys = [*self._args.volume_key_arns, self._args.copy_key_arn]
        # Amazon EBS User Guide, "Grant permissions to Data Lifecycle Manager", encrypted snapshots.
        self.grants = aws.iam.RolePolicy(
            "snapshots",
            role=role.name,
            name="keys",
            policy=policy_document(
                Statement(
                    "UseKeys",
                    ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                    keys,
                ),
                Statement(
                    "GrantKeysToEbs",
                    ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
                    keys,
                    conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
                ),
            ),
            opts=self.child,
        )
        return role
