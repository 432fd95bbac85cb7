"""CloudTrail, AWS Config, and AWS Backup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.rules.bucket_settings import takes_logs
from policy.rules.keys_of import missing_customer_key
from policy.stack import Stack

RULES = Rules("Audit and backup")

ACCOUNT_AUDIT = (
    t.TRAIL,
    t.CONFIG_RECORDER,
    t.CONFIG_RECORDER_STATUS,
    t.GUARD_DETECTOR,
    t.SECURITY_HUB,
    t.SECURITY_STANDARD,
    t.PASSWORD_POLICY,
)
"""Resources by which a stack shows that it sets up the audit of its account."""


@RULES.parity(
    t.VPC,
    id="trail-present",
    title="A trail records API calls in both regions",
    remediation="Declare an aws.cloudtrail.Trail with isMultiRegionTrail, in either stack.",
)
def trail_present(_: Resource, primary: Stack, recovery: Stack, __: Parameters) -> Iterator[str]:
    """A multi-region trail records both regions. Rules on trails judge its settings."""
    if not primary.of_type(t.TRAIL) and not recovery.of_type(t.TRAIL):
        yield "no trail records the API calls of this account"


@RULES.resource(
    t.TRAIL,
    id="trail-multi-region",
    title="Trails record all regions",
    remediation="Set isMultiRegionTrail and includeGlobalServiceEvents to true.",
    needs=("isMultiRegionTrail",),
)
def trail_multi_region(trail: Resource, _: Parameters) -> Iterator[str]:
    """Calls in an unused region are often the first sign of an intrusion."""
    if not trail.flag("isMultiRegionTrail"):
        yield "records only one region"
    if not trail.flag("includeGlobalServiceEvents", default=True):
        yield "does not record IAM and other global services"


@RULES.resource(
    t.TRAIL,
    id="trail-validated",
    title="Trails have log file validation",
    remediation="Set enableLogFileValidation to true.",
    needs=("enableLogFileValidation",),
)
def trail_validated(trail: Resource, _: Parameters) -> Iterator[str]:
    """CloudTrail signs a digest file each hour, so that changes of log files are detected."""
    if not trail.flag("enableLogFileValidation"):
        yield "its log files can be changed without detection"


@RULES.joined(
    t.TRAIL,
    id="trail-encrypted",
    title="Trails are encrypted with a customer-managed key",
    remediation="Set kmsKeyId to the logs key.",
    needs=("kmsKeyId",),
)
def trail_encrypted(trail: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Readers then need permission for the key as well as for the bucket."""
    if reason := missing_customer_key(trail, stack, "kmsKeyId"):
        yield reason


@RULES.joined(
    t.TRAIL,
    id="trail-on",
    title="Trails are enabled and deliver to a log group",
    remediation="Leave enableLogging true, and set cloudWatchLogsGroupArn and cloudWatchLogsRoleArn.",
    needs=("enableLogging", "cloudWatchLogsGroupArn"),
)
def trail_on(trail: Resource, _: Stack, __: Parameters) -> Iterator[str]:
    """A declared trail can be disabled. Metric alarms need a log group."""
    if not trail.flag("enableLogging", default=True):
        yield "is switched off"
    if not trail.has("cloudWatchLogsGroupArn"):
        yield "does not deliver to a log group, so that no alarm can use it"


# CloudTrail User Guide, "Logging data events": the type of an object of S3 in a selector.
_OBJECTS = "AWS::S3::Object"


