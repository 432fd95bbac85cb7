"""AWS Backup: selections, vault policies and notifications, frameworks, region and global settings.

https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Operations.html
Vaults, plans, vault locks and report plans are moto's.
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Pass, Record, Resource, Service, Tagging, make

SERVICE = Service("backup", "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Operations.html")


def _require_plan(call: Call, record: Record) -> None:
    plan = call.moto("backup").get_backup_plan(record["BackupPlanId"], None)
    if plan.deletion_date is not None:
        raise AwsError("ResourceNotFoundException", f"Backup plan {record['BackupPlanId']} was deleted")


SERVICE.resource(
    Resource(
        name="selection",
        key=("BackupPlanId", "SelectionId"),
        shapes=("BackupSelectionsListMember",),
        make={"SelectionId": make.uuid_id(), "CreationDate": make.now},
        create="CreateBackupSelection",
        read="GetBackupSelection",
        list="ListBackupSelections",
        delete="DeleteBackupSelection",
        on_create=_require_plan,
        view=lambda _call, record: {**record["BackupSelection"], **record},
        not_emulated="backup jobs: nothing is ever selected",
    )
)


def _vault(call: Call) -> Any:
    return call.moto("backup").describe_backup_vault(call.params["BackupVaultName"])


def _of_vault(call: Call, record: Record) -> None:
    record["BackupVaultArn"] = _vault(call).backup_vault_arn


SERVICE.resource(
    Resource(
        name="vault access policy",
        key=("BackupVaultName",),
        put="PutBackupVaultAccessPolicy",
        read="GetBackupVaultAccessPolicy",
        delete="DeleteBackupVaultAccessPolicy",
        on_create=_of_vault,
        not_emulated="evaluation of the policy",
    )
)
SERVICE.resource(
    Resource(
        name="vault notifications",
        key=("BackupVaultName",),
        put="PutBackupVaultNotifications",
        read="GetBackupVaultNotifications",
        delete="DeleteBackupVaultNotifications",
        on_create=_of_vault,
        not_emulated="notifications",
    )
)
SERVICE.resource(
    Resource(
        name="framework",
        key=("FrameworkName",),
        shapes=("Framework",),
        defaults={"FrameworkControls": []},
        make={
            "FrameworkArn": make.arn("backup", "framework:{FrameworkName}-{IdempotencyToken}"),
            "CreationTime": make.now,
            "DeploymentStatus": "COMPLETED",
            "FrameworkStatus": "ACTIVE",
            "NumberOfControls": lambda _call, record: len(record["FrameworkControls"]),
        },
        arn="FrameworkArn",
        tags="FrameworkTags",
        create="CreateFramework",
        read="DescribeFramework",
        list="ListFrameworks",
        update="UpdateFramework",
        delete="DeleteFramework",
        exists="AlreadyExistsException",
        not_emulated="evaluation of the controls",
    )
)

_OPTED_IN = ("Aurora", "DynamoDB", "EBS", "EC2", "EFS", "FSx", "RDS", "S3", "Storage Gateway", "VirtualMachine")
"""https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRegionSettings.html"""


def _region_settings(call: Call) -> dict[str, Any]:
    return call.store.settings.setdefault(
        "region",
        {
            "ResourceTypeOptInPreference": dict.fromkeys(_OPTED_IN, True),
            "ResourceTypeManagementPreference": {"DynamoDB": True, "EFS": True},
        },
    )


@SERVICE.action("DescribeRegionSettings")
def _describe_region(call: Call) -> Any:
    return _region_settings(call)


@SERVICE.action("UpdateRegionSettings")
def _update_region(call: Call) -> Any:
    for name, preference in call.params.items():
        _region_settings(call)[name].update(preference)
    return None


def _global_settings(call: Call) -> dict[str, Any]:
    start = {"GlobalSettings": {"isCrossAccountBackupEnabled": "false"}, "LastUpdateTime": make.now()}
    return call.store_in("us-east-1").settings.setdefault("global", start)


@SERVICE.action("DescribeGlobalSettings")
def _describe_global(call: Call) -> Any:
    return _global_settings(call)


@SERVICE.action("UpdateGlobalSettings")
def _update_global(call: Call) -> Any:
    settings = _global_settings(call)
    settings["GlobalSettings"].update(call.params.get("GlobalSettings", {}))
    settings["LastUpdateTime"] = make.now()
    return None


SERVICE.covers(
    "region and global settings",
    "DescribeRegionSettings",
    "UpdateRegionSettings",
    "DescribeGlobalSettings",
    "UpdateGlobalSettings",
    stored="which resource types are opted in",
    not_emulated="their effect",
)


@SERVICE.action("UpdateBackupPlan")
def _update_plan(call: Call) -> Any:
    """A new version of a plan that moto has: rules keep their identifiers by name."""
    plan = call.moto("backup").get_backup_plan(call.params["BackupPlanId"], None)
    if plan.deletion_date is not None:
        raise Pass
    document = dict(call.params["BackupPlan"])
    known = {rule["RuleName"]: rule["RuleId"] for rule in plan.backup_plan["Rules"]}
    fresh = type(plan)(document, plan.creator_request_id, call.moto("backup"))
    for rule in fresh.backup_plan["Rules"]:
        rule["RuleId"] = known.get(rule["RuleName"], rule["RuleId"])
    plan.backup_plan = fresh.backup_plan
    plan.advanced_backup_settings = fresh.advanced_backup_settings
    plan.version_id = fresh.version_id
    return {
        "BackupPlanId": plan.backup_plan_id,
        "BackupPlanArn": plan.backup_plan_arn,
        "CreationDate": make.now(),
        "VersionId": plan.version_id,
    }


SERVICE.covers(
    "plan, new version", "UpdateBackupPlan", stored="the new document in moto's plan", not_emulated="old versions"
)
SERVICE.tagging(
    Tagging(list="ListTags", arn="ResourceArn", tags="Tags", keys="TagKeyList", answer="Tags", moto_has=True)
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
