"""Backups in a vault that nobody can empty, and their copies in the recovery region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.data.records import days_of
from components.data.tags import BACKUP_KEY, BACKUP_VALUE
from components.layer import Layer
from components.security.policies import trust_of_service
from components.settings import Settings

_SERVICE_POLICIES = {
    "backup": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    "restore": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
}

# What the tag selects; AWS Backup skips, without a word, what the region is not opted in to.
_RESOURCE_TYPES = ("DynamoDB", "EBS", "EC2", "EFS", "RDS")
# AWS Backup's own management of these is what lets them be copied between regions and moved to cold storage.
_FULLY_MANAGED = ("DynamoDB", "EFS")

# UTC: the night in New York, before the pre-open.
_DAILY, _MONTHLY = "cron(0 5 ? * * *)", "cron(0 6 1 * ? *)"
_DAILY_COPIED, _MONTHLY_COPIED = "cron(30 5 ? * * *)", "cron(30 6 1 * ? *)"
_START_MINUTES, _COMPLETE_MINUTES = 60, 360

# Least retention in a vault: a week in which to notice that a backup is not what it should be.
LEAST_DAYS = 7
_COLD_AFTER_DAYS = 30


@dataclass(frozen=True)
class BackupsArgs:
    """`key_arn` is this region's key of the class BACKUP. In the recovery region, `primary_vault_name` is the
    primary's vault and `primary_side` its provider, None once this region is active."""

    settings: Settings
    key_arn: pulumi.Input[str]
    primary_vault_name: pulumi.Input[str] | None = None
    primary_side: pulumi.ProviderResource | None = None


class Backups(Layer):
    """A vault under lock in compliance mode, and a plan for whatever carries the tag: daily, and monthly for as
    long as the records. The region that serves has the plan. The recovery region, standing by, has a plan of its
    own in the primary's region instead, whose backups are copied into the vault here."""

    vault: aws.backup.Vault

    def __init__(self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:Backups", name, opts)
        self._args = args
        self._settings = args.settings
        data = args.settings.data
        self._daily_days = data.backup_daily_days
        self._monthly_days = days_of(data.backup_retention_years)
        self.vault = self._vault()
        self.lock = self._lock()
        self.role = self._role()
        self._opt_in()
        if args.settings.is_primary or args.settings.general.active:
            self._plan("backups", self.vault.name, self._local_rules(), self.after(self.lock))
        if args.primary_side and args.primary_vault_name is not None:
            there = self.there(args.primary_side, self.lock)
            self._plan("backups-to-recovery", args.primary_vault_name, self._copied_rules(), there)
        self.register_outputs({"vaultArn": self.vault.arn})

    def _vault(self) -> aws.backup.Vault:
        return aws.backup.Vault(
            "backups",
            name=self._settings.name("backups"),
            kms_key_arn=self._args.key_arn,
            force_destroy=False,
            opts=self.stateful,
        )

    def _lock(self) -> aws.backup.VaultLockConfiguration:
        """With days of grace the lock is one of compliance mode: after them nobody can lift it (AWS Backup
        Developer Guide, "Vault Lock")."""
        return aws.backup.VaultLockConfiguration(
            "backups",
            backup_vault_name=self.vault.name,
            changeable_for_days=self._settings.data.vault_lock_grace_days,
            min_retention_days=LEAST_DAYS,
            max_retention_days=max(self._monthly_days, self._daily_days),
            opts=self.stateful,
        )

    def _role(self) -> aws.iam.Role:
        role = aws.iam.Role(
            "backups",
            name=self._settings.name("backups"),
            description="AWS Backup takes, copies and restores backups",
            assume_role_policy=trust_of_service("backup.amazonaws.com", self._settings.general.account_id),
            opts=self.child,
        )
        self._attached = [
            aws.iam.RolePolicyAttachment(f"backups-{name}", role=role.name, policy_arn=policy, opts=self.child)
            for name, policy in _SERVICE_POLICIES.items()
        ]
        return role

    def _opt_in(self) -> None:
        aws.backup.RegionSettings(
            "backups",
            resource_type_opt_in_preference=dict.fromkeys(_RESOURCE_TYPES, True),
            resource_type_management_preference=dict.fromkeys(_FULLY_MANAGED, True),
            # AWS lists every type that it has learned to back up, and each would be a difference to undo.
            opts=pulumi.ResourceOptions.merge(
                self.child, pulumi.ResourceOptions(ignore_changes=["resourceTypeOptInPreference"])
            ),
        )

    def _plan(
        self, name: str, vault: pulumi.Input[str], rules: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        within = {"start_window": _START_MINUTES, "completion_window": _COMPLETE_MINUTES}
        plan_rules: Any = [
            {"rule_name": rule, "target_vault_name": vault, **within, **details} for rule, details in rules.items()
        ]
        plan = aws.backup.Plan(name, name=self._settings.name(name), rules=plan_rules, opts=opts)
        attached = pulumi.ResourceOptions(depends_on=[*self._attached])
        aws.backup.Selection(
            name,
            name=self._settings.name(name),
            plan_id=plan.id,
            iam_role_arn=self.role.arn,
            selection_tags=[{"type": "STRINGEQUALS", "key": BACKUP_KEY, "value": BACKUP_VALUE}],
            opts=pulumi.ResourceOptions.merge(opts, attached),
        )

    def _local_rules(self) -> dict[str, Any]:
        return {
            "daily": {"schedule": _DAILY, "lifecycle": {"delete_after": self._daily_days}},
            "monthly": {"schedule": _MONTHLY, "lifecycle": self._for_years()},
        }

    def _copied_rules(self) -> dict[str, Any]:
        """Backups that are kept here, in the recovery region; their originals only until they are copied."""
        original = {"delete_after": LEAST_DAYS}
        return {
            "daily-copied": {
                "schedule": _DAILY_COPIED,
                "lifecycle": original,
                "copy_actions": [self._copy({"delete_after": self._daily_days})],
            },
            "monthly-copied": {
                "schedule": _MONTHLY_COPIED,
                "lifecycle": original,
                "copy_actions": [self._copy(self._for_years())],
            },
        }

    def _copy(self, lifecycle: Mapping[str, int]) -> dict[str, Any]:
        return {"destination_vault_arn": self.vault.arn, "lifecycle": lifecycle}

    def _for_years(self) -> dict[str, int]:
        return {"cold_storage_after": _COLD_AFTER_DAYS, "delete_after": self._monthly_days}