@RULES.joined(
    t.TRAIL,
    id="trail-selects-events",
    title="Trails record all management events, and data events of objects",
    remediation="Select management events, reads and writes alike, and data events of AWS::S3::Object.",
    needs=("advancedEventSelectors", "eventSelectors"),
    parameters={
        "data": Parameter(
            "array", [_OBJECTS], "Types of resources whose data events the trail must record.", items="string"
        )
    },
)
def trail_selects(trail: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Event selectors replace the default: a selector with data events alone records no management event.

    Data events count if the selector covers every object, or the objects of each bucket of the plan.
    """
    buckets = [b for b in stack.of_type(t.BUCKET) if not b.external and not takes_logs(b, stack)]
    advanced, classic = trail.items("advancedEventSelectors"), trail.items("eventSelectors")
    if advanced:
        yield from _advanced(advanced, parameters["data"], buckets)
        return
    if not classic:
        for type_ in parameters["data"]:
            yield f"records no data events of {type_}"
        return
    whole = [s for s in classic if s.get("includeManagementEvents") is not False]
    reads = {str(s.get("readWriteType") or "All") for s in whole}
    if "All" not in reads and reads != {"ReadOnly", "WriteOnly"}:
        yield "does not record every management event"
    excluded = sorted({str(source) for s in whole for source in s.get("excludeManagementEventSources") or ()})
    if excluded:
        yield f"leaves out events of {', '.join(excluded)}"
    values: dict[str, list[str]] = {}
    for selector in classic:
        if selector.get("readWriteType") in (None, "All"):
            for resource in selector.get("dataResources") or ():
                values.setdefault(str(resource.get("type")), []).extend(map(str, resource.get("values") or ()))
    for type_ in parameters["data"]:
        if type_ not in values:
            yield f"records no data events of {type_}"
        elif type_ == _OBJECTS and (left := _left_out(values[type_], buckets)):
            yield f"records no data events of {', '.join(left)}"


def _left_out(values: list[str], buckets: list[Resource]) -> list[str]:
    """Buckets whose objects no value takes in: `arn:aws:s3` is every object, `arn:aws:s3:::name/` those of a bucket.

    CloudTrail API Reference, "DataResource": the value of a bucket ends with a slash.
    """
    if any(re.fullmatch(r"arn:aws[\w-]*:s3(:::)?", value) for value in values):
        return []
    whole = [value for value in values if value.endswith("/")]
    return [bucket.name for bucket in buckets if not any(_begins(_objects_of(bucket), value) for value in whole)]


def _objects_of(bucket: Resource) -> tuple[str, str]:
    """The ARN with which objects of a bucket begin: as a reference, and by its name where that is fixed."""
    name = bucket.peek("bucket")
    reference = f"${{{bucket.type}::{bucket.name}#"
    return reference, f"arn:aws:s3:::{name}/" if isinstance(name, str) else ""


def _begins(objects: tuple[str, str], value: str) -> bool:
    reference, arn = objects
    return reference in value or bool(arn and value and arn.startswith(value))


def _unselected(fields: list[dict[str, Any]], buckets: list[Resource]) -> list[str]:
    """Buckets of whose objects advanced selectors record nothing.

    Each element is the `resources.ARN` field of a selector, empty where the selector has none. A bucket that a field
    leaves out by its name is let through, as a bucket of logs is, unless no bucket is left.
    """
    missed, taken = [], False
    for bucket in buckets:
        objects = _objects_of(bucket)
        wanted = [
            [*(field.get("startsWiths") or ()), *(field.get("equals") or ())] or ["arn:aws:s3"] for field in fields
        ]
        if not any(value == "arn:aws:s3" or _begins(objects, value) for values in wanted for value in values):
            missed.append(bucket.name)
        elif not all(any(_begins(objects, v) for v in field.get("notStartsWiths") or ()) for field in fields):
            taken = True
    return missed if missed or taken or not buckets else [bucket.name for bucket in buckets]


def _advanced(selectors: list[Any], data: list[str], buckets: list[Resource]) -> Iterator[str]:
    management, types = False, set[str]()
    fields_of_objects: list[dict[str, Any]] = []
    narrowed: set[str] = set()
    for selector in selectors:
        fields = {str(f.get("field")): f for f in selector.get("fieldSelectors") or ()}
        category = (fields.get("eventCategory") or {}).get("equals") or []
        one_way = "readOnly" in fields
        if "Management" in category:
            sources = fields.get("eventSource") or {}
            if one_way:
                narrowed |= {str(v).lower() for v in fields["readOnly"].get("equals") or ()}
            management = management or not (one_way or sources.get("notEquals") or sources.get("equals"))
        elif "Data" in category and not one_way:
            types_ = {str(v) for v in (fields.get("resources.type") or {}).get("equals") or ()}
            types |= types_
            if _OBJECTS in types_:
                fields_of_objects.append(fields.get("resources.ARN") or {})
    if not management and narrowed != {"true", "false"}:
        yield "does not record every management event"
    for type_ in data:
        if type_ not in types:
            yield f"records no data events of {type_}"
        elif type_ == _OBJECTS and (left := _unselected(fields_of_objects, buckets)):
            yield f"records no data events of {', '.join(left)}"


@RULES.joined(
    t.TRAIL,
    id="trail-own-bucket",
    title="Trails write to a bucket of the plan",
    remediation="Name a bucket of the plan, or add its name to the parameter `buckets`.",
    needs=("s3BucketName",),
    parameters={
        "buckets": Parameter("array", [], "Names of buckets outside the plan, as of a log account.", items="string")
    },
)
def trail_bucket(trail: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """The owner of the bucket can read and delete the log files."""
    for target in stack.targets(trail, "s3BucketName"):
        if not isinstance(target, Resource) and target.value not in parameters["buckets"] and "#" not in target.value:
            yield f"writes to {target.value}, which the plan does not have"


@RULES.stack(
    t.CONFIG_RECORDER,
    id="config-records-everything",
    title="AWS Config records every resource of the region",
    remediation="Declare a Recorder with recordingGroup.allSupported, and a RecorderStatus with isEnabled.",
    needs=("recordingGroup.allSupported", (t.CONFIG_RECORDER_STATUS, "isEnabled")),
    parameters={
        "globalTypes": Parameter("boolean", True, "Whether the recorder must record global types, such as IAM's."),
    },
)
def config_records(stack: Stack, parameters: Parameters) -> Iterator[str | tuple[Resource, str]]:
    """AWS Config must record in every region, including the standby, and continuously.

    Only a stack that sets up the audit of its account needs a recorder.
    """
    recorders = stack.of_type(t.CONFIG_RECORDER)
    if not recorders and stack.of_type(*ACCOUNT_AUDIT):
        yield f"no recorder records the changes in {stack.region}"
    for recorder in recorders:
        if not recorder.flag("recordingGroup.allSupported", default=True):
            yield recorder, "does not record every type of resource"
        if recorder.text("recordingMode.recordingFrequency") == "DAILY":
            yield recorder, "records once a day, not continuously"
        overrides = recorder.peek("recordingMode.recordingModeOverride")
        for override in overrides if isinstance(overrides, list) else [overrides] if overrides else []:
            if override.get("recordingFrequency") == "DAILY":
                yield recorder, f"records {', '.join(override.get('resourceTypes') or ())} once a day"
    globals_ = [recorder.flag("recordingGroup.includeGlobalResourceTypes") for recorder in recorders]
    if recorders and not any(globals_) and parameters["globalTypes"]:
        yield recorders[0], "does not record IAM and other global types"
    if recorders and not any(status.flag("isEnabled") for status in stack.of_type(t.CONFIG_RECORDER_STATUS)):
        yield recorders[0], "is not switched on"


@RULES.joined(
    t.BACKUP_VAULT,
    id="backup-vault-encrypted",
    title="Backup vaults are encrypted with a customer-managed key",
    remediation="Set kmsKeyArn to the backup key.",
    needs=("kmsKeyArn",),
)
def vault_encrypted(vault: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A backup holds the same data as its source."""
    if reason := missing_customer_key(vault, stack, "kmsKeyArn"):
        yield reason


@RULES.joined(
    t.BACKUP_VAULT,
    id="backup-vault-locked",
    title="Backup vaults are locked in compliance mode",
    remediation="Declare an aws.backup.VaultLockConfiguration of the vault with changeableForDays.",
    needs=((t.BACKUP_VAULT_LOCK, "backupVaultName"), (t.BACKUP_VAULT_LOCK, "changeableForDays")),
)
def vault_locked(vault: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Without changeableForDays the lock is in governance mode, which an administrator can remove."""
    locks = stack.attached(vault, t.BACKUP_VAULT_LOCK, "backupVaultName")
    if not locks:
        yield "its backups can be deleted"
    for lock in locks:
        if lock.number("changeableForDays") is None:
            yield "its lock can be removed"


@RULES.resource(
    t.BACKUP_VAULT_LOCK,
    id="backup-lock-holds",
    title="Vault locks have a minimum retention and become permanent soon",
    remediation="Set minRetentionDays to 7 or more and changeableForDays to 30 or less.",
    needs=("minRetentionDays", "changeableForDays"),
    parameters={
        "minimum": Parameter("integer", 7, "Days for which a backup must be kept at least.", minimum=1),
        "changeable": Parameter("integer", 30, "Days within which the lock may still be lifted at most.", minimum=3),
    },
)
def lock_holds(lock: Resource, parameters: Parameters) -> Iterator[str]:
    """The lock can be removed until changeableForDays have passed.

    Without minRetentionDays a backup can expire after a day.
    """
    minimum = lock.number("minRetentionDays") or 0
    if minimum < parameters["minimum"]:
        yield f"lets backups expire after {minimum:g} days"
    changeable = lock.number("changeableForDays")
    if changeable is not None and changeable > parameters["changeable"]:
        yield f"can be removed for {changeable:g} days"


@RULES.joined(
    t.BACKUP_PLAN,
    id="backup-plan-works",
    title="Backup plans have a selection and keep backups long enough",
    remediation="Declare an aws.backup.Selection of the plan, and set deleteAfter of each rule to 30 or more.",
    needs=("rules", (t.BACKUP_SELECTION, "planId")),
    parameters={"days": Parameter("integer", 30, "Days for which a backup is kept at least.", minimum=1)},
)
def plan_works(plan: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """A plan without a selection backs up nothing. If a rule makes copies, the longest retention counts."""
    rules = plan.items("rules")
    if not rules:
        yield "has no rule"
    for rule in rules:
        kept = [rule.get("lifecycle") or {}]
        kept += [action.get("lifecycle") or {} for action in rule.get("copyActions") or ()]
        longest = max(_kept_for(lifecycle) for lifecycle in kept)
        if longest < parameters["days"]:
            yield f"rule {rule.get('ruleName')!r} keeps backups for {longest:g} days"
    selections = stack.attached(plan, t.BACKUP_SELECTION, "planId")
    if not any(selection.has(path) for selection in selections for path in _SELECTING):
        yield "selects no resources"


def _kept_for(lifecycle: dict[str, Any]) -> float:
    """Days for which a backup is kept; without an end, for ever."""
    days = lifecycle.get("deleteAfter")
    return float(days) if days is not None else float("inf")


_SELECTING = ("resources", "selectionTags", "conditions")
_BACKED_UP = (t.RDS_INSTANCE, t.RDS_CLUSTER, t.EFS_FILE_SYSTEM, t.TABLE)


@RULES.stack(
    t.BACKUP_PLAN,
    id="backup-plan-present",
    title="Databases, tables and file systems have a backup plan",
    remediation="Declare an aws.backup.Vault, an aws.backup.Plan and its Selection.",
    needs=((t.RDS_INSTANCE, "replicateSourceDb"),),
)
def plan_present(stack: Stack, _: Parameters) -> Iterator[str]:
    """Backups in a vault remain after the store is deleted. A replica is backed up by the plan of its source.

    Fewer than three stores may be those of a stack that the plan of another stack selects by their tags.
    """
    stores = [s for s in stack.of_type(*_BACKED_UP) if not s.has("replicateSourceDb")]
    if len(stores) >= _SEVERAL and not stack.of_type(t.BACKUP_PLAN):
        yield f"no backup plan covers {len(stores)} stores"


_SEVERAL = 3


@RULES.parity(
    t.BACKUP_VAULT,
    id="backups-copied",
    title="Backups are copied to the recovery region",
    remediation="Give a backup plan a copy action to the recovery region's vault.",
    needs=((t.BACKUP_PLAN, "rules"),),
)
def backups_copied(vault: Resource, primary: Stack, recovery: Stack, _: Parameters) -> Iterator[str]:
    """A stack that has taken over declares no backup plan; that of the primary stays."""
    if not recovery.standing_by:
        return
    for stack in (primary, recovery):
        for plan in stack.of_type(t.BACKUP_PLAN):
            for rule in plan.items("rules"):
                if _fills(rule, plan, stack, vault, primary) and _copies(rule, plan, stack, recovery):
                    return
    vault.get("name")  # A plan names the vault that it fills: of one whose name is not known nothing can be said.
    yield f"no plan copies its backups to a vault in {recovery.region}"


def _fills(rule: dict[str, Any], plan: Resource, stack: Stack, vault: Resource, primary: Stack) -> bool:
    into = rule.get("targetVaultName")
    return vault in _vaults(plan, stack, primary, into)


def _copies(rule: dict[str, Any], plan: Resource, stack: Stack, recovery: Stack) -> bool:
    for action in rule.get("copyActions") or []:
        arn = action.get("destinationVaultArn")
        vaults = [v for v in _vaults(plan, stack, recovery, arn) if recovery.region_of(v) == recovery.region]
        if vaults or str(arn).startswith(f"arn:aws:backup:{recovery.region}:"):
            return True
    return False


def _vaults(plan: Resource, stack: Stack, of: Stack, value: Any) -> list[Resource]:
    """The vaults of a stack that a value in a plan of that or of the other stack means."""
    if stack is not of:
        return of.referred_by(stack, plan, "rules", value)
    return [found for found in stack.resolved(plan, "rules", value, t.BACKUP_VAULT) if isinstance(found, Resource)]
