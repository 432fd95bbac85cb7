"""Patching of hosts by Systems Manager: baseline, maintenance window and task."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.policies import trust_of_service
from components.settings import Settings
from components.settings.security import Severity

# Systems Manager reads a host's patch group from this tag. Without a space, the key is also valid in instance metadata.
PATCH_GROUP_TAG = "PatchGroup"
_OPERATING_SYSTEM = "AMAZON_LINUX_2023"
# Hosts are patched a few at a time, and patching stops after the first failure.
_AT_ONCE = "10%"
_FAILURES = "1"
_MAINTENANCE_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonSSMMaintenanceWindowRole"


def patch_group(settings: Settings) -> str:
    """Value of the tag `PatchGroup` of hosts to patch."""
    return settings.name("hosts")


@dataclass(frozen=True)
class PatchingArgs:
    """`settings` provide the approval rules, the time and the time zone."""

    settings: Settings


class Patching(Layer):
    """Security patches of the configured severity or higher, approved after a delay and installed while markets are
    closed. The maintenance window is in the markets' own time zone, so that daylight saving time does not move it into
    trading hours."""

    def __init__(self, name: str, args: PatchingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:Patching", name, opts)
        self._settings = args.settings
        self.baseline = self._baseline()
        aws.ssm.PatchGroup(
            "hosts", baseline_id=self.baseline.id, patch_group=patch_group(args.settings), opts=self.child
        )
        self.window = self._window()
        self._task()
        self.register_outputs({"baseline": self.baseline.id, "window": self.window.id})

    def _baseline(self) -> aws.ssm.PatchBaseline:
        security = self._settings.security
        severities = list(Severity)
        wanted = severities[severities.index(security.patch_severity) :]
        rule = aws.ssm.PatchBaselineApprovalRuleArgs(
            approve_after_days=security.patch_approval_days,
            compliance_level="HIGH",
            patch_filters=[
                aws.ssm.PatchBaselineApprovalRulePatchFilterArgs(key="CLASSIFICATION", values=["Security"]),
                aws.ssm.PatchBaselineApprovalRulePatchFilterArgs(
                    key="SEVERITY", values=[severity.value for severity in wanted]
                ),
            ],
        )
        return aws.ssm.PatchBaseline(
            "hosts",
            name=self._settings.name("hosts"),
            description=f"Security patches of severity {security.patch_severity} and above",
            operating_system=_OPERATING_SYSTEM,
            approval_rules=[rule],
            opts=self.child,
        )

    def _window(self) -> aws.ssm.MaintenanceWindow:
        security = self._settings.security
        hour, minute = security.patch_start.split(":")
        return aws.ssm.MaintenanceWindow(
            "patching",
            name=self._settings.name("patching"),
            description="Patches hosts while the markets are closed",
            schedule=f"cron({int(minute)} {int(hour)} ? * {security.patch_day} *)",
            schedule_timezone=self._settings.market.market_time_zone,
            duration=security.patch_hours,
            # The task starts on no host in the last hour of the window.
            cutoff=1,
            allow_unassociated_targets=False,
            opts=self.child,
        )

    def _task(self) -> None:
        target = aws.ssm.MaintenanceWindowTarget(
            "hosts",
            window_id=self.window.id,
            name=self._settings.name("hosts"),
            resource_type="INSTANCE",
            targets=[
                aws.ssm.MaintenanceWindowTargetTargetArgs(
                    key=f"tag:{PATCH_GROUP_TAG}", values=[patch_group(self._settings)]
                )
            ],
            opts=self.child,
        )
        aws.ssm.MaintenanceWindowTask(
            "patch-hosts",
            window_id=self.window.id,
            name=self._settings.name("patch-hosts"),
            task_type="RUN_COMMAND",
            task_arn="AWS-RunPatchBaseline",
            service_role_arn=self._role().arn,
            priority=1,
            max_concurrency=_AT_ONCE,
            max_errors=_FAILURES,
            cutoff_behavior="CANCEL_TASK",
            targets=[aws.ssm.MaintenanceWindowTaskTargetArgs(key="WindowTargetIds", values=[target.id])],
            task_invocation_parameters=_run_patch_baseline(),
            opts=self.child,
        )

    def _role(self) -> aws.iam.Role:
        name = self._settings.name("patching")
        role = aws.iam.Role(
            "patching",
            name=name,
            description="Runs the patch document on hosts",
            assume_role_policy=trust_of_service("ssm.amazonaws.com", self._settings.general.account_id),
            opts=self.child,
        )
        aws.iam.RolePolicyAttachment("patching", role=role.name, policy_arn=_MAINTENANCE_POLICY, opts=self.child)
        return role


def _run_patch_baseline() -> aws.ssm.MaintenanceWindowTaskTaskInvocationParametersArgs:
    parameters = {"Operation": "Install", "RebootOption": "RebootIfNeeded"}
    return aws.ssm.MaintenanceWindowTaskTaskInvocationParametersArgs(
        run_command_parameters=aws.ssm.MaintenanceWindowTaskTaskInvocationParametersRunCommandParametersArgs(
            comment="Patches while the markets are closed",
            parameters=[
                aws.ssm.MaintenanceWindowTaskTaskInvocationParametersRunCommandParametersParameterArgs(
                    name=name, values=[value]
                )
                for name, value in parameters.items()
            ],
        )
    )
