"""AWS Backup: a locked vault, a backup plan, and copies in the recovery region."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.records import days_of
from components.data.tags import BACKUP_KEY, BACKUP_VALUE
from components.layer import Layer
from components.security.policies import trust_of_service
from components.settings import Role, Settings
from components.settings.windows import BACKUP_START_MINUTES, backup_start

_SERVICE_POLICIES = {
    "backup": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    "restore": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
}

# Resource types that the tag selects. AWS Backup silently skips types that the region is not opted in to.
_RESOURCE_TYPES = ("DynamoDB", "EBS", "EC2", "EFS", "RDS")
# AWS Backup must manage these types fully before it can copy them between regions or move them to cold storage.
_FULLY_MANAGED = ("DynamoDB", "EFS")

_COMPLETE_MINUTES = 360

# Days: the minimum retention in a vault, enough time to notice a faulty backup.
LEAST_DAYS = 7
_COLD_AFTER_DAYS = 30


@dataclass(frozen=True)
class BackupsArgs:
    """`key_arn` is this region's key of the class BACKUP."""

    settings: Settings
    key_arn: pulumi.Input[str]


class Backups(Layer):
    """A vault locked in compliance mode, and one plan for all tagged resources: a daily backup, and one on the first of
    each month that is kept as long as the records.

    The active region has the plan and copies each backup into the vault of the other region. There is one plan and not
    two, because AWS Backup runs one job of a resource at a time. The primary names the other vault by its ARN, which
    follows from the settings: before the first deployment of the recovery stack, copies fail and are reported. A
    recovery region that has taken over copies nothing, because the primary's region may be lost.
    """

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
            self._plan()
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
        """Lock the vault in compliance mode. After the grace days no user can remove the lock (AWS Backup Developer
        Guide, "Vault Lock")."""
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
            # AWS lists every type that it can back up, and each type missing here would be a difference in every plan.
            opts=pulumi.ResourceOptions.merge(
                self.child, pulumi.ResourceOptions(ignore_changes=["resourceTypeOptInPreference"])
            ),
        )

    def _plan(self) -> None:
        name = self._settings.name("backups")
        daily, monthly = self._schedules()
        plan = aws.backup.Plan(
            "backups",
            name=name,
            rules=[
                self._rule("daily", daily, self._daily_days),
                self._rule("monthly", monthly, self._monthly_days, _COLD_AFTER_DAYS),
            ],
            opts=self.after(self.lock),
        )
        aws.backup.Selection(
            "backups",
            name=name,
            plan_id=plan.id,
            iam_role_arn=self.role.arn,
            selection_tags=[{"type": "STRINGEQUALS", "key": BACKUP_KEY, "value": BACKUP_VALUE}],
            opts=self.after(self.lock, *self._attached),
        )

    def _schedules(self) -> tuple[str, str]:
        """Start times in UTC: for days 2 to 31 of the month, and for the first. Each day has one job for each resource,
        because two jobs of a resource that are due together run one after the other."""
        hour, minute = divmod(backup_start(self._settings.data.db_backup_window), 60)
        return f"cron({minute} {hour} 2-31 * ? *)", f"cron({minute} {hour} 1 * ? *)"

    def _rule(self, name: str, schedule: str, days: int, cold_after: int | None = None) -> aws.backup.PlanRuleArgs:
        return aws.backup.PlanRuleArgs(
            rule_name=name,
            target_vault_name=self.vault.name,
            schedule=schedule,
            start_window=BACKUP_START_MINUTES,
            completion_window=_COMPLETE_MINUTES,
            lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=days, cold_storage_after=cold_after),
            copy_actions=[self._copy(days, cold_after)] if self._settings.is_primary else None,
        )

    def _copy(self, days: int, cold_after: int | None) -> aws.backup.PlanRuleCopyActionArgs:
        general = self._settings.general
        vault = self._settings.name_in(Role.DR, "backups")
        return aws.backup.PlanRuleCopyActionArgs(
            destination_vault_arn=f"arn:aws:backup:{general.dr_region}:{general.account_id}:backup-vault:{vault}",
            lifecycle=aws.backup.PlanRuleCopyActionLifecycleArgs(delete_after=days, cold_storage_after=cold_after),
        )
